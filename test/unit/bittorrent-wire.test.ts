// BitTorrent's messages on the wire: bytes as the BEPs have them, frames out of any chunks, and no more memory than what came.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compactAddress, expandAddresses } from '../../node/bittorrent/compact.ts'
import { decodeMessage } from '../../node/bittorrent/wire/decode.ts'
import { encodeMessage } from '../../node/bittorrent/wire/encode.ts'
import { Framer } from '../../node/bittorrent/wire/framer.ts'
import { decodeHandshake, encodeHandshake, isHandshake } from '../../node/bittorrent/wire/handshake.ts'
import type { Message } from '../../node/bittorrent/wire/message.ts'
import { decodeMetadataMessage, encodeMetadataMessage } from '../../node/bittorrent/wire/ut-metadata.ts'
import { decodePex, encodePex } from '../../node/bittorrent/wire/ut-pex.ts'
import { ProtocolError } from '../../node/errors.ts'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const root = new Uint8Array(32).fill(0xab)
const R = 'ab'.repeat(32)

const EXAMPLES: readonly (readonly [Message, string])[] = [
  [{ type: 'keepalive' }, '00000000'],
  [{ type: 'choke' }, '0000000100'],
  [{ type: 'unchoke' }, '0000000101'],
  [{ type: 'interested' }, '0000000102'],
  [{ type: 'not-interested' }, '0000000103'],
  [{ type: 'have', piece: 0x01020304 }, '000000050401020304'],
  [{ type: 'bitfield', bits: Uint8Array.of(0x80, 1) }, '00000003058001'],
  [{ type: 'request', piece: 1, begin: 16_384, length: 16_384 }, '0000000d06000000010000400000004000'],
  [{ type: 'piece', piece: 1, begin: 2, block: Uint8Array.of(7, 8) }, '0000000b0700000001000000020708'],
  [{ type: 'cancel', piece: 0xffffffff, begin: 0, length: 1 }, '0000000d08ffffffff0000000000000001'],
  [{ type: 'port', port: 6881 }, '00000003091ae1'],
  [{ type: 'suggest', piece: 9 }, '000000050d00000009'],
  [{ type: 'have-all' }, '000000010e'],
  [{ type: 'have-none' }, '000000010f'],
  [{ type: 'reject', piece: 1, begin: 2, length: 3 }, '0000000d10000000010000000200000003'],
  [{ type: 'allowed-fast', piece: 9 }, '000000051100000009'],
  [{ type: 'extended', id: 0, payload: Uint8Array.of(0x64, 0x65) }, '0000000414006465'],
  [
    { type: 'hash-request', root, base: 2, index: 128, length: 128, proofs: 6 },
    `0000003115${R}00000002000000800000008000000006`,
  ],
  [
    { type: 'hashes', root, base: 0, index: 0, length: 1, proofs: 0, hashes: root },
    `0000005116${R}00000000000000000000000100000000${R}`,
  ],
  [
    { type: 'hash-reject', root, base: 0, index: 0, length: 1, proofs: 0 },
    `0000003117${R}00000000000000000000000100000000`,
  ],
]

describe('messages', () => {
  for (const [message, wire] of EXAMPLES)
    test(message.type, () => {
      expect(hex(encodeMessage(message))).toBe(wire)
      expect(decodeMessage(encodeMessage(message).subarray(4))).toEqual(message)
    })

  test('of a wrong length are refused, of an unknown number passed over', () => {
    for (const [message] of EXAMPLES) {
      const frame = encodeMessage(message).subarray(4)
      if (
        frame.length > 1 &&
        message.type !== 'bitfield' &&
        message.type !== 'extended' &&
        message.type !== 'piece'
      )
        expect(() => decodeMessage(frame.subarray(0, -1))).toThrow(ProtocolError)
      if (message.type !== 'keepalive' && !('bits' in message || 'payload' in message || 'block' in message))
        expect(() => decodeMessage(Uint8Array.of(...frame, 0))).toThrow(ProtocolError)
    }
    expect(decodeMessage(Uint8Array.of(99, 1, 2))).toBeUndefined()
    expect(decodeMessage(Uint8Array.of(10))).toBeUndefined()
  })
})

const messages = fc.array(fc.constantFrom(...EXAMPLES.map(([message]) => message)), {
  minLength: 1,
  maxLength: 12,
})

test('frames come out of any chunks as they went in', () => {
  fc.assert(
    fc.property(messages, fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (said, sizes) => {
      const stream = Buffer.concat(said.map(encodeMessage))
      const framer = new Framer()
      const heard: (Message | undefined)[] = []
      for (let at = 0, i = 0; at < stream.length; i++) {
        const size = sizes[i % sizes.length] as number
        // What was given away is not touched again.
        framer.push(new Uint8Array(stream.subarray(at, at + size)))
        for (let frame = framer.next(); frame; frame = framer.next()) heard.push(decodeMessage(frame.slice()))
        at += size
      }
      expect(heard).toEqual(said)
    }),
  )
})

test('a frame that lies whole in a chunk is not copied', () => {
  const chunk = encodeMessage({ type: 'piece', piece: 1, begin: 0, block: new Uint8Array(16_384) })
  const framer = new Framer()
  framer.push(chunk)
  expect(framer.next()?.buffer).toBe(chunk.buffer)
})

