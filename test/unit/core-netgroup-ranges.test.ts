// Address ranges at their edges: what is private (RFC 1918, 3927, 6598, 4193, 4291), multicast, loopback or nobody's.

import { describe, expect, test } from 'vitest'
import { isDialable, isSharedHost, netgroup } from '../../node/bitcoin/netgroup.ts'

/** Two hosts side by side. */
const neighbours = (host: string) =>
  host.includes(':') ? [`[${host}1]:8333`, `[${host}2]:8333`] : [`${host}1:8333`, `${host}2:8333`]

const groupsOf = (host: string) => new Set(neighbours(host).map(netgroup)).size

describe('in private networks each host is a group of its own', () => {
  test.each(
    [
      ['10.0.0.', '10.255.255.'],
      ['172.16.0.', '172.31.255.'],
      ['192.168.0.', '192.168.255.'],
      ['169.254.0.', '169.254.255.'],
      ['100.64.0.', '100.127.255.'],
      ['fc00::', 'fdff::', 'fe80::', 'fe81::', 'febf::'],
    ].flat(),
  )('%s', host => {
    expect(groupsOf(host)).toBe(2)
  })
})

describe('right beside them neighbours share one', () => {
  test.each(
    [
      ['9.0.0.', '11.10.0.'],
      ['172.15.0.', '172.32.0.', '173.16.0.', '16.172.0.'],
      ['192.167.0.', '192.169.0.', '193.168.0.', '168.192.0.'],
      ['169.253.0.', '169.255.0.', '170.254.0.', '168.254.0.'],
      ['100.63.0.', '100.128.0.', '100.192.0.', '101.64.0.', '64.100.0.'],
      ['fb00::', 'fe00::', 'fe40::', 'fec0::', 'ff80::', '2001:fe80::', 'fe:80::'],
    ].flat(),
  )('%s', host => {
    expect(groupsOf(host)).toBe(1)
  })
})

describe('public groups', () => {
  test('are as wide as an owner’s part of the network, and named so in what is stored', () => {
    expect(netgroup('44.1.0.1:1')).toBe('ipv4 44.1')
    expect(netgroup('44.1.255.255:2')).toBe('ipv4 44.1')
    expect(netgroup('44.2.0.1:1')).toBe('ipv4 44.2')
    expect(netgroup('[2001:db8:ffff::1]:1')).toBe(netgroup('[2001:db8::]:2'))
    expect(netgroup('[2001:db9::1]:1')).not.toBe(netgroup('[2001:db8::1]:1'))
  })
})

describe('loopback', () => {
  test('is shared by many nodes: each port is a group', () => {
    for (const [host, other] of [
      ['127.0.0.1', '126.0.0.1'],
      ['127.255.0.1', '128.0.0.1'],
      ['[::1]', '[::2]'],
      ['[::1]', '[1::1]'],
    ] as const) {
      expect(isSharedHost(`${host}:1`)).toBe(true)
      expect(netgroup(`${host}:1`)).not.toBe(netgroup(`${host}:2`))
      expect(isSharedHost(`${other}:1`)).toBe(false)
      expect(netgroup(`${other}:1`)).toBe(netgroup(`${other}:2`))
    }
  })
})

describe('nobody can dial', () => {
  test.each([
    '1.2.3.4:0',
    '127.0.0.1:0',
    '10.0.0.1:0',
    '0.0.0.0:1',
    '[::]:1',
    '224.0.0.1:1',
    '239.1.1.1:1',
    '255.255.255.255:1',
    '[ff02::1]:1',
    'nowhere',
  ])('%s', address => {
    expect(isDialable(address)).toBe(false)
  })

  test.each([
    '1.2.3.4:1',
    '127.0.0.1:1',
    '10.0.0.1:65535',
    '223.255.255.255:1',
    '[fe80::1]:1',
    '[2001:db8::1]:1',
  ])('but %s', address => {
    expect(isDialable(address)).toBe(true)
  })
})
