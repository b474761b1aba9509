// The memory map: fixed regions, 16-byte aligned, with a gap behind each that nobody writes (the tests put canaries
// there). The module has no heap and keeps nothing between calls but what the caller may read again.
// The kernels' constants lie below the first region.

/** Eight words of a running hash (32 bytes). */
export const STATE: usize = 0x1000
/** What a call answers: a digest in wire order (32 bytes). */
export const DIGEST: usize = 0x1040
/** The last one or two blocks of a message, with its padding (128 bytes). */
export const TAIL: usize = 0x1080

/** Four blocks, word by word (16 × 4 words, 256 bytes). */
export const WORDS: usize = 0x1140
/** Four running hashes, word by word (8 × 4 words, 128 bytes): of GROUPS groups, or of a scan's MAX_VERSIONS versions. */
export const STATES: usize = 0x1280
export const GROUPS: u32 = 16
/** The four lanes of a batch: next block, blocks left, message (12 bytes each). */
export const LANES: usize = 0x1ac0

/** The header to scan (80 bytes); after a hit, the header that hit. */
export const HEADER: usize = 0x1b40
/** Its target, little-endian (32 bytes). */
export const TARGET: usize = 0x1bc0
/** Uniform words of the job, and of each of its versions (at most 256 bytes each). */
export const JOB: usize = 0x1c00
export const VERSIONS: usize = 0x1d40
export const MAX_VERSIONS: u32 = 16
/** Kₜ + Wₜ of the header's second block for four nonces (64 × 4 words, 1 kB). */
export const SCHEDULE: usize = 0x2e00

/** Lengths of a batch's messages (4 bytes each). */
export const LENGTHS: usize = 0x3280
/** Digests of a batch (32 bytes each). */
export const DIGESTS: usize = 0x4300
export const BATCH: u32 = 1024
/** Messages, headers, tree levels, branches: whatever the caller brings. */
export const DATA: usize = 0xc380
export const DATA_SIZE: u32 = 0x20000
/** What a leaf of BitTorrent's trees is the hash of (BEP 52); DATA has room for eight. */
export const LEAF_BYTES: u32 = 0x4000
