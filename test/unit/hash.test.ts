// SHA-256 and SHA-256d of any message, whole and in pieces, with both kernels, against node:crypto.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bestKernel, createHasher, hasher, Sha256 } from '../../node/hash.ts'
import { noise, sha256, sha256d } from '../support/sha256.ts'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

test('the hasher of the thread runs the best kernel and answers like any other', () => {
  expect(hasher.kernel).toBe(bestKernel())
  expect(hasher.sha256d(noise(80))).toEqual(sha256d(noise(80)))
})

describe.each(['simd', 'scalar'] as const)('%s kernel', kernel => {
  const h = createHasher(kernel)

  test('says which kernel it is', () => {
    expect(h.kernel).toBe(kernel)
  })

  test('the published examples of FIPS 180-4', () => {
    const text = (message: string) => hex(h.sha256(Buffer.from(message)))
    expect(text('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
    expect(text('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
    expect(text('abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq')).toBe(
      '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
    )
    expect(text('a'.repeat(1_000_000))).toBe(
      'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0',
    )
  })

  test('every length from 0 to 200 bytes', () => {
    for (let length = 0; length <= 200; length++) {
      const message = noise(length, length)
      expect(hex(h.sha256(message)), `sha256 of ${length} bytes`).toBe(hex(sha256(message)))
      expect(hex(h.sha256d(message)), `sha256d of ${length} bytes`).toBe(hex(sha256d(message)))
    }
  })

  test('messages around and far beyond the size of the module’s own memory', () => {
    for (const length of [131_008, 131_071, 131_072, 131_073, 131_136, 262_144, 4_000_000, 32_000_000]) {
      const message = new Uint8Array(length).fill(length % 251)
      expect(hex(h.sha256(message)), `${length} bytes`).toBe(hex(sha256(message)))
      expect(hex(h.sha256d(message)), `${length} bytes`).toBe(hex(sha256d(message)))
    }
  })

  test('a digest is a copy that later calls leave alone', () => {
    const first = h.sha256(noise(10))
    h.sha256(noise(11))
    expect(first).toEqual(sha256(noise(10)))
  })

  test('views into larger buffers are hashed by their own bytes', () => {
    const around = noise(300)
    expect(h.sha256d(around.subarray(7, 190))).toEqual(sha256d(around.slice(7, 190)))
  })

  test('many messages of different lengths, each its own digest, in order', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 700 }), { maxLength: 23 }), messages => {
        expect(h.sha256dMany(messages).map(hex)).toEqual(messages.map(m => hex(sha256d(m))))
      }),
      { numRuns: 200 },
    )
  })

  test('four lanes with four different messages of every length up to 200', () => {
    for (let length = 0; length <= 200; length++) {
      const messages = [0, 1, 2, 3].map(lane => noise(length, 4 * length + lane))
      expect(h.sha256dMany(messages).map(hex), `${length} bytes`).toEqual(messages.map(m => hex(sha256d(m))))
    }
  })

  test('a batch larger than the module’s memory, with messages that are larger alone', () => {
    const lengths = [200_000, 5, 90_000, 131_072, 0, 131_000, 60_000, 60_000, 60_000, 140_000, 1]
    const messages = lengths.map((length, i) => noise(length, i))
    expect(h.sha256dMany(messages).map(hex)).toEqual(messages.map(m => hex(sha256d(m))))
  })

  test('no messages, no digests', () => {
    expect(h.sha256dMany([])).toEqual([])
  })

  test('a message in pieces of any length', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 150 }), { maxLength: 12 }), pieces => {
        const stream = new Sha256(h)
        for (const piece of pieces) stream.update(piece)
        expect(hex(stream.digest())).toBe(hex(sha256(...pieces)))
      }),
    )
  })

  test('every way to cut 130 bytes in two, and in single bytes', () => {
    const message = noise(130)
    const expected = hex(sha256(message))
    for (let cut = 0; cut <= message.length; cut++) {
      const stream = new Sha256(h).update(message.subarray(0, cut)).update(message.subarray(cut))
      expect(hex(stream.digest()), `cut at ${cut}`).toBe(expected)
    }
    const single = new Sha256(h)
    for (let i = 0; i < message.length; i++) single.update(message.subarray(i, i + 1))
    expect(hex(single.digest())).toBe(expected)
  })

  test('streams run side by side, other hashes run between, and a digest does not end a stream', () => {
    const [left, right] = [new Sha256(h), new Sha256(h)]
    const sent: [Uint8Array[], Uint8Array[]] = [[], []]
    for (let i = 0; i < 40; i++) {
      const side = (i * 7) % 3 === 0 ? 1 : 0
      const piece = noise(i * 5, i)
      sent[side].push(piece)
      ;(side ? right : left).update(piece)
      h.sha256dMany([piece, piece, noise(90)])
      expect(hex(left.digest())).toBe(hex(sha256(...sent[0])))
      expect(hex(right.digest())).toBe(hex(sha256(...sent[1])))
    }
  })
})
