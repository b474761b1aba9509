// Leaves of BitTorrent's trees (BEP 52): SHA-256 of blocks of 16 KiB.

import { DATA, DIGESTS, LEAF_BYTES, STATE, STATES, WORDS } from './layout'
import { absorbFrom, begin, pad, writeDigest } from './sha256'
import { beginX4, gatherX4, writeDigestsX4 } from './sha256x4'
import { compressX4 } from './unrolled'

const BLOCKS: u32 = LEAF_BYTES / 64

/** DIGESTS ← SHA-256 of each of `count` blocks at the start of DATA. */
export function leaves(count: u32): void {
  if (ASC_FEATURE_SIMD) {
    // Lanes beyond `count` hash what lies there, and nobody reads them.
    for (let i: u32 = 0; i < count; i += 4) fourLeaves(DATA + LEAF_BYTES * i, DIGESTS + 32 * i)
  } else {
    for (let i: u32 = 0; i < count; i++) {
      begin()
      absorbFrom(DATA + LEAF_BYTES * i, BLOCKS)
      pad(DATA, 0, LEAF_BYTES)
      writeDigest(STATE, DIGESTS + 32 * i)
    }
  }
}

function fourLeaves(source: usize, target: usize): void {
  beginX4(STATES)
  for (let at = source; at < source + LEAF_BYTES; at += 64) {
    gatherX4(at, at + LEAF_BYTES, at + 2 * LEAF_BYTES, at + 3 * LEAF_BYTES)
    compressX4(STATES, WORDS)
  }
  // The padding: a bit, zeros, and how many bits there were.
  for (let i: usize = 0; i < 256; i += 16) v128.store(WORDS + i, i32x4.splat(0))
  v128.store(WORDS, i32x4.splat(0x80000000))
  v128.store(WORDS + 240, i32x4.splat(8 * LEAF_BYTES))
  compressX4(STATES, WORDS)
  writeDigestsX4(STATES, target)
}
