// Signers' work on a PSBT: what a map says becomes signature data, is completed with what one knows and can sign, and goes back.

import { toHex } from '../../bitcoin/wire/hex.ts'
import { hash160 } from '../chain/hash160.ts'
import { makeTx } from '../chain/tx.ts'
import type { Tx, TxIn, TxOut } from '../chain/types.ts'
import { SigningProvider } from '../descriptor/provider.ts'
import { tapTree } from '../descriptor/tap-tree.ts'
import { STANDARD_FLAGS } from '../script/flags.ts'
import { witnessProgramOf } from '../script/kinds.ts'
import { SIGHASH } from '../script/sighash-type.ts'
import { verifySpend } from '../script/verify.ts'
import type { Secp256k1 } from '../services.ts'
import { produceSignature } from '../signing/produce.ts'
import { SignatureData } from '../signing/signature-data.ts'
import { InputSigner, NO_COIN, type Signer } from '../signing/signer.ts'
import { INPUT, OUTPUT } from './fields.ts'
import { entriesOf, type Psbt, type PsbtMap, utxoOf } from './psbt.ts'
import * as values from './values.ts'

/** Can sign nothing, and knows nothing but what stands there. */
export const NOBODY = new SigningProvider()

export interface InputTask {
  readonly secp: Secp256k1
  readonly hashType?: number
  /** Else partial signatures stay as they are. */
  readonly finalize?: boolean
  /** Instead of one of this input. */
  readonly signer?: Signer
  /** Of the whole, where many inputs are looked at one after the other: what they spend, and which of them need nothing more. */
  readonly known?: KnownInputs
}

export interface KnownInputs {
  readonly coins: readonly (TxOut | undefined)[]
  readonly good: readonly boolean[]
}

/** What came of it: whether it is complete, and else what was found and missing. */
export interface InputOutcome {
  readonly complete: boolean
  readonly data: SignatureData
}

function coinsOfPsbt(psbt: Psbt): (TxOut | undefined)[] {
  return psbt.inputs.map((_, index) => utxoOf(psbt, index))
}

/** Adds to an input what `provider` knows and can sign. */
export function signInput(
  psbt: Psbt,
  index: number,
  provider: SigningProvider,
  { secp, hashType = SIGHASH.all, finalize = true, signer, known = knownInputs(psbt, secp) }: InputTask,
): InputOutcome {
  const map = psbt.inputs[index] as PsbtMap
  const { coins } = known
  const coin = coins[index]
  const data = inputData(map)
  if (!coin) return { complete: false, data }
  if (known.good[index]) return { complete: true, data }
  const task = { tx: psbt.tx, index, coins, secp, hashType }
  const complete = produceSignature(provider, signer ?? new InputSigner(task), coin.script, data)
  // Only the signatures of a witness cover the coin that a witness utxo claims.
  if (!map.has(INPUT.wholeTx) && !data.inWitness) return { complete: false, data: new SignatureData() }
  if (!finalize) data.complete = false
  storeInput(map, data)
  if (data.inWitness) map.set(INPUT.witnessUtxo, values.coinBytes(coin))
  return { complete, data }
}

/** What all inputs spend, and whether each unlocks its coin as it stands: some coins need nothing for that. */
export function knownInputs(psbt: Psbt, secp: Secp256k1): KnownInputs {
  const coins = coinsOfPsbt(psbt)
  // Made once for all: every input's hash of it is of the same bytes.
  const tx = extract(psbt)
  const spent = coins.map(coin => coin ?? NO_COIN)
  const isGood = (coin: TxOut | undefined, index: number) =>
    coin !== undefined && verifySpend({ tx, index, coins: spent, secp }, STANDARD_FLAGS) === undefined
  return { coins, good: coins.map(isGood) }
}

/** Adds to an output what `provider` knows of its script. */
export function updateOutput(psbt: Psbt, index: number, provider: SigningProvider, secp: Secp256k1): void {
  const map = psbt.outputs[index] as PsbtMap
  const { script } = psbt.tx.outputs[index] as TxOut
  const data = outputData(map, secp)
  produceSignature(provider, UNABLE, script, data)
  storeOutput(map, data)
}

/** Finishes all inputs that have their signatures; whether all have. */
export function finalizePsbt(psbt: Psbt, secp: Secp256k1): boolean {
  const known = knownInputs(psbt, secp)
  const outcomes = psbt.inputs.map((_, index) => signInput(psbt, index, NOBODY, { secp, known }))
  return outcomes.every(({ complete }) => complete)
}

/** The transaction with what finishes its inputs. */
export function extract({ tx, inputs }: Psbt): Tx {
  const finished = tx.inputs.map((input, i): TxIn => {
    const witness = inputs[i]?.get(INPUT.finalWitness)
    return {
      ...input,
      scriptSig: inputs[i]?.get(INPUT.finalScriptSig) ?? input.scriptSig,
      witness: witness ? values.witnessItems(witness) : [],
    }
  })
  return makeTx({ ...tx, inputs: finished })
}

