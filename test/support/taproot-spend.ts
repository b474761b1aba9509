// Taproot outputs for tests, and spends of them: by key, or by a leaf of a tree of any depth.

import { signSchnorr, xOnlyPointFromScalar } from 'tiny-secp256k1'
import { concat } from '../../node/ledger/chain/push.ts'
import { makeTx } from '../../node/ledger/chain/tx.ts'
import type { Tx, TxOut } from '../../node/ledger/chain/types.ts'
import type { ScriptError } from '../../node/ledger/script/errors.ts'
import { CONSENSUS_FLAGS, STANDARD_FLAGS } from '../../node/ledger/script/flags.ts'
import { NO_CODE_SEPARATOR, taprootSighash } from '../../node/ledger/script/sighash-taproot.ts'
import { p2trScript, TAPSCRIPT_VERSION, tapOutputKey } from '../../node/ledger/script/taproot.ts'
import { verifySpend } from '../../node/ledger/script/verify.ts'
import { secp } from './chain.ts'
import { outputOver, tweaked } from './taproot-tree.ts'

export const NOTHING = new Uint8Array(0)
export const PRIVATE_KEY = new Uint8Array(32).fill(0x42)
export const KEY = xOnlyPointFromScalar(PRIVATE_KEY)

/** Two inputs, one output: SINGLE has none for the second. */
export const UNSIGNED: Tx = makeTx({
  version: 2,
  inputs: [0, 1].map(index => ({
    previous: { txid: 'cd'.repeat(32), index },
    scriptSig: NOTHING,
    sequence: 0xfffffffd,
    witness: [],
  })),
  outputs: [{ valueSat: 1_000, script: Uint8Array.of(0x51) }],
  lockTime: 0,
})

export interface Leaf {
  readonly hash: Uint8Array
  /** What the output pays to. */
  readonly script: Uint8Array
  readonly control: Uint8Array
}

export interface LeafOptions {
  readonly version?: number
  readonly depth?: number
}

/** An output whose key commits to a script, `depth` branches down. */
export function leafOf(
  script: Uint8Array,
  { version = TAPSCRIPT_VERSION, depth = 1 }: LeafOptions = {},
): Leaf {
  const path = Array.from({ length: depth }, (_, i) => new Uint8Array(32).fill(i + 1))
  return outputOver(KEY, { version, script }, path)
}

/** An output without a tree: its script and the key that signs for it. */
export function keyOutput(): { readonly script: Uint8Array; readonly privateKey: Uint8Array } {
  const output = tapOutputKey(secp, KEY, undefined)
  if (output === undefined) throw new Error('no such key')
  const privateKey = tweaked({ privateKey: PRIVATE_KEY, publicKey: KEY }, undefined)
  return { script: p2trScript(output.key), privateKey }
}

/** What both inputs spend, told apart by their values. */
export function coinsOf(script: Uint8Array): TxOut[] {
  return [5_000, 6_000].map(valueSat => ({ valueSat, script }))
}

export interface SignOptions {
  readonly type?: number
  readonly index?: number
  readonly annex?: Uint8Array
  readonly leaf?: { readonly hash: Uint8Array; readonly codeSeparator?: number }
  readonly privateKey?: Uint8Array
}

/** A signature with its type behind it, unless that is the default. */
export function sign(script: Uint8Array, options: SignOptions = {}): Uint8Array {
  const { type = 0, index = 0, annex, leaf, privateKey = PRIVATE_KEY } = options
  const codeSeparator = leaf?.codeSeparator ?? NO_CODE_SEPARATOR
  const signedLeaf = leaf && { hash: leaf.hash, codeSeparator }
  const digest = taprootSighash(
    { tx: UNSIGNED, index, coins: coinsOf(script), annex, leaf: signedLeaf },
    type,
  )
  if (digest === undefined) throw new Error(`type ${type} signs nothing`)
  const signature = signSchnorr(digest, privateKey)
  return type === 0 ? signature : concat(signature, Uint8Array.of(type))
}

export interface Verdict {
  readonly consensus: ScriptError | undefined
  readonly standard: ScriptError | undefined
}

export function verdictOf(
  script: Uint8Array,
  witness: readonly Uint8Array[],
  { index = 0, scriptSig = NOTHING }: { index?: number; scriptSig?: Uint8Array } = {},
): Verdict {
  const inputs = UNSIGNED.inputs.map((input, i) => (i === index ? { ...input, witness, scriptSig } : input))
  const spend = { tx: makeTx({ ...UNSIGNED, inputs }), index, coins: coinsOf(script), secp }
  return { consensus: verifySpend(spend, CONSENSUS_FLAGS), standard: verifySpend(spend, STANDARD_FLAGS) }
}

/** Runs a tapscript on some items. */
export function runLeaf(
  script: Uint8Array,
  items: readonly Uint8Array[] = [],
  options: LeafOptions = {},
): Verdict {
  const leaf = leafOf(script, options)
  return verdictOf(leaf.script, [...items, script, leaf.control])
}
