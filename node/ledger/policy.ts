// What a node relays and mines of its own will, beyond what consensus asks: Bitcoin Core's policy in small.
// Not here: replacement by fee (a conflict is refused), limits on data carriers, and kinds of scripts (any may be paid to, and spent from).

import { ConsensusError } from '../errors.ts'
import { strippedBytes } from './chain/tx-rules.ts'
import type { Tx, TxOut } from './chain/types.ts'
import { isUnspendable, witnessProgramOf } from './script/kinds.ts'

/** Below it nothing is relayed. 1000 sat/kvB = 1 sat/vB. */
export const MIN_RELAY_SAT_PER_KVB = 1_000
const MAX_STANDARD_WEIGHT = 400_000
/** Smaller ones could pass for a node of a Merkle tree (CVE-2017-12842). */
const MIN_STANDARD_BYTES = 65
/** A fifth of a block's. */
const MAX_STANDARD_SIGOP_COST = 16_000
/** A signature operation counts for at least this many virtual bytes, so that they cannot fill a block cheaply. */
const BYTES_PER_SIGOP = 20
/** An output is dust if spending it would cost more than a third of what it holds at the least fee. */
const DUST_SAT_PER_KVB = 3_000
const SPEND_BYTES = 148
const SPEND_VBYTES_WITNESS = 67

/** Virtual bytes as fees count them (Core's GetVirtualTransactionSize). */
export function virtualSize(weight: number, sigopCost: number): number {
  return Math.ceil(Math.max(weight, sigopCost * BYTES_PER_SIGOP) / 4)
}

/** The fee for a size, rounded up. */
export function feeForSize(satPerKvb: number, vsize: number): number {
  return Math.ceil((satPerKvb * vsize) / 1000)
}

/** The least that is worth paying to a script; 0 if it can never be spent. */
export function dustThresholdSat(script: Uint8Array): number {
  if (isUnspendable(script)) return 0
  const outputBytes = 8 + varintBytes(script.length) + script.length
  const spendBytes = witnessProgramOf(script) ? SPEND_VBYTES_WITNESS : SPEND_BYTES
  return feeForSize(DUST_SAT_PER_KVB, outputBytes + spendBytes)
}

/** Throws when the form of `tx` alone makes it unwelcome. */
export function checkStandard(tx: Tx): void {
  if (tx.weight > MAX_STANDARD_WEIGHT) throw new ConsensusError('tx-size', `weight ${tx.weight}`)
  if (strippedBytes(tx) < MIN_STANDARD_BYTES)
    throw new ConsensusError('tx-size-small', `${strippedBytes(tx)} bytes`)
  for (const [i, output] of tx.outputs.entries())
    if (isDust(output)) throw new ConsensusError('dust', `output ${i} of ${output.valueSat} sat`)
}

export function checkSigops(cost: number): void {
  if (cost > MAX_STANDARD_SIGOP_COST) throw new ConsensusError('bad-txns-too-many-sigops', `cost ${cost}`)
}

export function isDust(output: TxOut): boolean {
  return output.valueSat < dustThresholdSat(output.script)
}

function varintBytes(count: number): number {
  return count < 0xfd ? 1 : 3
}