/** Whole transactions prove amounts that taproot's signatures cover themselves: where all inputs are such, they go. */
export function dropWholeTransactions({ inputs }: Psbt, hashType: number): void {
  if (hashType & SIGHASH.anyoneCanPay) return
  const taprootOnly = inputs.every(map => {
    const coin = map.get(INPUT.witnessUtxo)
    return (coin && witnessProgramOf(values.readCoin(coin).script)?.version) ?? 0
  })
  if (taprootOnly) for (const map of inputs) map.delete(INPUT.wholeTx)
}

const UNABLE: Signer = { ecdsa: () => undefined, schnorr: () => undefined, accepts: () => false }

function inputData(map: PsbtMap): SignatureData {
  const data = commonData(map, INPUT)
  const [scriptSig, witness] = [map.get(INPUT.finalScriptSig), map.get(INPUT.finalWitness)]
  if (scriptSig || witness) {
    data.complete = true
    data.scriptSig = scriptSig ?? data.scriptSig
    data.witness = witness ? values.witnessItems(witness) : []
    data.inWitness = witness !== undefined
    return data
  }
  for (const [key, signature] of entriesOf(map, INPUT.partialSig)) {
    const publicKey = values.hexBytes(key)
    data.signatures.set(toHex(hash160(publicKey)), { publicKey, signature })
  }
  data.internalKey = map.get(INPUT.tapInternalKey)
  data.root = map.get(INPUT.tapRoot)
  data.keySignature = map.get(INPUT.tapKeySig)
  for (const [key, signature] of entriesOf(map, INPUT.tapLeafSig))
    data.leafSignatures.set(`${key.slice(0, 64)}:${key.slice(64)}`, signature)
  for (const [control, value] of entriesOf(map, INPUT.tapLeaf))
    data.addLeaf(value.at(-1) as number, value.subarray(0, -1), values.hexBytes(control))
  return data
}

function outputData(map: PsbtMap, secp: Secp256k1): SignatureData {
  const data = commonData(map, OUTPUT)
  const [key, tree] = [map.get(OUTPUT.tapInternalKey), map.get(OUTPUT.tapTree)]
  data.internalKey = key
  const whole = key && tree && tapTree(secp, key, values.readTree(tree))
  if (whole) data.addTree(whole)
  return data
}

/** Scripts and origins of keys. */
function commonData(map: PsbtMap, types: typeof INPUT | typeof OUTPUT): SignatureData {
  const data = new SignatureData()
  data.redeemScript = map.get(types.redeemScript)
  data.witnessScript = map.get(types.witnessScript)
  for (const [key, value] of entriesOf(map, types.origin)) {
    const publicKey = values.hexBytes(key)
    data.keys.set(toHex(hash160(publicKey)), { publicKey, origin: values.readOrigin(value) })
  }
  for (const [key, value] of entriesOf(map, types.tapOrigin)) {
    const { leaves, origin } = values.readLeafOrigin(value)
    data.leafKeys.set(key, { leaves: new Set(leaves), origin })
  }
  return data
}

function storeInput(map: PsbtMap, data: SignatureData): void {
  if (data.complete) {
    for (const key of [...map.keys()]) if (USED_UP.some(type => key.startsWith(type))) map.delete(key)
    if (data.scriptSig.length > 0) map.set(INPUT.finalScriptSig, data.scriptSig)
    if (data.witness.length > 0) map.set(INPUT.finalWitness, values.witnessBytes(data.witness))
    return
  }
  for (const { publicKey, signature } of data.signatures.values())
    setNew(map, `${INPUT.partialSig}${toHex(publicKey)}`, signature)
  storeCommon(map, INPUT, data)
  set(map, INPUT.tapKeySig, data.keySignature)
  set(map, INPUT.tapRoot, data.root)
  for (const [id, signature] of data.leafSignatures)
    setNew(map, `${INPUT.tapLeafSig}${id.replace(':', '')}`, signature)
  for (const { script, version, controls } of data.leaves.values())
    for (const control of controls)
      setNew(map, `${INPUT.tapLeaf}${control}`, Uint8Array.of(...script, version))
}

/** Of no use to whoever sends it. */
const USED_UP: readonly string[] = [INPUT.partialSig, INPUT.origin, INPUT.redeemScript, INPUT.witnessScript]

function storeOutput(map: PsbtMap, data: SignatureData): void {
  storeCommon(map, OUTPUT, data)
  if (data.tree && data.tree.leaves.length > 0) map.set(OUTPUT.tapTree, values.treeBytes(data.tree.leaves))
}

function storeCommon(map: PsbtMap, types: typeof INPUT | typeof OUTPUT, data: SignatureData): void {
  if (data.redeemScript) setNew(map, types.redeemScript, data.redeemScript)
  if (data.witnessScript) setNew(map, types.witnessScript, data.witnessScript)
  for (const { publicKey, origin } of data.keys.values())
    setNew(map, `${types.origin}${toHex(publicKey)}`, values.originBytes(origin))
  set(map, types.tapInternalKey, data.internalKey)
  for (const [key, { leaves, origin }] of data.leafKeys)
    set(map, `${types.tapOrigin}${key}`, values.leafOriginBytes({ leaves: [...leaves], origin }))
}

function set(map: PsbtMap, key: string, value: Uint8Array | undefined): void {
  if (value) map.set(key, value)
}

/** What is there already stays. */
function setNew(map: PsbtMap, key: string, value: Uint8Array): void {
  if (!map.has(key)) map.set(key, value)
}
