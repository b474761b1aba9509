// Frames shared by peers of one process: who reads a known one gets what an own reading would have given.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SharedFrames } from '../../node/bitcoin/shared-frames.ts'
import type { Writer } from '../../node/bitcoin/wire/codec.ts'
import { encodeFrame, FrameReader } from '../../node/bitcoin/wire/framing.ts'

const MAGIC = Uint8Array.of(1, 2, 3, 4)
const reader = (shared?: SharedFrames) => new FrameReader(MAGIC, () => 1000, shared)
const frame = (command: string, ...payload: number[]) => encodeFrame(MAGIC, command, Uint8Array.from(payload))

describe('a reader with shared frames', () => {
  it('gives the very frame that another has read off the same chunk', () => {
    const shared = new SharedFrames()
    const chunk = frame('ping', 1, 2, 3)
    const [first] = reader(shared).frames(chunk)
    const [second] = reader(shared).frames(chunk)
    expect(first).toMatchObject({ command: 'ping', damaged: undefined })
    expect(second).toBe(first)
    expect([...reader(shared).frames(frame('ping', 1, 2, 3))][0]).not.toBe(first)
  })

  it('remembers a damaged frame as damaged, and throws for a stranger each time', () => {
    const shared = new SharedFrames()
    const chunk = frame('ping', 1)
    chunk[24] = 9
    for (const one of [reader(shared), reader(shared)])
      expect([...one.frames(chunk)][0]?.damaged).toBe('checksum')
    const strange = encodeFrame(Uint8Array.of(9, 9, 9, 9), 'ping', Uint8Array.of(1))
    for (const one of [reader(shared), reader(shared)]) expect(() => [...one.frames(strange)]).toThrow()
  })

  it('reads any cutting into chunks as a reader without does, however often', () => {
    const payload = fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 40 })
    const frames = fc.array(payload, { minLength: 1, maxLength: 5 })
    const cuts = fc.array(fc.nat(200), { maxLength: 8 })
    fc.assert(
      fc.property(frames, cuts, (payloads, places) => {
        const whole = Buffer.concat(payloads.map(bytes => frame('data', ...bytes)))
        const ends = [...new Set([...places.map(at => at % whole.length), whole.length])].sort(
          (a, b) => a - b,
        )
        const chunks = ends.map((end, i) => Uint8Array.from(whole.subarray(ends[i - 1] ?? 0, end)))
        const read = (one: FrameReader) => chunks.flatMap(chunk => [...one.frames(chunk)])
        const shared = new SharedFrames()
        const alone = read(reader())
        expect(alone).toHaveLength(payloads.length)
        for (let again = 0; again < 3; again++)
          expect(read(reader(shared)).map(({ command, payload }) => [command, [...payload]])).toEqual(
            alone.map(({ command, payload }) => [command, [...payload]]),
          )
      }),
    )
  })
})

describe('messages', () => {
  it('are read once for each frame', () => {
    const shared = new SharedFrames()
    const [one] = reader(shared).frames(frame('data', 7))
    if (!one) throw new Error('no frame')
    expect(shared.message(one)).toBeUndefined()
    const message = {}
    shared.putMessage(one, message)
    expect(shared.message(one)).toBe(message)
  })

  it('that are alike, or one and the same, are made into one frame; of another command, into another', () => {
    const shared = new SharedFrames()
    const make = (command: string, message: unknown, ...payload: number[]) => {
      const write = (writer: Writer) => writer.bytes(Uint8Array.from(payload))
      return shared.made(MAGIC, command, message, { write, read: () => message })
    }
    const message = {}
    const first = make('inv', message, 1, 2)
    expect(make('inv', message, 9, 9)).toBe(first)
    expect(make('inv', {}, 1, 2)).toBe(first)
    expect(make('inv', {}, 1, 3)).not.toBe(first)
    expect(make('getdata', message, 1, 2)).toEqual(frame('getdata', 1, 2))
    const large = Array.from({ length: 200 }, (_, i) => i % 256)
    expect(make('block', {}, ...large)).not.toBe(make('block', {}, ...large))
    expect([...reader(shared).frames(first)][0]).toMatchObject({ command: 'inv', damaged: undefined })
  })
})
