// RPC by which the wallet takes part in partially signed transactions: funds them, and signs what is its own.

import { toHex } from '../../bitcoin/wire/hex.ts'
import { RPC, RpcError, type RpcTable } from '../../core/service.ts'
import { makeTx } from '../chain/tx.ts'
import { SigningProvider } from '../descriptor/provider.ts'
import { INPUT } from '../psbt/fields.ts'
import { encodePsbt, entriesOf, isFinal, makePsbt, type Psbt, type PsbtMap, utxoOf } from '../psbt/psbt.ts'
import { coinsOfPsbt, dropWholeTransactions, extract, isGood, signInput, updateOutput } from '../psbt/sign.ts'
import { hexBytes, readU32 } from '../psbt/values.ts'
import { classify } from '../script/kinds.ts'
import { coins, flag, given, integer } from './arguments.ts'
import { inputsOf, outputsOf } from './payment-arguments.ts'
import { psbtAt } from './psbt.ts'
import { hashTypeAt } from './signing-arguments.ts'
import type { Desk } from './wallet-desk.ts'
import { fundTx } from './wallet-payments.ts'

export function walletPsbtRpc(desk: () => Desk): RpcTable {
  return {
    walletcreatefundedpsbt: {
      params: ['inputs?', 'outputs', 'locktime?', 'options?', 'bip32derivs?'],
      summary: 'A PSBT of chosen outputs, with coins of the wallet until they pay for it, and the change.',
      differs: 'inputs that are named must be of this wallet',
      handle: params => {
        const lockTime = integer(params, 2, 'locktime', 0)
        const inputs = given(params, 0) ? inputsOf(params, 0, { lockTime, replaceable: true }) : []
        const outputs = outputsOf(desk().parts.env.params, params[1])
        const made = makeTx({ version: 2, inputs, outputs, lockTime })
        const { tx, feeSat, changePlace } = fundTx(desk(), made, params[3])
        const psbt = makePsbt(tx)
        fillPsbt(desk(), psbt, { sign: false, withOrigins: flag(params, 4, true) })
        return { psbt: encodePsbt(psbt), fee: coins(feeSat), changepos: changePlace }
      },
    },
    walletprocesspsbt: {
      params: ['psbt', 'sign?', 'sighashtype?', 'bip32derivs?', 'finalize?'],
      summary: 'Adds what the wallet knows of a PSBT’s inputs, and signs those that are its own.',
      handle: params => {
        const psbt = psbtAt(desk().parts, params, 0)
        const complete = fillPsbt(desk(), psbt, {
          hashType: hashTypeAt(params, 2),
          sign: flag(params, 1, true),
          withOrigins: flag(params, 3, true),
          finalize: flag(params, 4, true),
        })
        return { psbt: encodePsbt(psbt), complete, ...(complete && { hex: toHex(extract(psbt).bytes) }) }
      },
    },
  }
}

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
  for (const [index, map] of psbt.inputs.entries()) {
    if (isFinal(map)) continue
    const said = map.get(INPUT.sighash)
    if (sign && said && readU32(said) !== hashType)
      throw new RpcError(RPC.deserialization, 'Specified sighash value does not match value stored in PSBT')
    const provider = providerFor(desk, psbt, index, sign)
    if (!provider) continue
    if (!withOrigins) provider.origins.clear()
    signInput(psbt, index, provider, { secp, hashType, finalize })
  }
  for (const [index, { script }] of psbt.tx.outputs.entries()) {
    const provider = desk.parts.wallet.providerOf(script, false)
    if (!withOrigins) provider?.origins.clear()
    if (provider) updateOutput(psbt, index, provider, secp)
  }
  dropWholeTransactions(psbt, hashType)
  const spent = coinsOfPsbt(psbt)
  return psbt.inputs.every((_, index) => isGood(psbt, index, spent, secp))
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
