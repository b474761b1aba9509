// A wallet's part in a PSBT: the transactions that made the coins, what it knows of scripts and keys, and its signatures.

import { RPC, RpcError } from '../../core/service.ts'
import { SigningProvider } from '../descriptor/provider.ts'
import { INPUT } from '../psbt/fields.ts'
import { entriesOf, isFinal, type Psbt, type PsbtMap, utxoOf } from '../psbt/psbt.ts'
import { dropWholeTransactions, knownInputs, signInput, updateOutput } from '../psbt/sign.ts'
import { hexBytes, readU32 } from '../psbt/values.ts'
import { classify } from '../script/kinds.ts'
import type { Desk } from './wallet-desk.ts'

export interface Filling {
  readonly hashType?: number
  readonly sign: boolean
  /** Where keys come from is told. */
  readonly withOrigins?: boolean
  readonly finalize?: boolean
}

/** Adds the coins, and what the wallet knows of scripts and keys; whether the PSBT is complete then. */
export function fillPsbt(
  desk: Desk,
  psbt: Psbt,
  { hashType = 0, sign, withOrigins = true, finalize = true }: Filling,
): boolean {
  const { secp } = desk.parts
  addWholeTransactions(desk, psbt)
  const known = knownInputs(psbt, secp)
  for (const [index, map] of psbt.inputs.entries()) {
    if (isFinal(map)) continue
    const said = map.get(INPUT.sighash)
    if (sign && said && readU32(said) !== hashType)
      throw new RpcError(RPC.deserialization, 'Specified sighash value does not match value stored in PSBT')
    const provider = providerFor(desk, psbt, index, sign)
    if (!provider) continue
    if (!withOrigins) provider.origins.clear()
    signInput(psbt, index, provider, { secp, hashType, finalize, known })
  }
  for (const [index, { script }] of psbt.tx.outputs.entries()) {
    const provider = desk.parts.wallet.providerOf(script, false)
    if (!withOrigins) provider?.origins.clear()
    if (provider) updateOutput(psbt, index, provider, secp)
  }
  dropWholeTransactions(psbt, hashType)
  return knownInputs(psbt, secp).good.every(isGood => isGood)
}

/** The transactions that made the coins, which prove their amounts. */
function addWholeTransactions({ history }: Desk, psbt: Psbt): void {
  for (const [index, { previous }] of psbt.tx.inputs.entries()) {
    const map = psbt.inputs[index] as PsbtMap
    if (isFinal(map) || map.has(INPUT.wholeTx)) continue
    const whole = history.find(previous.txid)?.tx
    if (whole) map.set(INPUT.wholeTx, whole.bytes)
  }
}

/** What solves an input's script, where it is the wallet's; else what the wallet knows of the keys that the map names. */
function providerFor(
  { parts }: Desk,
  psbt: Psbt,
  index: number,
  withPrivate: boolean,
): SigningProvider | undefined {
  const map = psbt.inputs[index] as PsbtMap
  const coin = utxoOf(psbt, index)
  if (!coin) return undefined
  const own = parts.wallet.providerOf(coin.script, withPrivate)
  if (own) return own
  const kind = classify(coin.script)
  const byX = [
    ...(kind.kind === 'p2tr' ? [kind.key] : []),
    ...entriesOf(map, INPUT.tapOrigin).map(([key]) => hexBytes(key)),
  ]
  const keys = [
    ...entriesOf(map, INPUT.origin).map(([key]) => hexBytes(key)),
    ...byX.flatMap(x => [2, 3].map(prefix => Uint8Array.of(prefix, ...x))),
  ]
  const provider = new SigningProvider()
  for (const key of keys) {
    const known = parts.wallet.keeper.providerOfKey(key, withPrivate)
    if (known) provider.addAll(known)
  }
  return provider
}
