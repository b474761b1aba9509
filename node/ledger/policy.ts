// What a node relays and mines of its own will, beyond what consensus asks: Bitcoin Core's policy in small.
// Not here: replacement by fee (a conflict is refused), limits on data carriers, and kinds of scripts (any may be paid to, and spent from).

import { ConsensusError } from '../errors.ts'
import { strippedBytes } from './chain/tx-rules.ts'
import type { Tx, TxIn, TxOut } from './chain/types.ts'
import { isAnchor, isP2sh, isUnspendable, witnessProgramOf } from './script/kinds.ts'
import { isPushOnly } from './script/operation.ts'
import { redeemScript, sigops } from './script/sigops.ts'
import { ANNEX_TAG, isTapscript } from './script/taproot.ts'

/** Below it nothing is relayed. 1000 sat/kvB = 1 sat/vB. */
export const MIN_RELAY_SAT_PER_KVB = 1_000
const MAX_STANDARD_WEIGHT = 400_000
/** Smaller ones could pass for a node of a Merkle tree (CVE-2017-12842). */
const MIN_STANDARD_BYTES = 65
/** A fifth of a block's. */
const MAX_STANDARD_SIGOP_COST = 16_000
/** A signature operation counts for at least this many virtual bytes, so that they cannot fill a block cheaply. */
const BYTES_PER_SIGOP = 20
/** A script behind a hash costs whoever verifies it, and nobody saw it before. */
const MAX_P2SH_SIGOPS = 15
/** Room for 15 signatures and keys. */
const MAX_SCRIPT_SIG_BYTES = 1_650
const MAX_P2WSH_SCRIPT_BYTES = 3_600
const MAX_P2WSH_ITEMS = 100
/** Of P2WSH and tapscript alike, without the script: signatures, keys and preimages are shorter. */
const MAX_WITNESS_ITEM_BYTES = 80
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
  for (const { scriptSig } of tx.inputs) {
    if (scriptSig.length > MAX_SCRIPT_SIG_BYTES)
      throw new ConsensusError('scriptsig-size', `${scriptSig.length} bytes`)
    if (!isPushOnly(scriptSig)) throw new ConsensusError('scriptsig-not-pushonly', tx.txid)
  }
  for (const [i, output] of tx.outputs.entries())
    if (isDust(output)) throw new ConsensusError('dust', `output ${i} of ${output.valueSat} sat`)
}

/** Throws when what the inputs bring is more than their coins can need; `coins`: what they spend, in order. */
export function checkStandardSpends(tx: Tx, coins: readonly TxOut[]): void {
  for (const [i, input] of tx.inputs.entries()) {
    const { script } = coins[i] as TxOut
    const redeem = isP2sh(script) ? redeemScript(input.scriptSig) : undefined
    if (redeem && sigops(redeem, true) > MAX_P2SH_SIGOPS)
      throw new ConsensusError('bad-txns-nonstandard-inputs', `input ${i}`)
    if (input.witness.length > 0 && !isStandardWitness(input.witness, script, redeem))
      throw new ConsensusError('bad-witness-nonstandard', `input ${i}`)
  }
}

/** Core's IsWitnessStandard: anybody could make a witness larger, if what it may hold were not bounded by its coin. */
function isStandardWitness(
  witness: TxIn['witness'],
  script: Uint8Array,
  redeem: Uint8Array | undefined,
): boolean {
  const target = witnessProgramOf(redeem ?? script)
  if (target === undefined || isAnchor(target)) return false
  const { version, program } = target
  const isShort = (item: Uint8Array) => item.length <= MAX_WITNESS_ITEM_BYTES
  if (version === 0 && program.length === 32) {
    const [items, last] = [witness.slice(0, -1), witness.at(-1)]
    return (
      (last?.length ?? 0) <= MAX_P2WSH_SCRIPT_BYTES && items.length <= MAX_P2WSH_ITEMS && items.every(isShort)
    )
  }
  if (version !== 1 || program.length !== 32 || redeem || witness.length === 1) return true
  const control = witness.at(-1) as Uint8Array
  if (control.length === 0 || control[0] === ANNEX_TAG) return false
  return !isTapscript(control) || witness.slice(0, -2).every(isShort)
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
