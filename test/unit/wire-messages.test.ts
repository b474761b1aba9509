// The base messages and the text of addresses.

import { isIP } from 'node:net'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  canonicalAddress,
  formatAddress,
  hostOf,
  isUnspecified,
  parseAddress,
} from '../../node/bitcoin/wire/address.ts'
import { type Codec, decode, encode, Reader } from '../../node/bitcoin/wire/codec.ts'
import { FrameReader } from '../../node/bitcoin/wire/framing.ts'
import { fromHex } from '../../node/bitcoin/wire/hex.ts'
import {
  type AddressV2,
  baseMessages,
  fromAddressV2,
  MAX_ADDRESSES,
  MIN_PROTOCOL_VERSION,
  PROTOCOL_VERSION,
  toAddressV2,
  type Version,
} from '../../node/bitcoin/wire/messages.ts'
import { ProtocolError } from '../../node/errors.ts'

const u32 = fc.integer({ min: 0, max: 0xffffffff })
const u64 = fc.bigInt(0n, 2n ** 64n - 1n)
const port = fc.integer({ min: 0, max: 0xffff })
const ip6 = fc.oneof(
  fc.uint8Array({ minLength: 16, maxLength: 16 }),
  fc
    .array(fc.constantFrom(0, 0, 0, 1, 255), { minLength: 16, maxLength: 16 })
    .map(bytes => Uint8Array.from(bytes)),
)
const ip4 = fc
  .uint8Array({ minLength: 4, maxLength: 4 })
  .map(bytes => Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...bytes))
const ip = fc.oneof(ip6, ip4)
const netAddress = fc.record({ services: u64, ip, port })
const timedAddress = fc.record({ time: u32, services: u64, ip, port })
const latin1 = fc.string({
  unit: fc.integer({ min: 0, max: 255 }).map(c => String.fromCharCode(c)),
  maxLength: 256,
})

// biome-ignore lint/suspicious/noExplicitAny: messages of different types in one table
const values: Record<keyof typeof baseMessages, fc.Arbitrary<any>> = {
  version: fc.record<Version>({
    version: fc.integer(),
    services: u64,
    time: fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
    addrRecv: netAddress,
    addrFrom: netAddress,
    nonce: u64,
    userAgent: latin1,
    startHeight: fc.integer(),
    relay: fc.boolean(),
  }),
  verack: fc.constant(null),
  ping: fc.record({ nonce: u64 }),
  pong: fc.record({ nonce: u64 }),
  getaddr: fc.constant(null),
  sendaddrv2: fc.constant(null),
  addr: fc.array(timedAddress, { maxLength: 20 }),
  addrv2: fc.array(
    fc.record<AddressV2>({
      time: u32,
      services: u64,
      network: fc.integer({ min: 0, max: 255 }),
      bytes: fc.uint8Array({ maxLength: 64 }),
      port,
    }),
    { maxLength: 20 },
  ),
}

describe.each(Object.entries(baseMessages))('%s', (command, { codec: typed, maxBytes }) => {
  const codec = typed as Codec<unknown>

  test('decodes what it encoded, within its limit', () => {
    fc.assert(
      fc.property(values[command as keyof typeof baseMessages], value => {
        const bytes = encode(codec, value)
        expect(decode(codec, bytes)).toEqual(value)
        expect(bytes.length).toBeLessThanOrEqual(maxBytes)
      }),
    )
  })

  test('throws nothing but ProtocolError, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), bytes => {
        try {
          codec.read(new Reader(bytes))
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError)
        }
      }),
    )
  })

  test('a cut message is a ProtocolError or a shorter message, never anything else', () => {
    fc.assert(
      fc.property(values[command as keyof typeof baseMessages], fc.nat(), (value, cut) => {
        const whole = encode(codec, value)
        const bytes = whole.subarray(0, cut % (whole.length + 1))
        try {
          codec.read(new Reader(bytes))
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError)
        }
      }),
    )
  })
})

