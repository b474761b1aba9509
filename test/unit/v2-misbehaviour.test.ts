// Every way in which one end of an encrypted connection can be none, and what looks so and is allowed.

import { describe, expect, test } from 'vitest'
import { MAX_PAYLOAD_BYTES } from '../../node/bitcoin/wire/framing.ts'
import { LENGTH_BYTES } from '../../node/bitcoin/wire/v2/session.ts'
import { MAX_GARBAGE_BYTES } from '../../node/bitcoin/wire/v2/transport.ts'
import { createRandom } from '../../node/core/random.ts'
import { protocolCode } from '../support/refusal.ts'
import { ByHand, End, NONE } from '../support/v2-ends.ts'

const TERMINATOR_BYTES = 16

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
      expect(protocolCode(() => b.hear(new Uint8Array(1)))).toBe('no-terminator')
    }
  })

  test('one byte longer than may be is refused though its end comes', () => {
    const b = new End(false)
    const garbage = new Uint8Array(MAX_GARBAGE_BYTES + 1).fill(1)
    const dialler = new ByHand(b).meet(garbage)
    expect(protocolCode(() => b.hear(dialler.session.ourTerminator))).toBe('no-terminator')
  })

  test.each([
    ['that somebody changed on the way', Uint8Array.of(1, 2, 3), Uint8Array.of(1, 2, 4)],
    ['that nobody vouches for', Uint8Array.of(1, 2, 3), NONE],
    ['that was never sent', NONE, Uint8Array.of(1)],
  ])('%s ends it', (_, sent, vouched) => {
    const b = new End(false)
    const dialler = new ByHand(b).meet(sent)
    b.hear(dialler.session.ourTerminator)
    expect(protocolCode(() => b.hear(dialler.session.seal([], vouched)))).toBe('bad-tag')
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
      expect(protocolCode(() => b.hear(start))).toBe(code)
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
      expect(protocolCode(() => b.hear(Uint8Array.from([...packet, 0])))).toBe('bad-tag')
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
    expect(['bad-tag', 'oversize']).toContain(protocolCode(again))
    expect(b.heard).toEqual([['ping', '', undefined]])
  })

  test('take no memory for what they say they are, but for what came', () => {
    const b = new End(false)
    const { session } = new ByHand(b).greet()
    b.hear(session.seal([new Uint8Array(4_000_000)]).slice(0, 1_000))
    expect(b.transport.pendingBytes).toBe(1_000 - LENGTH_BYTES)
  })
})
