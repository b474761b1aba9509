// Addresses of peers as text: every spelling of RFC 4291 is read, and one spelling (RFC 5952) is written.

import { describe, expect, it } from 'vitest'
import {
  canonicalAddress,
  formatAddress,
  hostOf,
  isIpv4,
  isUnspecified,
  parseAddress,
} from '../../node/bitcoin/wire/address.ts'
import { toHex } from '../../node/bitcoin/wire/hex.ts'

const ipOf = (text: string) => toHex(parseAddress(text)?.ip ?? new Uint8Array())

describe('an address means these bytes', () => {
  it.each([
    ['10.1.2.3:8333', '00000000000000000000ffff0a010203', '10.1.2.3:8333'],
    ['[::ffff:10.1.2.3]:1', '00000000000000000000ffff0a010203', '10.1.2.3:1'],
    ['[::ffff:255.254.253.252]:1', '00000000000000000000fffffffefdfc', '255.254.253.252:1'],
    ['[64:ff9b::192.0.2.33]:1', '0064ff9b0000000000000000c0000221', '[64:ff9b::c000:221]:1'],
    ['[1:2:3:4:5:6:7.8.9.10]:1', '0001000200030004000500060708090a', '[1:2:3:4:5:6:708:90a]:1'],
    ['[1::2:1.2.3.4]:1', '00010000000000000000000201020304', '[1::2:102:304]:1'],
    ['[::]:0', '00000000000000000000000000000000', '[::]:0'],
    ['[::1]:65535', '00000000000000000000000000000001', '[::1]:65535'],
    ['[1::]:1', '00010000000000000000000000000000', '[1::]:1'],
    ['[2001:DB8::00A:b]:1', '20010db80000000000000000000a000b', '[2001:db8::a:b]:1'],
    ['[1:2:3:4:5:6:7:8]:1', '00010002000300040005000600070008', '[1:2:3:4:5:6:7:8]:1'],
    // the longest run of zeros is left out, the first of two, and never one word alone
    ['[1:0:0:2:0:0:0:3]:1', '00010000000000020000000000000003', '[1:0:0:2::3]:1'],
    ['[1:0:0:2:3:0:0:4]:1', '00010000000000020003000000000004', '[1::2:3:0:0:4]:1'],
    ['[1:0:2:3:4:5:6:7]:1', '00010000000200030004000500060007', '[1:0:2:3:4:5:6:7]:1'],
    ['[0:0:2:3:4:5:0:0]:1', '00000000000200030004000500000000', '[::2:3:4:5:0:0]:1'],
    ['[1:2:3:4:5:6:0:0]:1', '00010002000300040005000600000000', '[1:2:3:4:5:6::]:1'],
  ])('%s', (text, hex, canonical) => {
    expect(ipOf(text)).toBe(hex)
    expect(canonicalAddress(text)).toBe(canonical)
    const endpoint = parseAddress(canonical)
    expect(endpoint && formatAddress(endpoint)).toBe(canonical)
  })
})

describe('no address is', () => {
  it.each([
    '10.1.2.3',
    '10.1.2.3:65536',
    '10.1.2:1',
    '10.1.2.3.4:1',
    '10.1.2.256:1',
    '10.1.2.03:1',
    '[1:2:3:4:5:6:7]:1',
    '[1:2:3:4:5:6:7:8:9]:1',
    '[1:2:3:4:5:6:7::8]:1',
    '[1::2::3]:1',
    '[12345::]:1',
    '[::1.2.3.4:5]:1',
    '[1:2:3:4:5:6:7:1.2.3.4]:1',
    '[::1.2.3]:1',
    '[1.2.3.4::1]:80',
    '[1.2.3.4::]:80',
    '[1:1.2.3.4::1]:80',
    '[1.2.3.4:1::]:80',
    '[1.2.3.4:1:2:3:4:5:6]:80',
    'node-1:8333',
  ])('%s', text => {
    expect(parseAddress(text)).toBeUndefined()
    expect(canonicalAddress(text)).toBeUndefined()
  })
})

describe('an address is', () => {
  const ip = (text: string) => parseAddress(text)?.ip ?? new Uint8Array()

  it.each([
    ['0.0.0.0:1', true, true],
    ['[::]:1', false, true],
    ['0.0.0.1:1', true, false],
    ['[::1]:1', false, false],
    ['[::fffe:0:0]:1', false, false],
  ])('%s: IPv4 %s, none %s', (text, ipv4, none) => {
    expect(isIpv4(ip(text))).toBe(ipv4)
    expect(isUnspecified(ip(text))).toBe(none)
  })

  it('a host and a port', () => {
    expect(hostOf('10.0.0.1:8333')).toBe('10.0.0.1')
    expect(hostOf('[::1]:8333')).toBe('[::1]')
  })
})