test('no message may be longer than its kind, and that is known with its number', () => {
  const framer = new Framer()
  framer.push(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 7))
  expect(() => framer.next()).toThrow('oversize')
  const choke = new Framer()
  choke.push(Uint8Array.of(0, 0, 0, 100))
  expect(choke.next()).toBeUndefined()
  choke.push(Uint8Array.of(0))
  expect(() => choke.next()).toThrow('oversize')
})

test('a long frame byte by byte costs as much work as it has bytes', () => {
  const frame = encodeMessage({
    type: 'piece',
    piece: 1,
    begin: 0,
    block: new Uint8Array(128 * 1024).fill(9),
  })
  const framer = new Framer()
  let whole: Uint8Array | undefined
  for (const byte of frame) {
    framer.push(Uint8Array.of(byte))
    whole ??= framer.next()
  }
  expect(whole).toEqual(frame.subarray(4))
})

test('handshakes: 68 bytes, reserved bits where they belong', () => {
  const [infoHash, peerId] = [new Uint8Array(20).fill(1), new Uint8Array(20).fill(2)]
  const bytes = encodeHandshake({ infoHash, peerId, fast: true, extended: true, dht: true, v2: true })
  expect(hex(bytes)).toBe(
    `13${hex(new TextEncoder().encode('BitTorrent protocol'))}0000000000100015${'01'.repeat(20)}${'02'.repeat(20)}`,
  )
  expect(decodeHandshake(bytes)).toEqual({
    infoHash,
    peerId,
    fast: true,
    extended: true,
    dht: true,
    v2: true,
  })
  const plain = encodeHandshake({ infoHash, peerId, fast: false, extended: false, dht: false, v2: false })
  expect(plain.subarray(20, 28)).toEqual(new Uint8Array(8))
  expect(decodeHandshake(plain)).toMatchObject({ fast: false, extended: false, dht: false, v2: false })
  expect(isHandshake(bytes.subarray(0, 5))).toBe(true)
  expect(isHandshake(new TextEncoder().encode('GET / HTTP/1.1'))).toBe(false)
  expect(() => decodeHandshake(bytes.subarray(0, 67))).toThrow('truncated')
  expect(() => decodeHandshake(new Uint8Array(68))).toThrow('handshake')
})

test('messages about the info', () => {
  const bytes = Uint8Array.of(1, 2, 3)
  for (const message of [
    { type: 'request', piece: 0 },
    { type: 'reject', piece: 7 },
    { type: 'data', piece: 1, totalBytes: 20_000, bytes },
  ] as const)
    expect(decodeMetadataMessage(encodeMetadataMessage(message))).toEqual(message)
  // BEP 9's own example.
  const data = encodeMetadataMessage({ type: 'data', piece: 0, totalBytes: 34_256, bytes })
  expect(Buffer.from(data).toString('latin1')).toBe(
    'd8:msg_typei1e5:piecei0e10:total_sizei34256ee\x01\x02\x03',
  )
  const said = (text: string) => decodeMetadataMessage(new TextEncoder().encode(text))
  expect(said('d8:msg_typei9e5:piecei0ee')).toBeUndefined()
  for (const bad of ['le', 'd8:msg_typei0ee', 'd8:msg_typei0e5:piecei-1ee', 'd8:msg_typei1e5:piecei0ee'])
    expect(() => said(bad)).toThrow(ProtocolError)
})

test('messages about peers', () => {
  const pex = {
    added: [
      { address: '10.0.0.1:6881', seed: true, reachable: false },
      { address: '127.0.0.1:1', seed: false, reachable: true },
    ],
    dropped: ['1.2.3.4:65535'],
  }
  const bytes = encodePex({
    ...pex,
    added: [...pex.added, { address: '[::1]:1', seed: false, reachable: false }],
  })
  expect(decodePex(bytes)).toEqual(pex)
  expect(Buffer.from(bytes).toString('latin1')).toContain('5:added12:\x0a\0\0\x01\x1a\xe1\x7f\0\0\x01\0\x01')
  expect(decodePex(new TextEncoder().encode('de'))).toEqual({ added: [], dropped: [] })
  expect(() => decodePex(new TextEncoder().encode('d5:addedi1ee'))).toThrow(ProtocolError)
})

test('addresses in six bytes', () => {
  fc.assert(
    fc.property(fc.ipV4(), fc.nat(65_535), (ip, port) => {
      expect(expandAddresses(compactAddress(`${ip}:${port}`) as Uint8Array)).toEqual([`${ip}:${port}`])
    }),
  )
  for (const none of ['[::1]:1', 'host:1', '1.2.3.256:1', '1.2.3.4:65536', '1.2.3.4'])
    expect(compactAddress(none)).toBeUndefined()
})

test('mutated frames are messages, or refused by a coded error', () => {
  const runs = Number(process.env.NETSPLIT_FUZZ_CODECS ?? 20_000)
  fc.assert(
    fc.property(messages, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 }), (said, changes) => {
      const stream = new Uint8Array(Buffer.concat(said.map(encodeMessage)))
      for (const [at, byte] of changes) stream[at % stream.length] = byte
      try {
        const framer = new Framer()
        framer.push(stream)
        for (let frame = framer.next(); frame; frame = framer.next()) {
          const message = decodeMessage(frame)
          if (message) expect(decodeMessage(encodeMessage(message).subarray(4))).toEqual(message)
          if (message?.type === 'extended')
            for (const decodeIt of [decodePex, decodeMetadataMessage])
              try {
                decodeIt(message.payload)
              } catch (error) {
                if (!(error instanceof ProtocolError)) throw error
              }
        }
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error
      }
    }),
    { numRuns: runs },
  )
})
