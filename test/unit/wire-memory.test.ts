// What messages take in memory: little more than their bytes, whether they are on their way still or wait to be read.

import { expect, test } from 'vitest'
import { decode, encode } from '../../node/bitcoin/wire/codec.ts'
import { encodeFrame, FrameReader } from '../../node/bitcoin/wire/framing.ts'
import { INV, LEDGER_MESSAGES, MAX_INVENTORY } from '../../node/ledger/messages.ts'
import { retainedBytes } from '../support/memory.ts'

const MAGIC = Uint8Array.of(0xfa, 0xbf, 0xb5, 0xda)
const PAYLOAD_BYTES = 4_000_000

/** As a socket gives them: each in memory of its own. */
function* chunksOf(frame: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  for (let at = 0, turn = 0; at < frame.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1
    yield frame.slice(at, at + size)
    at += size
  }
}

test.each([
  ['large chunks', [65_536]],
  ['packets', [1_448]],
  ['small ones', [40]],
  ['both', [8_192, 1]],
])('a message that is not whole yet holds what has come of it: %s', async (_, sizes) => {
  // Just behind the place where a buffer that doubles has doubled.
  const frame = encodeFrame(MAGIC, 'block', new Uint8Array(PAYLOAD_BYTES)).subarray(0, 2_200_000)
  const readers = Array.from({ length: 10 }, () => new FrameReader(MAGIC, () => PAYLOAD_BYTES))
  const before = await retainedBytes()
  for (const reader of readers) {
    let whole = 0
    for (const chunk of chunksOf(frame, sizes)) for (const _ of reader.frames(chunk)) whole++
    expect(whole).toBe(0)
  }
  const held = (await retainedBytes()) - before
  const come = readers.reduce((sum, { pendingBytes }) => sum + pendingBytes, 0)
  expect(come).toBeGreaterThan(21_000_000)
  expect(held).toBeLessThan(come * 1.25)
})

test('an end of a large chunk does not keep the whole of it', async () => {
  const whole = encodeFrame(MAGIC, 'block', new Uint8Array(1_000_000))
  const next = encodeFrame(MAGIC, 'block', new Uint8Array(PAYLOAD_BYTES)).subarray(0, 20_000)
  const readers = Array.from({ length: 20 }, () => new FrameReader(MAGIC, () => PAYLOAD_BYTES))
  const before = await retainedBytes()
  for (const reader of readers) {
    const chunk = new Uint8Array(whole.length + next.length)
    chunk.set(whole)
    chunk.set(next, whole.length)
    expect([...reader.frames(chunk)]).toHaveLength(1)
  }
  expect((await retainedBytes()) - before).toBeLessThan(5_000_000)
  expect(readers[0]?.pendingBytes).toBe(next.length - 24)
})

test('a long inventory takes its bytes and no more, read or not', async () => {
  const { codec } = LEDGER_MESSAGES.inv
  const items = Array.from({ length: MAX_INVENTORY }, (_, n) => ({
    type: INV.wtx,
    hash: n.toString(16).padStart(64, '0'),
  }))
  const bytes = encode(codec, items)
  const before = await retainedBytes()
  const read = Array.from({ length: 10 }, () => decode(codec, bytes.slice()))
  let looked = 0
  for (const inventory of read) for (const { type } of inventory) looked += type === INV.wtx ? 1 : 0
  const held = (await retainedBytes()) - before
  expect(looked).toBe(10 * MAX_INVENTORY)
  expect(read).toHaveLength(10)
  expect(held).toBeLessThan(10 * bytes.length * 1.1)
})
