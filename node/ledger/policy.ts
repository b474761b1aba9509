// What a node relays and mines of its own will, beyond what consensus asks: the forms that Bitcoin Core 28 calls standard, in
// its order and with its reasons. What depends on the rest of the mempool stands in admission.ts.

import { ConsensusError } from '../errors.ts'
import { strippedBytes } from './chain/tx-rules.ts'
import type { Tx, TxIn, TxOut } from './chain/types.ts'
import { onceForEach } from './once.ts'
import { type Policy, USUAL_POLICY } from './policy-rules.ts'
import {
  classify,
  isAnchor,
  isP2sh,
  isUnspendable,
  type ScriptKind,
  witnessProgramOf,
} from './script/kinds.ts'
import { MAX_ITEM_BYTES } from './script/limits.ts'
import { isPushOnly, operations } from './script/operation.ts'
import { redeemScript, sigops } from './script/sigops.ts'
import { ANNEX_TAG, isTapscript } from './script/taproot.ts'

const MIN_STANDARD_VERSION = 1
const MAX_STANDARD_VERSION = 3
const MAX_BARE_MULTISIG_KEYS = 3
/** And those only of what pays no fee (ephemeral.ts). */
const MAX_DUST_OUTPUTS = 1
export const MAX_STANDARD_WEIGHT = 400_000
/** Smaller ones could pass for a node of a Merkle tree (CVE-2017-12842). */
const MIN_STANDARD_BYTES = 65
/** A fifth of a block's. */
const MAX_STANDARD_SIGOP_COST = 16_000
/** A script behind a hash costs whoever verifies it, and nobody saw it before. */
const MAX_P2SH_SIGOPS = 15
/** Room for 15 signatures and keys. */
const MAX_SCRIPT_SIG_BYTES = 1_650
const MAX_P2WSH_SCRIPT_BYTES = 3_600
const MAX_P2WSH_ITEMS = 100
/** Of P2WSH and tapscript alike, without the script: signatures, keys and preimages are shorter. */
const MAX_WITNESS_ITEM_BYTES = 80
const SPEND_BYTES = 148
const SPEND_VBYTES_WITNESS = 67

/** Virtual bytes as fees count them (Core's GetVirtualTransactionSize). */
export function virtualSize(weight: number, sigopCost: number, { bytesPerSigop } = USUAL_POLICY): number {
  return Math.ceil(Math.max(weight, sigopCost * bytesPerSigop) / 4)
}

/** The fee for a size, rounded up. */
export function feeForSize(satPerKvb: number, vsize: number): number {
  return Math.ceil((satPerKvb * vsize) / 1000)
}

/** What a fee comes to for 1,000 virtual bytes; like Core's, without its fraction. */
export function rateOf(feeSat: number, vsize: number): number {
  return Math.trunc((feeSat * 1000) / vsize)
}

/** The least that is worth paying to a script; 0 if it can never be spent. */
export function dustThresholdSat(script: Uint8Array, { dustSatPerKvb } = USUAL_POLICY): number {
  if (isUnspendable(script)) return 0
  const outputBytes = 8 + varintBytes(script.length) + script.length
  const spendBytes = witnessProgramOf(script) ? SPEND_VBYTES_WITNESS : SPEND_BYTES
  return feeForSize(dustSatPerKvb, outputBytes + spendBytes)
}

/** Throws when the form of `tx` alone makes it unwelcome. */
export function checkStandard(tx: Tx, policy = USUAL_POLICY): void {
  const { flaw } = policy === USUAL_POLICY ? usualFormOf(tx) : formOf(tx, policy)
  if (flaw) throw new ConsensusError(flaw.reason, flaw.detail)
}

/** An output of `tx`, whose form is good, is worth less than spending it costs. */
export function hasDust(tx: Tx, policy = USUAL_POLICY): boolean {
  return policy === USUAL_POLICY ? usualFormOf(tx).hasDust : dustIn(tx, policy)
}

function dustIn(tx: Tx, policy: Policy): boolean {
  return tx.outputs.some(output => isDust(output, policy))
}

interface Form {
  readonly flaw: ConsensusError | undefined
  readonly hasDust: boolean
}

const FLAWLESS: Form = { flaw: undefined, hasDust: false }
const DUSTY: Form = { flaw: undefined, hasDust: true }

/** One look at each transaction serves all peers of a process. */
const usualFormOf = onceForEach((tx: Tx) => formOf(tx, USUAL_POLICY))

