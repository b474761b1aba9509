// The encrypted transport between two ends: what they say to each other, and who says what first.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeFrame } from '../../node/bitcoin/wire/framing.ts'
import { fromHex, toHex } from '../../node/bitcoin/wire/hex.ts'
import { readType, typeBytes, writeType } from '../../node/bitcoin/wire/v2/short-ids.ts'
import { KEY_BYTES, MAX_GARBAGE_BYTES } from '../../node/bitcoin/wire/v2/transport.ts'
import { protocolCode } from '../support/refusal.ts'
import { End, MAGIC, NONE, pair, talk } from '../support/v2-ends.ts'

const OTHER_MAGIC = Uint8Array.of(0x0a, 0x03, 0xcf, 0x40)

describe('two ends', () => {
  test.each([undefined, 1, 7, 4096])(
    'come to one session and understand each other, in pieces of %s bytes',
    piece => {
      const [a, b] = pair()
      a.say('version', Uint8Array.of(1, 2, 3)) // before there is a key
      talk(a, b, piece)
      b.say('verack', NONE)
      b.say('ping', Uint8Array.of(9))
      a.say('unheardof', Uint8Array.of(7))
      a.say('block', new Uint8Array(70_000).fill(3))
      talk(a, b, piece)
      expect(b.heard).toEqual([
        ['version', '010203', undefined],
        ['unheardof', '07', undefined],
        ['block', '03'.repeat(70_000), undefined],
      ])
      expect(a.heard).toEqual([
        ['verack', '', undefined],
        ['ping', '09', undefined],
      ])
      expect([a.transport.type, b.transport.type]).toEqual(['v2', 'v2'])
      expect(a.transport.sessionId).toMatch(/^[0-9a-f]{64}$/)
      expect(b.transport.sessionId).toBe(a.transport.sessionId)
    },
  )

  test('however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 20 }), cuts => {
        const [a, b] = pair(`cuts ${cuts.join()}`)
        a.say('ping', Uint8Array.of(1))
        b.hear(a.take())
        a.hear(b.take())
        const bytes = a.take()
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const to = at + (cuts[i % cuts.length] as number)
          b.hear(bytes.subarray(at, to))
          at = to
        }
        expect(b.heard).toEqual([['ping', '01', undefined]])
      }),
    )
  })

  test('go on for more packets than a key is for', () => {
    const [a, b] = pair()
    talk(a, b)
    for (let i = 0; i < 700; i++) a.say('inv', Uint8Array.of(i, i >> 8))
    talk(a, b)
    expect(b.heard.map(([, payload]) => payload)).toEqual(
      Array.from({ length: 700 }, (_, i) => toHex(Uint8Array.of(i, i >> 8))),
    )
  })

  test('count what a message takes on the wire, and tell what is none', () => {
    const [a, b] = pair()
    talk(a, b)
    expect(a.written.map(({ greeting }) => greeting)).toEqual([true, true])
    for (const [command, payloadBytes, wireBytes] of [
      ['ping', 8, 3 + 1 + 1 + 8 + 16],
      ['version', 100, 3 + 1 + 13 + 100 + 16],
    ] as const) {
      a.say(command, new Uint8Array(payloadBytes))
      expect(a.written.at(-1)).toMatchObject({ greeting: false, bytes: { length: wireBytes } })
      expect(a.transport.sizeOf(command, payloadBytes)).toBe(wireBytes)
      expect(a.transport.wire(encodeFrame(MAGIC, command, new Uint8Array(payloadBytes)))).toHaveLength(
        wireBytes,
      )
      b.hear(a.take())
    }
  })

  test('have keys and garbage of their own each time, and as much of it as they draw', () => {
    const lengths = new Set<number>()
    for (let i = 0; i < 40; i++) {
      const [first] = new End(true, `garbage ${i}`).written
      lengths.add(first?.bytes.length ?? 0)
    }
    expect(lengths.size).toBeGreaterThan(30)
    expect(Math.min(...lengths)).toBeGreaterThanOrEqual(KEY_BYTES)
    expect(Math.max(...lengths)).toBeLessThanOrEqual(KEY_BYTES + MAX_GARBAGE_BYTES)
  })
})

