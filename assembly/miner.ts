// Scans a range of nonces of the header in HEADER for a hash that meets TARGET, in one or several versions of the header.

import { DIGEST, HEADER, JOB, SCHEDULE, STATE, STATES, TARGET, VERSIONS } from './layout'
import { begin, doubleHashOf, writeDigest } from './sha256'
import { atMost } from './target'
import {
  compress,
  search,
  searchJob,
  searchStride,
  searchVersion,
  searchX4,
  searchX4Job,
  searchX4Stride,
  searchX4Version,
} from './unrolled'

const LANES: u32 = ASC_FEATURE_SIMD ? 4 : 1
const STRIDE: usize = ASC_FEATURE_SIMD ? searchX4Stride : searchStride
/** The bits of a header's version that miners may use as they like (BIP 320). */
const ROLLED: u32 = 0x1fffe000

/**
 * The place of the first hit in the order: first nonce in all versions, second nonce … ; `count` × `versions` if there
 * is none. `count` ≤ 2^31, `versions` ≤ MAX_VERSIONS. HEADER then holds the version and nonce that hit.
 */
export function scan(nonce: u32, count: u32, versions: u32): f64 {
  const base = load<u32>(HEADER)
  prepare(base, versions)
  const top = load<u32>(TARGET, 28)
  let tried: u32 = 0
  while (tried < count) {
    tried += candidates(nonce + tried, count - tried, top, versions)
    // The search looked at the hash's top 32 bits only, and maybe beyond the range: look closely, one by one.
    for (let lane: u32 = 0; lane < LANES && tried < count; lane++) {
      for (let i: u32 = 0; i < versions; i++)
        if (meetsTarget(nonce + tried, rolled(base, i))) return f64(tried) * versions + i
      tried++
    }
  }
  return f64(count) * versions
}

/** The `i`-th version from `base` on. */
@inline
function rolled(base: u32, i: u32): u32 {
  return (base & ~ROLLED) | ((base + (i << 13)) & ROLLED)
}

/** What the search needs to know of the job and of each version. */
function prepare(base: u32, versions: u32): void {
  if (ASC_FEATURE_SIMD) searchX4Job(HEADER + 64, JOB)
  else searchJob(HEADER + 64, JOB)
  for (let i: u32 = 0; i < versions; i++) {
    store<u32>(HEADER, rolled(base, i))
    begin()
    compress(STATE, HEADER)
    if (ASC_FEATURE_SIMD) searchX4Version(STATE, HEADER + 64, VERSIONS + STRIDE * i)
    else searchVersion(STATE, HEADER + 64, VERSIONS + STRIDE * i)
  }
}

/** How many nonces come before a group that may hold a hit. */
@inline
function candidates(nonce: u32, count: u32, top: u32, versions: u32): u32 {
  if (ASC_FEATURE_SIMD) return searchX4(JOB, VERSIONS, versions, SCHEDULE, STATES, nonce, count, top)
  return search(JOB, VERSIONS, versions, SCHEDULE, STATES, nonce, count, top)
}

/** Does the header's hash with this version and nonce, as a little-endian number, not exceed the target? */
function meetsTarget(nonce: u32, version: u32): bool {
  store<u32>(HEADER, version)
  store<u32>(HEADER, nonce, 76)
  doubleHashOf(HEADER, 80)
  writeDigest(STATE, DIGEST)
  return atMost(DIGEST, TARGET)
}
