// The encrypted transport between two ends, and every way in which one of them can be none.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Frame } from '../../node/bitcoin/wire/frame.ts'
import { encodeFrame, FrameReader, MAX_PAYLOAD_BYTES } from '../../node/bitcoin/wire/framing.ts'
import { fromHex, toHex } from '../../node/bitcoin/wire/hex.ts'
import type { KeyPair } from '../../node/bitcoin/wire/v2/crypto.ts'
import { LENGTH_BYTES, Session } from '../../node/bitcoin/wire/v2/session.ts'
import { readType, typeBytes, writeType } from '../../node/bitcoin/wire/v2/short-ids.ts'
import { KEY_BYTES, MAX_GARBAGE_BYTES, V2Transport } from '../../node/bitcoin/wire/v2/transport.ts'
import { createRandom } from '../../node/core/random.ts'
import { ProtocolError } from '../../node/errors.ts'
import { createV2Crypto } from '../../node/host/v2-crypto.ts'

const MAGIC = Uint8Array.of(0xfa, 0xbf, 0xb5, 0xda)
const OTHER_MAGIC = Uint8Array.of(0x0a, 0x03, 0xcf, 0x40)
const TERMINATOR_BYTES = 16
const NONE = new Uint8Array(0)

const cryptoOf = (seed: string) => {
  const random = createRandom(seed)
  return createV2Crypto(count => random.bytes(count))
}

/** One end, and what it has written. */
class End {
  readonly transport: V2Transport
  readonly written: { readonly bytes: Uint8Array; readonly greeting: boolean }[] = []
  readonly frames: Frame[] = []
  #sent = 0

  constructor(initiating: boolean, seed = 'transport', magic = MAGIC) {
    this.transport = new V2Transport({
      magic,
      initiating,
      crypto: cryptoOf(`${seed} ${initiating}`),
      newReader: () => new FrameReader(magic, () => MAX_PAYLOAD_BYTES),
      write: (bytes, greeting) => void this.written.push({ bytes, greeting }),
    })
    this.transport.begin()
  }

  /** What it wrote since the last time. */
  take(): Uint8Array {
    const fresh = this.written.slice(this.#sent).map(({ bytes }) => bytes)
    this.#sent = this.written.length
    return Uint8Array.from(Buffer.concat(fresh))
  }

  hear(bytes: Uint8Array, pieceBytes = bytes.length): void {
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      this.transport.push(bytes.subarray(at, at + pieceBytes))
      for (let frame = this.transport.next(); frame; frame = this.transport.next()) this.frames.push(frame)
    }
  }

  say(command: string, payload: Uint8Array): void {
    this.transport.send(encodeFrame(MAGIC, command, payload))
  }

  get heard() {
    return this.frames.map(({ command, payload, damaged }) => [command, toHex(payload), damaged])
  }
}

/** Until neither has anything to say. */
function talk(a: End, b: End, pieceBytes?: number): void {
  for (let [x, y] = [a.take(), b.take()]; x.length + y.length > 0; [x, y] = [a.take(), b.take()]) {
    b.hear(x, pieceBytes)
    a.hear(y, pieceBytes)
  }
}

function pair(seed?: string): [initiator: End, responder: End] {
  return [new End(true, seed), new End(false, seed)]
}

function codeOf(run: () => unknown): string | undefined {
  try {
    run()
  } catch (error) {
    if (error instanceof ProtocolError) return error.code
    throw error
  }
  return undefined
}

/** Who dials, by hand: it knows the rules and may break them. */
class ByHand {
  readonly #crypto = cryptoOf('by hand')
  readonly ours: KeyPair = this.#crypto.keyPair()
  readonly other: End
  session!: Session

  constructor(other: End) {
    this.other = other
  }

  /** Says its key and garbage, and hears the other's key. */
  meet(garbage: Uint8Array = NONE): this {
    this.other.hear(Uint8Array.from([...this.ours.publicKey, ...garbage]))
    const theirs = this.other.take().slice(0, KEY_BYTES)
    this.session = new Session({
      crypto: this.#crypto,
      magic: MAGIC,
      ours: this.ours,
      theirs,
      initiating: true,
    })
    return this
  }