describe('who is dialled', () => {
  test('says nothing before a byte that v1 does not begin with', () => {
    const b = new End(false)
    b.hear(MAGIC)
    b.hear(Uint8Array.from('vers', letter => letter.charCodeAt(0)))
    expect([b.written, b.transport.type]).toEqual([[], 'detecting'])
    b.hear(Uint8Array.of(0))
    expect(b.written).toHaveLength(1)
    expect(b.transport.type).toBe('detecting')
  })

  test.each([undefined, 1])('speaks v1 to whoever begins so, in pieces of %s bytes', piece => {
    const b = new End(false)
    const frames = [encodeFrame(MAGIC, 'version', Uint8Array.of(1)), encodeFrame(MAGIC, 'verack', NONE)]
    b.hear(frames[0]?.subarray(0, 15) ?? NONE, piece)
    expect(b.transport.type).toBe('detecting')
    b.hear(frames[0]?.subarray(15, 16) ?? NONE)
    expect([b.transport.type, b.transport.sessionId]).toEqual(['v1', ''])
    b.hear(frames[0]?.subarray(16) ?? NONE, piece)
    b.hear(frames[1] as Uint8Array, piece)
    expect(b.heard).toEqual([
      ['version', '01', undefined],
      ['verack', '', undefined],
    ])
    const answer = encodeFrame(MAGIC, 'verack', NONE)
    b.transport.send(answer)
    expect(b.take()).toEqual(answer)
    expect(b.transport.sizeOf('verack', 0)).toBeUndefined()
    expect(b.transport.wire(answer)).toBe(answer)
  })

  test('says what it was given to say once it knows how', () => {
    const b = new End(false)
    b.say('ping', Uint8Array.of(5))
    expect(b.written).toEqual([])
    expect(b.transport.wire(encodeFrame(MAGIC, 'ping', NONE))).toBeUndefined()
    b.hear(encodeFrame(MAGIC, 'version', NONE))
    expect(b.take()).toEqual(encodeFrame(MAGIC, 'ping', Uint8Array.of(5)))
  })

  test('knows v1 of another network, and does not answer it where all of that came at once', () => {
    const b = new End(false)
    expect(protocolCode(() => b.hear(encodeFrame(OTHER_MAGIC, 'version', new Uint8Array(90))))).toBe(
      'bad-magic',
    )
    expect(b.written).toEqual([])
    const slow = new End(false)
    expect(protocolCode(() => slow.hear(encodeFrame(OTHER_MAGIC, 'version', new Uint8Array(90)), 1))).toBe(
      'bad-magic',
    )
  })

  test('takes no key that only looks so for v1 of another network', () => {
    const b = new End(false)
    const key = encodeFrame(OTHER_MAGIC, 'versio', new Uint8Array(100)).subarray(0, KEY_BYTES)
    b.hear(key)
    expect(b.written).toHaveLength(2)
  })
})

describe('who dials', () => {
  test('is unanswered until a byte comes', () => {
    const a = new End(true)
    expect(a.transport.unanswered).toBe(true)
    a.hear(Uint8Array.of(1))
    expect(a.transport.unanswered).toBe(false)
    expect(new End(false).transport.unanswered).toBe(false)
  })

  test('takes what v1 begins with for a key', () => {
    const a = new End(true)
    a.hear(encodeFrame(MAGIC, 'version', new Uint8Array(100)))
    expect(a.transport.type).toBe('detecting')
    expect(a.written).toHaveLength(2)
  })
})

describe('a message’s type', () => {
  test('takes a byte where BIP324 has a number for it, else thirteen', () => {
    const numbers = { addr: 1, block: 2, cmpctblock: 4, feefilter: 5, inv: 14, ping: 18, tx: 21, addrv2: 28 }
    for (const [command, number] of Object.entries(numbers)) {
      const out = new Uint8Array(13)
      expect([typeBytes(command), writeType(command, out), out[0]]).toEqual([1, 1, number])
      expect(readType(Uint8Array.of(number))).toEqual({ command, bytes: 1 })
    }
    const spelt = fromHex('0076657273696f6e0000000000') as Uint8Array
    const out = new Uint8Array(13)
    expect([typeBytes('version'), writeType('version', out), toHex(out)]).toEqual([13, 13, toHex(spelt)])
    expect(readType(spelt)).toEqual({ command: 'version', bytes: 13 })
  })
})
