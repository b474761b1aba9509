// Framing: any chunking gives the same frames; strangers, noise and oversize are told apart.

import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Frame } from '../../node/bitcoin/wire/frame.ts'
import {
  encodeFrame,
  FrameReader,
  HEADER_BYTES,
  isFrameOf,
  type KnownFrames,
} from '../../node/bitcoin/wire/framing.ts'
import { fromHex, toHex } from '../../node/bitcoin/wire/hex.ts'
import { protocolCode } from '../support/refusal.ts'

const MAGIC = Uint8Array.of(0xfa, 0xbf, 0xb5, 0xda)
const LIMIT = 5000
const reader = () => new FrameReader(MAGIC, () => LIMIT)

const command = fc.string({
  unit: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz0123456789'),
  minLength: 1,
  maxLength: 12,
})
const message = fc.record({ command, payload: fc.uint8Array({ maxLength: 3000, size: 'max' }) })

function concat(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap(part => [...part]))
}

function split(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = [0, ...cuts.map(cut => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)
  return places.slice(1).map((to, i) => bytes.slice(places[i], to))
}

function readAll(from: FrameReader, chunks: readonly Uint8Array[]): Frame[] {
  return chunks.flatMap(chunk => [...from.frames(chunk)])
}

test('a verack of regtest is Bitcoin Core’s, byte for byte', () => {
  expect(toHex(encodeFrame(MAGIC, 'verack', new Uint8Array(0)))).toBe(
    'fabfb5da76657261636b000000000000000000005df6e0e2',
  )
})

test('the checksum is the start of SHA-256d', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), payload => {
      const sha256 = (data: Uint8Array) => createHash('sha256').update(data).digest()
      const frame = encodeFrame(MAGIC, 'tx', payload)
      expect(toHex(frame.subarray(20, 24))).toBe(sha256(sha256(payload)).toString('hex').slice(0, 8))
    }),
  )
})

test('frames come out as they went in, however the bytes are cut', () => {
  fc.assert(
    fc.property(
      fc.array(message, { maxLength: 8 }),
      fc.array(fc.nat(30_000), { maxLength: 40 }),
      (messages, cuts) => {
        const bytes = concat(messages.map(({ command, payload }) => encodeFrame(MAGIC, command, payload)))
        const frames = readAll(reader(), split(bytes, cuts))
        expect(frames).toEqual(messages.map(one => ({ ...one, damaged: undefined })))
      },
    ),
    { numRuns: 60 },
  )
})

test('a byte at a time gives the same frames', () => {
  const bytes = concat([
    encodeFrame(MAGIC, 'ping', new Uint8Array(8).fill(7)),
    encodeFrame(MAGIC, 'verack', new Uint8Array(0)),
  ])
  const frames = readAll(
    reader(),
    [...bytes].map(byte => Uint8Array.of(byte)),
  )
  expect(frames.map(frame => frame.command)).toEqual(['ping', 'verack'])
})

describe('bytes that are not the protocol', () => {
  test('another magic is told by its first wrong byte', () => {
    expect(protocolCode(() => readAll(reader(), [new TextEncoder().encode('GET / HTTP/1.1\r\n\r\n')]))).toBe(
      'bad-magic',
    )
    expect(protocolCode(() => readAll(reader(), [Uint8Array.of(0xfa, 0xbf, 0x00)]))).toBe('bad-magic')
    expect(protocolCode(() => readAll(reader(), [MAGIC]))).toBeUndefined()
  })

  test('garbage throws nothing but ProtocolError', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 10 }),
        fc.boolean(),
        (chunks, withMagic) => {
          const stream = withMagic ? [MAGIC, ...chunks] : chunks
          expect(['bad-magic', 'oversize', undefined]).toContain(
            protocolCode(() => readAll(reader(), stream)),
          )
        },
      ),
    )
  })

  test('a wrong checksum damages its frame and no other', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 50 }), fc.nat(), (payload, at) => {
        const bad = encodeFrame(MAGIC, 'tx', payload)
        bad[HEADER_BYTES + (at % payload.length)] = (bad[HEADER_BYTES + (at % payload.length)] ?? 0) ^ 1
        const frames = readAll(reader(), [concat([bad, encodeFrame(MAGIC, 'ping', payload)])])
        expect(frames.map(frame => frame.damaged)).toEqual(['checksum', undefined])
      }),
    )
  })

  test('a command with odd characters or bytes after its end damages its frame', () => {
    const odd = ['70696e6700000000000000ff', 'ff696e670000000000000000', '70690a000000000000000000']
    const beside = ['701f00000000000000000000', '707f00000000000000000000'] // the neighbours of the printable ones
    for (const name of [...odd, ...beside]) {
      const bytes = encodeFrame(MAGIC, 'x', new Uint8Array(3))
      bytes.set(fromHex(name) ?? [], 4)
      expect(readAll(reader(), [bytes]).map(frame => frame.damaged)).toEqual(['command'])
    }
  })

  test('a command may have any printable character, all twelve places, or none', () => {
    for (const name of ['', ' ', '~', 'twelve-bytes', ' !~azAZ09'])
      expect(readAll(reader(), [encodeFrame(MAGIC, name, new Uint8Array(3))])).toEqual([
        { command: name, payload: new Uint8Array(3), damaged: undefined },
      ])
  })

  test('a payload above its command’s limit is refused at its header', () => {
    const limits = new FrameReader(MAGIC, name => (name === 'ping' ? 8 : LIMIT))
    expect(
      protocolCode(() => readAll(limits, [encodeFrame(MAGIC, 'ping', new Uint8Array(9)).subarray(0, 24)])),
    ).toBe('oversize')
    const whole = new FrameReader(MAGIC, name => (name === 'ping' ? 8 : LIMIT))
    expect(readAll(whole, [encodeFrame(MAGIC, 'tx', new Uint8Array(9))])).toHaveLength(1)
  })

  test('a frame that never ends keeps no more memory than has arrived', () => {
    const announced = encodeFrame(MAGIC, 'block', new Uint8Array(LIMIT)).subarray(0, HEADER_BYTES + 100)
    const half = reader()
    expect(readAll(half, [announced])).toEqual([])
    expect(half.pendingBytes).toBe(100)
  })
})

