// A run of headers checked in one call: are they linked, and does each prove the work that it states?

import { DATA, DIGEST, DIGESTS, GROUPS, STATE, STATES, TARGET, WORDS } from './layout'
import { doubleHashOf, writeDigest } from './sha256'
import { beginX4, gatherX4, writeDigestsX4 } from './sha256x4'
import { atMost, equal, expandBits } from './target'
import { compressHeaderTailX4, compressX4, rehashX4 } from './unrolled'

/**
 * How many of the first of `count` headers in DATA (80 bytes each) continue the chain whose last hash is in DIGEST and
 * meet the target that they state. DIGESTS ← the hashes of all.
 */
export function chain(count: u32): u32 {
  hashHeaders(count)
  let expanded: u32 = 0
  for (let i: u32 = 0; i < count; i++) {
    const header = DATA + 80 * i
    const previous = i == 0 ? DIGEST : DIGESTS + 32 * (i - 1)
    if (!equal(header + 4, previous)) return i
    const bits = load<u32>(header, 72)
    if ((bits != expanded || i == 0) && !expandBits(bits)) return i
    expanded = bits
    if (!atMost(DIGESTS + 32 * i, TARGET)) return i
  }
  return count
}

function hashHeaders(count: u32): void {
  if (ASC_FEATURE_SIMD) {
    for (let i: u32 = 0; i < count; i += 4 * GROUPS) hashHeaderGroups(i, min(GROUPS, (count - i + 3) >> 2))
  } else {
    for (let i: u32 = 0; i < count; i++) {
      doubleHashOf(DATA + 80 * i, 80)
      writeDigest(STATE, DIGESTS + 32 * i)
    }
  }
}

/** Four headers a group, one kernel after the other over all groups (see merkle.ts). */
function hashHeaderGroups(first: u32, groups: u32): void {
  for (let i: u32 = 0; i < groups; i++) {
    const headers = DATA + 80 * (first + 4 * i)
    beginX4(STATES + 128 * i)
    gatherX4(headers, headers + 80, headers + 160, headers + 240)
    compressX4(STATES + 128 * i, WORDS)
  }
  for (let i: u32 = 0; i < groups; i++) {
    const tails = DATA + 80 * (first + 4 * i) + 64
    gatherX4(tails, tails + 80, tails + 160, tails + 240) // of each only the first 16 bytes count
    compressHeaderTailX4(STATES + 128 * i, WORDS)
  }
  for (let i: u32 = 0; i < groups; i++) {
    rehashX4(STATES + 128 * i, 0)
    writeDigestsX4(STATES + 128 * i, DIGESTS + 32 * (first + 4 * i))
  }
}