  /** And the rest of the handshake, as it should be. */
  greet(garbage: Uint8Array = NONE): this {
    this.meet(garbage)
    this.other.hear(this.session.ourTerminator)
    this.other.hear(this.session.seal([], garbage))
    return this
  }
}

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
    expect(codeOf(() => b.hear(encodeFrame(OTHER_MAGIC, 'version', new Uint8Array(90))))).toBe('bad-magic')
    expect(b.written).toEqual([])
    const slow = new End(false)
    expect(codeOf(() => slow.hear(encodeFrame(OTHER_MAGIC, 'version', new Uint8Array(90)), 1))).toBe(
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

describe('garbage', () => {
  test.each([0, 1, 15, 16, 17, 1000, MAX_GARBAGE_BYTES])(
    'of %s bytes is passed over, and vouched for',
    length => {
      for (const piece of [undefined, 1]) {
        const b = new End(false)
        const garbage = createRandom(`garbage ${length}`).bytes(length)
        const dialler = new ByHand(b).meet(garbage)
        b.hear(dialler.session.ourTerminator, piece)
        b.hear(dialler.session.seal([], garbage), piece)
        expect(b.transport.type).toBe('v2')
      }
    },
  )

  test('may look like its end until the last byte', () => {
    const b = new End(false)
    const dialler = new ByHand(b).meet()
    const garbage = dialler.session.ourTerminator.slice(0, 15)
    b.hear(garbage)
    b.hear(dialler.session.ourTerminator)
    b.hear(dialler.session.seal([], garbage))
    expect(b.transport.type).toBe('v2')
  })

  test('without an end is refused with the first byte too many, and holds no more', () => {
    for (const piece of [MAX_GARBAGE_BYTES, 1]) {
      const b = new End(false)
      new ByHand(b).meet()
      const most = MAX_GARBAGE_BYTES + TERMINATOR_BYTES
      b.hear(new Uint8Array(most - 1), piece)
      expect(b.transport.pendingBytes).toBe(0)
      expect(codeOf(() => b.hear(new Uint8Array(1)))).toBe('no-terminator')
    }
  })

  test('one byte longer than may be is refused though its end comes', () => {
    const b = new End(false)
    const garbage = new Uint8Array(MAX_GARBAGE_BYTES + 1).fill(1)
    const dialler = new ByHand(b).meet(garbage)
    expect(codeOf(() => b.hear(dialler.session.ourTerminator))).toBe('no-terminator')
  })

  test.each([
    ['that somebody changed on the way', Uint8Array.of(1, 2, 3), Uint8Array.of(1, 2, 4)],
    ['that nobody vouches for', Uint8Array.of(1, 2, 3), NONE],
    ['that was never sent', NONE, Uint8Array.of(1)],
  ])('%s ends it', (_, sent, vouched) => {
    const b = new End(false)
    const dialler = new ByHand(b).meet(sent)
    b.hear(dialler.session.ourTerminator)
    expect(codeOf(() => b.hear(dialler.session.seal([], vouched)))).toBe('bad-tag')
    expect(b.transport.type).toBe('detecting')
  })
})

describe('packets', () => {
  test('with contents for extensions, and decoys before it, begin a session all the same', () => {
    const b = new End(false)
    const garbage = Uint8Array.of(7, 7)
    const dialler = new ByHand(b).meet(garbage)
    b.hear(dialler.session.ourTerminator)
    b.hear(dialler.session.seal([Uint8Array.of(1)], garbage, true)) // the first vouches, decoy or not
    b.hear(dialler.session.seal([], NONE, true))
    expect(b.transport.type).toBe('detecting')
    b.hear(dialler.session.seal([Uint8Array.of(4, 5, 6)]))
    expect([b.transport.type, b.frames]).toEqual(['v2', []])
  })

  test('that are decoys are passed over, wherever they come', () => {
    const b = new End(false)
    const { session } = new ByHand(b).greet()
    const message = Uint8Array.of(18, 1, 2)
    for (const ignored of [true, false, true, true, false]) b.hear(session.seal([message], NONE, ignored))
    expect(b.heard).toEqual([
      ['ping', '0102', undefined],
      ['ping', '0102', undefined],
    ])
  })

  test('without a type that is one are nobody’s messages, and no offence', () => {
    const b = new End(false)
    const { session } = new ByHand(b).greet()
    const spelt = (command: string) =>
      Uint8Array.from([0, ...Array.from(command, each => each.charCodeAt(0))])
    const without = [
      NONE,
      Uint8Array.of(29, 1),
      Uint8Array.of(255),
      spelt('short'),
      spelt('has\0a\0zero\0\0'),
      spelt('\x01nprintable\0'),
    ]
    for (const contents of without) b.hear(session.seal([contents]))
    expect(b.frames.map(({ command, payload }) => b.transport.sizeOf(command, payload.length))).toEqual(
      without.map(({ length }) => 20 + length),
    )
    b.hear(session.seal([spelt('version\0\0\0\0\0'), Uint8Array.of(8)]))
    expect(b.frames.map(({ command, damaged }) => [command, damaged])).toEqual([
      ...Array.from({ length: 6 }, () => ['', 'command']),
      ['version', undefined],
    ])
  })

  test('that say they are longer than a message may be are refused unread', () => {
    const most = 1 + 12 + MAX_PAYLOAD_BYTES
    for (const [length, code] of [
      [most, undefined],
      [most + 1, 'oversize'],
      [0xff_ffff, 'oversize'],
    ] as const) {
      const b = new End(false)
      const { session } = new ByHand(b).greet()
      // A packet of its length alone, made with the same stream: its first three bytes say it.
      const start = session.seal([new Uint8Array(length)]).slice(0, LENGTH_BYTES)
      expect(codeOf(() => b.hear(start))).toBe(code)
      expect(b.transport.pendingBytes).toBe(code === undefined ? 0 : b.transport.pendingBytes)
    }
  })

  test('in which a bit is wrong end it', () => {
    for (const at of [0, 3, 4, 20, 30]) {
      const b = new End(false)
      const { session } = new ByHand(b).greet()
      const packet = session.seal([new Uint8Array(30)])
      packet[at] = (packet[at] as number) ^ 1
      // A length that is one less or more leaves a byte too many or too few.
      expect(codeOf(() => b.hear(Uint8Array.from([...packet, 0])))).toBe('bad-tag')
    }
  })

  test('that come again are none: what they say of their length is another by then', () => {
    const b = new End(false)
    const { session } = new ByHand(b).greet()
    const packet = session.seal([Uint8Array.of(18)])
    b.hear(packet)
    const again = () => {
      b.hear(packet)
      b.hear(new Uint8Array(MAX_PAYLOAD_BYTES + 100))
    }
    expect(['bad-tag', 'oversize']).toContain(codeOf(again))
    expect(b.heard).toEqual([['ping', '', undefined]])
  })

  test('take no memory for what they say they are, but for what came', () => {
    const b = new End(false)
    const { session } = new ByHand(b).greet()
    b.hear(session.seal([new Uint8Array(4_000_000)]).slice(0, 1_000))
    expect(b.transport.pendingBytes).toBe(1_000 - LENGTH_BYTES)
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
