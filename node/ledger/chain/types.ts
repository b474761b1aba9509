// The chain's values: immutable, shared by reference, hashed once. Amounts are in satoshi as integers
// (2^53 holds 21 million coins with room to spare); hashes as map keys are display hex.

import type { HashHex } from '../../bitcoin/wire/hex.ts'
import type { RejectReason } from '../../errors.ts'

export interface Header {
  readonly version: number
  /** Display hex of the parent's hash. */
  readonly prev: HashHex
  /** 32 bytes in wire order. */
  readonly merkleRoot: Uint8Array
  /** Seconds since the Unix epoch. */
  readonly time: number
  readonly bits: number
  readonly nonce: number
  /** The 80 bytes. */
  readonly bytes: Uint8Array
  readonly hash: HashHex
  /** The hash meets the target that `bits` states; whether that target is hard enough is for the chain to say. */
  readonly provesWork: boolean
}

export interface OutPoint {
  readonly txid: HashHex
  readonly index: number
}

export interface TxIn {
  readonly previous: OutPoint
  readonly scriptSig: Uint8Array
  readonly sequence: number
  readonly witness: readonly Uint8Array[]
}

export interface TxOut {
  readonly valueSat: number
  readonly script: Uint8Array
}

export interface Tx {
  readonly version: number
  readonly inputs: readonly TxIn[]
  readonly outputs: readonly TxOut[]
  readonly lockTime: number
  readonly txid: HashHex
  readonly wtxid: HashHex
  /** With witnesses, as on the wire. */
  readonly bytes: Uint8Array
  /** 3 × size without witnesses + size with them. */
  readonly weight: number
  readonly hasWitness: boolean
}

export interface Block {
  readonly header: Header
  readonly hash: HashHex
  readonly transactions: readonly Tx[]
  /** Size on the wire, witnesses included, in bytes. */
  readonly size: number
  readonly weight: number
}

/** An unspent output and where it came from. */
export interface Coin {
  readonly valueSat: number
  readonly script: Uint8Array
  readonly height: number
  readonly coinbase: boolean
}

/** `txid:index`. */
export type OutPointKey = string

/** What connecting a block spent, in the order of the spends: enough to take it off again. */
export interface BlockUndo {
  readonly spent: readonly (readonly [OutPointKey, Coin])[]
}

/** A node of the block tree. Mutable only in its last three fields; parents are always present. */
export interface BlockEntry {
  readonly header: Header
  readonly hash: HashHex
  readonly height: number
  readonly parent: BlockEntry | undefined
  /** An ancestor far back, chosen by height, so that any ancestor is found in a logarithmic number of steps. */
  readonly skip: BlockEntry | undefined
  /** Total work from genesis to here. */
  readonly work: bigint
  /**
   * Header known · whole block stored · was connected once with all rules checked · breaks a rule (it or an ancestor) ·
   * set aside (likewise), by order or for a rule that a deployment brought: valid for others.
   */
  status: 'header' | 'stored' | 'valid' | 'invalid' | 'set-aside'
  /** When the block and all its ancestors were there, in order: the tie-breaker (first seen). 0 while one of them is missing. */
  sequence: number
  /** Transactions of the block; 0 while unknown, which also says that the block is not stored. */
  transactions: number
}

/** Nothing is built on it here. */
export function isRefused({ status }: Pick<BlockEntry, 'status'>): boolean {
  return status === 'invalid' || status === 'set-aside'
}

/** What a block becomes that breaks a rule; whoever lacks the deployment that brought it may follow it, so all on it stays on record. */
export function markOf({ deployment }: Pick<InvalidBlock, 'deployment'>): 'invalid' | 'set-aside' {
  return deployment === undefined ? 'invalid' : 'set-aside'
}

export interface AcceptResult {
  readonly entry: BlockEntry
  /** `orphan-header`: stored, but the block of an ancestor is still missing. */
  readonly outcome: 'connected' | 'side' | 'duplicate' | 'orphan-header'
  /** Tip first. */
  readonly disconnected: readonly Block[]
  /** In order. */
  readonly connected: readonly Block[]
  /** Where the new chain leaves the old one; undefined if blocks were only added. */
  readonly fork: BlockEntry | undefined
  /** Blocks stored earlier that turned out to break a rule. */
  readonly invalid: readonly InvalidBlock[]
}

export interface InvalidBlock {
  readonly hash: HashHex
  readonly reason: RejectReason
  /** More of it: of a script, how it failed. */
  readonly detail?: string | undefined
  /** Whose rule that is, where a deployment brought it. */
  readonly deployment: string | undefined
}

export interface ChainTip {
  readonly entry: BlockEntry
  readonly status: 'active' | 'valid-fork' | 'valid-headers' | 'headers-only' | 'invalid'
  /** Blocks since the branch left the active chain. */
  readonly branchLength: number
}
