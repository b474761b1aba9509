// Merkle trees: over SHA-256d as Bitcoin builds them, where a level of odd length repeats its last node; over SHA-256 as BitTorrent does
// (BEP 52), where a node of nothing but padding stands in the place of what is missing.

import { DATA, DIGEST, GROUPS, STATE, STATES, TAIL, WORDS } from './layout'
import { begin, writeDigest } from './sha256'
import { beginX4, gatherX4, writeDigestsX4 } from './sha256x4'
import { equal } from './target'
import { compress, compressPairTail, compressPairTailX4, compressX4, rehash, rehashX4 } from './unrolled'

/**
 * Folds `count` nodes at the start of DATA `levels` times, in place; DATA then starts with the nodes of that level.
 * True if two different places of a level hold the same node and were hashed together (CVE-2012-2459).
 * The caller leaves room for one node more where `count` is odd.
 */
export function merkle(count: u32, levels: u32): bool {
  let mutated = false
  for (let level: u32 = 0; level < levels; level++) {
    for (let i: u32 = 0; i + 1 < count; i += 2) if (equal(DATA + 32 * i, DATA + 32 * i + 32)) mutated = true
    if (count & 1) memory.copy(DATA + 32 * count, DATA + 32 * (count - 1), 32)
    count = (count + 1) >> 1
    foldLevel(count, true)
  }
  return mutated
}

/**
 * Folds `count` nodes at the start of DATA `levels` times by single SHA-256, in place. DIGEST: what stands for a missing node of their
 * level; then that of the level reached. The caller leaves room for one node more where `count` is odd.
 */
export function tree(count: u32, levels: u32): void {
  for (let level: u32 = 0; level < levels; level++) {
    if (count & 1) memory.copy(DATA + 32 * count, DIGEST, 32)
    count = (count + 1) >> 1
    foldLevel(count, false)
    memory.copy(TAIL, DIGEST, 32)
    memory.copy(TAIL + 32, DIGEST, 32)
    hashPair(TAIL, DIGEST, false)
  }
}

/** DIGEST ← the root that `depth` siblings prove for a leaf: DATA holds the leaf, then the siblings from the bottom up. */
export function branch(depth: u32, index: u32): void {
  memory.copy(DIGEST, DATA, 32)
  const pair = DATA + 32 * (depth + 1)
  for (let level: u32 = 0; level < depth; level++) {
    const right = (index >> level) & 1
    memory.copy(pair + 32 * right, DIGEST, 32)
    memory.copy(pair + 32 * (right ^ 1), DATA + 32 * (level + 1), 32)
    hashPair(pair, DIGEST, true)
  }
}

/** Node i ← hash of nodes 2i and 2i + 1, for `count` results. Writes behind what it has read. */
function foldLevel(count: u32, twice: bool): void {
  if (ASC_FEATURE_SIMD) {
    // Lanes beyond `count` hash what lies there: cheaper than a scalar rest, and nobody reads them.
    const groups = (count + 3) >> 2
    for (let i: u32 = 0; i < groups; i += GROUPS)
      foldGroups(DATA + 256 * i, DATA + 128 * i, min(GROUPS, groups - i), twice)
  } else {
    for (let i: u32 = 0; i < count; i++) hashPair(DATA + 64 * i, DATA + 32 * i, twice)
  }
}

function hashPair(source: usize, target: usize, twice: bool): void {
  begin()
  compress(STATE, source)
  compressPairTail(STATE, 0)
  if (twice) rehash(STATE, 0)
  writeDigest(STATE, target)
}

/** Four pairs a group. One kernel after the other over all groups: together they are larger than the instruction cache (15 %). */
function foldGroups(source: usize, target: usize, groups: u32, twice: bool): void {
  for (let i: u32 = 0; i < groups; i++) {
    const pairs = source + 256 * i
    beginX4(STATES + 128 * i)
    gatherX4(pairs, pairs + 64, pairs + 128, pairs + 192)
    compressX4(STATES + 128 * i, WORDS)
  }
  for (let i: u32 = 0; i < groups; i++) compressPairTailX4(STATES + 128 * i, 0)
  for (let i: u32 = 0; i < groups; i++) {
    if (twice) rehashX4(STATES + 128 * i, 0)
    writeDigestsX4(STATES + 128 * i, target + 128 * i)
  }
}
