// SHA-256d of many messages at once: the ids of a block's transactions.

import { DATA, DIGESTS, LANES, LENGTHS, STATE, STATES, WORDS } from './layout'
import { doubleHashOf, IV, writeDigest } from './sha256'
import { gatherDigestsX4, gatherX4, writeDigestsX4 } from './sha256x4'
import { compressX4, rehashX4 } from './unrolled'

const NEXT_BLOCK: usize = 0
const BLOCKS_LEFT: usize = 4
const MESSAGE: usize = 8
const LANE_BYTES: usize = 12
const NO_MESSAGE: u32 = 0xffffffff

/**
 * DIGESTS ← SHA-256d of `count` messages: LENGTHS says how long each is, DATA holds them one after the other, each with
 * the room that its padding takes, up to a whole block.
 */
export function batch(count: u32): void {
  let at = DATA
  for (let i: u32 = 0; i < count; i++) {
    const length = load<u32>(LENGTHS + 4 * i)
    if (ASC_FEATURE_SIMD) padInPlace(at, length)
    else {
      doubleHashOf(at, length)
      writeDigest(STATE, DIGESTS + 32 * i)
    }
    at += 64 * blocksOf(length)
  }
  if (ASC_FEATURE_SIMD) {
    hashOnce(count)
    rehashDigests(count)
  }
}

/** Blocks of a message with its padding. */
@inline
function blocksOf(length: u32): u32 {
  return (length + 72) >> 6
}

function padInPlace(at: usize, length: u32): void {
  const end = at + 64 * blocksOf(length)
  memory.fill(at + length, 0, end - at - length)
  store<u8>(at + length, 0x80)
  store<u64>(end - 8, bswap<u64>(8 * u64(length)))
}

/** DIGESTS ← SHA-256 of the padded messages. A lane whose message ends takes the next one, so lengths may differ. */
function hashOnce(count: u32): void {
  let next: u32 = 0
  let at = DATA
  for (let lane: usize = 0; lane < 4; lane++) store<u32>(LANES + LANE_BYTES * lane, 0, BLOCKS_LEFT)
  for (;;) {
    let steps = u32.MAX_VALUE
    for (let lane: usize = 0; lane < 4; lane++) {
      const p = LANES + LANE_BYTES * lane
      if (load<u32>(p, BLOCKS_LEFT) == 0) {
        if (next < count) {
          const blocks = blocksOf(load<u32>(LENGTHS + 4 * next))
          takeMessage(lane, at, blocks, next)
          at += 64 * blocks
          next++
        } else store<u32>(p, NO_MESSAGE, MESSAGE)
      }
      if (load<u32>(p, MESSAGE) != NO_MESSAGE) steps = min(steps, load<u32>(p, BLOCKS_LEFT))
    }
    if (steps == u32.MAX_VALUE) return
    advance(steps)
  }
}

function takeMessage(lane: usize, at: usize, blocks: u32, message: u32): void {
  const p = LANES + LANE_BYTES * lane
  store<u32>(p, at, NEXT_BLOCK)
  store<u32>(p, blocks, BLOCKS_LEFT)
  store<u32>(p, message, MESSAGE)
  for (let i: usize = 0; i < 8; i++) store<u32>(STATES + 4 * lane + 16 * i, load<u32>(IV + 4 * i))
}

/** All lanes go on by `steps` blocks; digests of messages that end here are written. A lane without a message rereads DATA. */
function advance(steps: u32): void {
  for (let step: u32 = 0; step < steps; step++) {
    gatherX4(blockOf(0, step), blockOf(1, step), blockOf(2, step), blockOf(3, step))
    compressX4(STATES, WORDS)
  }
  for (let lane: usize = 0; lane < 4; lane++) {
    const p = LANES + LANE_BYTES * lane
    const message = load<u32>(p, MESSAGE)
    if (message == NO_MESSAGE) continue
    const left = load<u32>(p, BLOCKS_LEFT) - steps
    store<u32>(p, left, BLOCKS_LEFT)
    store<u32>(p, load<u32>(p, NEXT_BLOCK) + 64 * steps, NEXT_BLOCK)
    if (left > 0) continue
    for (let i: usize = 0; i < 8; i++)
      store<u32>(DIGESTS + 32 * message + 4 * i, bswap<u32>(load<u32>(STATES + 4 * lane + 16 * i)))
  }
}

@inline
function blockOf(lane: usize, step: u32): usize {
  const p = LANES + LANE_BYTES * lane
  return load<u32>(p, MESSAGE) == NO_MESSAGE ? DATA : load<u32>(p, NEXT_BLOCK) + 64 * step
}

/** DIGESTS ← SHA-256 of each of them, four by four; up to three behind the last are hashed too, and not read. */
function rehashDigests(count: u32): void {
  for (let i: u32 = 0; i < count; i += 4) {
    gatherDigestsX4(DIGESTS + 32 * i, STATES)
    rehashX4(STATES, 0)
    writeDigestsX4(STATES, DIGESTS + 32 * i)
  }
}