test('a frame is of its command and of no other', () => {
  const of = (name: string) => encodeFrame(MAGIC, name, Uint8Array.of(1, 2, 3))
  expect(isFrameOf(of('ping'), 'ping')).toBe(true)
  expect(isFrameOf(of('ping'), 'pin')).toBe(false)
  expect(isFrameOf(of('ping'), 'pings')).toBe(false)
  expect(isFrameOf(of('ping'), 'zing')).toBe(false)
  expect(isFrameOf(of('twelve-bytes'), 'twelve-bytes')).toBe(true)
  expect(isFrameOf(of('twelve-bytes'), 'twelve-byteZ')).toBe(false)
})

test('an empty chunk is nothing, and holds up nothing', () => {
  const one = reader()
  one.push(new Uint8Array(0))
  one.push(encodeFrame(MAGIC, 'verack', new Uint8Array(0)))
  expect(one.next()?.command).toBe('verack')
  expect(one.pendingBytes).toBe(0)
})

describe('frames that others have read', () => {
  function knowing(...chunks: readonly Uint8Array[]): { reader: FrameReader; kept: Uint8Array[] } {
    const frames = new Map(chunks.map(chunk => [chunk, readAll(reader(), [chunk])[0] as Frame]))
    const kept: Uint8Array[] = []
    const known: KnownFrames = { get: chunk => frames.get(chunk), put: chunk => void kept.push(chunk) }
    return { reader: new FrameReader(MAGIC, () => LIMIT, known), kept }
  }
  const ping = encodeFrame(MAGIC, 'ping', new Uint8Array(8))
  const pong = encodeFrame(MAGIC, 'pong', new Uint8Array(8))

  test('are not read again, and leave nothing behind', () => {
    const { reader, kept } = knowing(ping)
    expect(reader.whole(ping)?.command).toBe('ping')
    expect(readAll(reader, [ping, pong]).map(({ command }) => command)).toEqual(['ping', 'pong'])
    expect(reader.pendingBytes).toBe(0)
    expect(kept).toEqual([pong])
  })

  test('are the payload of another where they stand in its place', () => {
    const outer = encodeFrame(MAGIC, 'tx', ping)
    const { reader } = knowing(ping)
    const frames = readAll(reader, [outer.subarray(0, HEADER_BYTES)])
    expect(reader.whole(ping)).toBeUndefined()
    frames.push(...readAll(reader, [ping]))
    expect(frames).toEqual([{ command: 'tx', payload: ping, damaged: undefined }])
  })

  test('are not looked for while anything waits, be it one byte', () => {
    const { reader, kept } = knowing(ping)
    reader.push(pong.subarray(0, 1))
    expect(reader.whole(ping)).toBeUndefined()
    reader.next()
    reader.push(pong.subarray(1))
    expect(reader.next()?.command).toBe('pong')
    expect(kept).toEqual([]) // no chunk held it whole
  })

  test('are kept when a chunk is one frame, and not when it is more', () => {
    const { reader, kept } = knowing()
    const two = concat([ping, pong])
    expect(readAll(reader, [two, pong]).map(({ command }) => command)).toEqual(['ping', 'pong', 'pong'])
    expect(kept).not.toContain(two)
    expect(kept.every(chunk => Buffer.from(chunk).equals(pong))).toBe(true)
    expect(kept).toContain(pong)
  })
})