describe('the protocol documentation’s examples', () => {
  const payloadOf = (hex: string) => {
    const bytes = fromHex(hex.replaceAll(' ', '')) ?? new Uint8Array()
    const [frame] = new FrameReader(Uint8Array.of(0xf9, 0xbe, 0xb4, 0xd9), () => 1000).frames(bytes)
    if (!frame || frame.damaged) throw new Error(`damaged: ${frame?.damaged}`)
    return frame
  }

  test('version', () => {
    const { command, payload } = payloadOf(
      'f9beb4d9 76657273696f6e0000000000 64000000 358d4932 62ea0000 0100000000000000 11b2d05000000000' +
        '010000000000000000000000000000000000ffff000000000000' +
        '000000000000000000000000000000000000ffff000000000000' +
        '3b2eb35d8ce61765 0f2f5361746f7368693a302e372e322f c03e0300',
    )
    expect(command).toBe('version')
    const version = decode(baseMessages.version.codec, payload)
    expect(version).toMatchObject({
      version: 60002,
      services: 1n,
      time: 1355854353n,
      nonce: 0x6517e68c5db32e3bn,
      userAgent: '/Satoshi:0.7.2/',
      startHeight: 212672,
      relay: true,
    })
    expect(encode(baseMessages.version.codec, version).subarray(0, -1)).toEqual(payload)
  })

  test('addr', () => {
    const { command, payload } = payloadOf(
      'f9beb4d9 616464720000000000000000 1f000000 ed52399b' +
        '01 e215104d 0100000000000000 00000000000000000000ffff0a000001 208d',
    )
    expect(command).toBe('addr')
    const [entry] = decode(baseMessages.addr.codec, payload)
    expect(entry).toMatchObject({ time: 0x4d1015e2, services: 1n, port: 8333 })
    expect(entry && formatAddress(entry)).toBe('10.0.0.1:8333')
    expect(encode(baseMessages.addr.codec, entry ? [entry] : [])).toEqual(payload)
  })
})

describe('version', () => {
  test('of an old peer that ends after addr_recv gets Core’s defaults', () => {
    const bytes = new Uint8Array(46)
    new DataView(bytes.buffer).setInt32(0, 31800, true)
    expect(decode(baseMessages.version.codec, bytes)).toMatchObject({
      version: 31800,
      nonce: 0n,
      userAgent: '',
      startHeight: 0,
      relay: true,
    })
  })

  test('is understood from 31800 on, and ours is 70016', () => {
    expect([MIN_PROTOCOL_VERSION, PROTOCOL_VERSION]).toEqual([31800, 70016])
  })

  test('with a user agent above 256 bytes is refused', () => {
    const codec = baseMessages.version.codec
    const value = fc.sample(values.version, { numRuns: 1, seed: 1 })[0] as Version
    const named = (length: number) => encode(codec, { ...value, userAgent: 'x'.repeat(length) })
    expect(() => decode(codec, named(257))).toThrow(ProtocolError)
    expect(decode(codec, named(256)).userAgent).toHaveLength(256)
  })
})

test('more than 1,000 addresses are refused', () => {
  const one = { time: 1, services: 1n, ip: new Uint8Array(16), port: 1 }
  const codec = baseMessages.addr.codec
  const full = Array.from({ length: MAX_ADDRESSES }, () => one)
  expect(encode(codec, full).length).toBe(baseMessages.addr.maxBytes)
  expect(decode(codec, encode(codec, full))).toHaveLength(MAX_ADDRESSES)
  expect(() => decode(codec, encode(codec, [...full, one]))).toThrow(ProtocolError)
})

