// What the ledger needs beyond the core's host: a miner and a signature library. Injected, so the ledger stays pure.

import type { RunningHash } from '../hash.ts'
import type { MiningManner } from './mining-mode.ts'

/** One template's header to search. */
export interface MiningJob {
  /** Rises with every job; answers carry it, so that late ones can be told. */
  readonly id: number
  /** 80 bytes; the nonce field is where the search begins. */
  readonly header: Uint8Array
  /** Compact target that the header's hash must meet. */
  readonly bits: number
}

export interface MinerStats {
  /** Hashes tried since start (in simulated mode: expected hashes of the time spent). */
  readonly hashes: number
  /** Measured over the last seconds. */
  readonly hashRateHps: number
}

/** Searches nonces elsewhere (worker threads), or draws waiting times from the seed and leaves the proof, if any, to the sink. */
export interface Miner {
  readonly mode: MiningManner
  /** Asked budget; 0: unlimited. */
  readonly hashRateHps: number
  /** Another budget from the next work on; as `hashRateHps`. */
  setRate(hashRateHps: number): void
  /** Kernel in use, for getmininginfo: `simd`, `scalar` or `none`. */
  readonly kernel: string
  /** Replaces whatever is being worked on, within 25 ms. `unlimited` ignores the budget (generatetoaddress). */
  work(job: MiningJob, unlimited?: boolean): void
  idle(): void
  stats(): MinerStats
}

/** What a miner answers; given to it at construction. */
export interface MinerSink {
  /** The header with this nonce, and this version where one is given (BIP 320), meets the job's target. */
  onSolution(jobId: number, nonce: number, version?: number): void
  /** All 2^32 nonces of the job were tried. */
  onExhausted(jobId: number): void
}

/** A folder of the node's own, for what somebody wants there or from there. */
export interface Files {
  /** A word on why not. */
  write(path: string, bytes: Uint8Array): string | undefined
  /** Undefined where there is none, or it lies elsewhere. */
  read(path: string): Uint8Array | undefined
}

/** ECDSA and Schnorr signatures over secp256k1. All byte arrays are plain; nothing throws on bad public data. */
export interface Secp256k1 {
  /** SHA-256 for what signatures sign, where the machine has one for long messages that is faster than ours. */
  sha256?(): RunningHash
  /** `publicKey`: in any form, the hybrid one included; `signature`: 64 bytes r‖s. False for anything that is not valid. `strict`: refuse high-s. */
  verify(hash: Uint8Array, publicKey: Uint8Array, signature: Uint8Array, strict: boolean): boolean
  /** BIP340; `publicKey`: 32 bytes, `signature`: 64. False for anything that is not valid. */
  verifySchnorr(hash: Uint8Array, publicKey: Uint8Array, signature: Uint8Array): boolean
  /** BIP341: the point of this x plus `tweak` times the generator; undefined if there is no such point. 32 bytes each. */
  tweakPublicKey(
    publicKey: Uint8Array,
    tweak: Uint8Array,
  ): { readonly key: Uint8Array; readonly parity: 0 | 1 } | undefined
  /** RFC 6979, low-s; 64 bytes. `entropy`: 32 bytes that make another signature of the same (RFC 6979, 3.6). */
  sign(hash: Uint8Array, privateKey: Uint8Array, entropy?: Uint8Array): Uint8Array
  /** BIP340, with zeros for auxiliary random data; 64 bytes. */
  signSchnorr(hash: Uint8Array, privateKey: Uint8Array): Uint8Array
  /** The same, with what tells the four keys apart that it could be of (SEC 1, 4.1.6). */
  signRecoverable(
    hash: Uint8Array,
    privateKey: Uint8Array,
  ): { readonly signature: Uint8Array; readonly id: number }
  /** The key that made it, compressed or not; undefined if none can have. */
  recover(hash: Uint8Array, signature: Uint8Array, id: number, compressed: boolean): Uint8Array | undefined
  isPrivateKey(bytes: Uint8Array): boolean
  /** A public key of 33 or 65 bytes that is on the curve. */
  isPoint(bytes: Uint8Array): boolean
  /** 33 bytes compressed, or 65. */
  publicKey(privateKey: Uint8Array, compressed?: boolean): Uint8Array
  /** The sum, below the group's order; undefined if there is none. */
  addToPrivateKey(privateKey: Uint8Array, tweak: Uint8Array): Uint8Array | undefined
  /** The point plus `tweak` times the generator, 33 bytes; undefined if there is none. */
  addToPublicKey(publicKey: Uint8Array, tweak: Uint8Array): Uint8Array | undefined
  /** The private key of the mirrored point. */
  negatePrivateKey(privateKey: Uint8Array): Uint8Array
}