function formOf(tx: Tx, policy: Policy): Form {
  try {
    if (!policy.acceptNonStandard) checkForm(tx, policy)
    checkSize(tx)
    return dustIn(tx, policy) ? DUSTY : FLAWLESS
  } catch (error) {
    if (error instanceof ConsensusError) return { flaw: error, hasDust: false }
    throw error
  }
}

function checkForm(tx: Tx, policy: Policy): void {
  if (tx.version < MIN_STANDARD_VERSION || tx.version > MAX_STANDARD_VERSION)
    throw new ConsensusError('version', `${tx.version}`)
  if (tx.weight > MAX_STANDARD_WEIGHT) throw new ConsensusError('tx-size', `weight ${tx.weight}`)
  for (const { scriptSig } of tx.inputs) {
    if (scriptSig.length > MAX_SCRIPT_SIG_BYTES)
      throw new ConsensusError('scriptsig-size', `${scriptSig.length} bytes`)
    if (!isPushOnly(scriptSig)) throw new ConsensusError('scriptsig-not-pushonly', tx.txid)
  }
  checkOutputs(tx, policy)
}

function checkSize(tx: Tx): void {
  if (strippedBytes(tx) < MIN_STANDARD_BYTES)
    throw new ConsensusError('tx-size-small', `${strippedBytes(tx)} bytes`)
}

function checkOutputs(tx: Tx, policy: Policy): void {
  let carriers = 0
  let dusts = 0
  for (const [i, output] of tx.outputs.entries()) {
    const form = classify(output.script)
    if (!isStandardScript(form, output.script, policy))
      throw new ConsensusError('scriptpubkey', `output ${i}`)
    if (form.kind === 'data') carriers++
    else if (form.kind === 'multisig' && !policy.permitBareMultisig)
      throw new ConsensusError('bare-multisig', `output ${i}`)
    else if (isDust(output, policy)) dusts++
  }
  if (dusts > MAX_DUST_OUTPUTS) throw new ConsensusError('dust')
  if (carriers > 1) throw new ConsensusError('multi-op-return', `${carriers} outputs`)
}

/** What may be paid to. */
function isStandardScript(form: ScriptKind, { length }: Uint8Array, { dataCarrierBytes }: Policy): boolean {
  if (form.kind === 'multisig') return form.keys.length <= MAX_BARE_MULTISIG_KEYS
  if (form.kind === 'data') return length <= dataCarrierBytes
  return form.kind !== 'nonstandard'
}

/** Throws when what the inputs bring is more than their coins can need; `coins`: what they spend, in order. */
export function checkStandardSpends(tx: Tx, coins: readonly TxOut[]): void {
  for (const [i, input] of tx.inputs.entries())
    if (!isStandardSpend(input.scriptSig, (coins[i] as TxOut).script))
      throw new ConsensusError('bad-txns-nonstandard-inputs', `input ${i}`)
  if (!tx.hasWitness) return
  for (const [i, input] of tx.inputs.entries()) {
    const { script } = coins[i] as TxOut
    const redeem = isP2sh(script) ? redeemScript(input.scriptSig) : undefined
    if (input.witness.length > 0 && !isStandardWitness(input.witness, script, redeem))
      throw new ConsensusError('bad-witness-nonstandard', `input ${i}`)
  }
}

/** Core's AreInputsStandard: `script`, which is spent, has a meaning, and what a script hash hides is no burden. */
function isStandardSpend(scriptSig: Uint8Array, script: Uint8Array): boolean {
  const { kind } = classify(script)
  if (kind === 'nonstandard' || kind === 'witness') return false
  if (kind !== 'p2sh') return true
  for (const step of operations(scriptSig)) if ((step?.data?.length ?? 0) > MAX_ITEM_BYTES) return false
  const redeem = redeemScript(scriptSig)
  return redeem !== undefined && sigops(redeem, true) <= MAX_P2SH_SIGOPS
}

/** Core's IsWitnessStandard: anybody could make a witness larger, if what it may hold were not bounded by its coin. */
function isStandardWitness(
  witness: TxIn['witness'],
  script: Uint8Array,
  redeem: Uint8Array | undefined,
): boolean {
  const target = witnessProgramOf(redeem ?? script)
  if (target === undefined || (!redeem && isAnchor(target))) return false
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
  if (cost > MAX_STANDARD_SIGOP_COST) throw new ConsensusError('bad-txns-too-many-sigops', `${cost}`)
}

export function isDust(output: TxOut, policy = USUAL_POLICY): boolean {
  return output.valueSat < dustThresholdSat(output.script, policy)
}

function varintBytes(count: number): number {
  return count < 0xfd ? 1 : 3
}