/** BIP155: at most 1,000 entries, and no address of more than 512 bytes. */
describe('addrv2', () => {
  const { codec, maxBytes } = baseMessages.addrv2
  const entryOf = (bytes: number): AddressV2 => ({
    time: 0xffffffff,
    services: 2n ** 64n - 1n,
    network: 255,
    bytes: new Uint8Array(bytes),
    port: 1,
  })

  test('is as long as its limit when it is full of the longest addresses', () => {
    const full = Array.from({ length: MAX_ADDRESSES }, () => entryOf(512))
    expect(encode(codec, full).length).toBe(maxBytes)
    expect(decode(codec, encode(codec, full))).toHaveLength(MAX_ADDRESSES)
    expect(() => decode(codec, encode(codec, [...full, entryOf(0)]))).toThrow(ProtocolError)
    expect(() => decode(codec, encode(codec, [entryOf(513)]))).toThrow(ProtocolError)
  })

  test('may hold addresses that take nine bytes each, the least there is', () => {
    const least = { ...entryOf(0), services: 0n }
    const bytes = encode(codec, [least, least])
    expect(bytes.length).toBe(1 + 2 * 9)
    expect(decode(codec, bytes)).toEqual([least, least])
  })

  test('entries of IPv4 and IPv6 survive', () => {
    fc.assert(
      fc.property(timedAddress, entry => {
        expect(fromAddressV2(toAddressV2(entry))).toEqual({ ip: entry.ip, port: entry.port })
      }),
    )
  })

  test('other networks, wrong lengths and dressed-up IPv4 addresses are passed over', () => {
    const entry = { time: 1, services: 1n, port: 1 }
    expect(fromAddressV2({ ...entry, network: 4, bytes: new Uint8Array(32) })).toBeUndefined()
    expect(fromAddressV2({ ...entry, network: 1, bytes: new Uint8Array(16) })).toBeUndefined()
    expect(fromAddressV2({ ...entry, network: 2, bytes: new Uint8Array(4) })).toBeUndefined()
    const mapped = parseAddress('1.2.3.4:5')?.ip ?? new Uint8Array()
    expect(fromAddressV2({ ...entry, network: 2, bytes: mapped })).toBeUndefined()
  })
})

describe('the text of an address', () => {
  test('survives, and is what node:net takes for an IP address', () => {
    fc.assert(
      fc.property(ip, port, (bytes, number) => {
        const text = formatAddress({ ip: bytes, port: number })
        expect(parseAddress(text)).toEqual({ ip: bytes, port: number })
        expect(isIP(hostOf(text).replace(/^\[|\]$/g, ''))).not.toBe(0)
        // URL's parser writes IPv6 by the same RFC.
        if (text.startsWith('[')) expect(new URL(`http://${text}/`).hostname).toBe(hostOf(text))
      }),
    )
  })

  test('has one canonical form', () => {
    expect(canonicalAddress('[0:0::0001]:80')).toBe('[::1]:80')
    expect(canonicalAddress('[2001:DB8::0:1]:8333')).toBe('[2001:db8::1]:8333')
    expect(canonicalAddress('[::ffff:10.0.0.1]:1')).toBe('10.0.0.1:1')
  })

  test.each([
    'localhost:80',
    '1.2.3:80',
    '1.2.3.256:80',
    '01.2.3.4:80',
    '1.2.3.4',
    '1.2.3.4:65536',
    '[::1]',
    '[1::2::3]:1',
    '[1:2:3:4:5:6:7:8:9]:1',
    '[12345::]:1',
    '[:::]:1',
    '::1:80',
    '',
  ])('%s is none', text => {
    expect(parseAddress(text)).toBeUndefined()
  })

  test('unspecified addresses are known as such', () => {
    expect(isUnspecified(parseAddress('0.0.0.0:1')?.ip ?? new Uint8Array(1))).toBe(true)
    expect(isUnspecified(parseAddress('[::]:1')?.ip ?? new Uint8Array(1))).toBe(true)
    expect(isUnspecified(parseAddress('[::1]:1')?.ip ?? new Uint8Array(0))).toBe(false)
    expect(isUnspecified(fromHex('00000000000000000000ffff01000000') ?? new Uint8Array(0))).toBe(false)
  })
})
