// RPC by which the wallet takes part in partially signed transactions: funds them, and signs what is its own.

import { toHex } from '../../bitcoin/wire/hex.ts'
import type { RpcTable } from '../../core/service.ts'
import { makeTx } from '../chain/tx.ts'
import type { Tx, TxIn } from '../chain/types.ts'
import { encodePsbt, INPUT, makePsbt, type Psbt, utxoOf } from '../psbt.ts'
import { coins, flag, given, integer } from './arguments.ts'
import { inputsOf, outputsOf } from './payment-arguments.ts'
import { addCoins, extract, finish, isComplete, psbtAt } from './psbt.ts'
import type { Desk } from './wallet-desk.ts'
import { fundTx } from './wallet-payments.ts'

export function walletPsbtRpc(desk: () => Desk): RpcTable {
  return {
    walletcreatefundedpsbt: {
      params: ['inputs?', 'outputs', 'locktime?', 'options?', 'bip32derivs?'],
      summary: 'A PSBT of chosen outputs, with coins of the wallet until they pay for it, and the change.',
      differs: 'inputs that are named must be of this wallet; no key origins',
      handle: params => {
        const lockTime = integer(params, 2, 'locktime', 0)
        const inputs = given(params, 0) ? inputsOf(params, 0, { lockTime, replaceable: true }) : []
        const outputs = outputsOf(desk().parts.env.params, params[1])
        const { tx, feeSat, changePlace } = fundTx(
          desk(),
          makeTx({ version: 2, inputs, outputs, lockTime }),
          params[3],
        )
        const psbt = makePsbt(tx)
        addOwn(desk(), psbt)
        return { psbt: encodePsbt(psbt), fee: coins(feeSat), changepos: changePlace }
      },
    },
    walletprocesspsbt: {
      params: ['psbt', 'sign?', 'sighashtype?', 'bip32derivs?', 'finalize?'],
      summary: 'Adds what the wallet knows of a PSBT’s inputs, and signs those that are its own.',
      differs: 'sighashtype is ALL; no key origins',
      handle: params => {
        const psbt = psbtAt(params, 0)
        addOwn(desk(), psbt)
        if (flag(params, 1, true)) sign(desk(), psbt)
        if (flag(params, 4, true)) finish(psbt)
        const complete = isComplete(psbt)
        return { psbt: encodePsbt(psbt), complete, ...(complete && { hex: toHex(extract(psbt).bytes) }) }
      },
    },
  }
}

/** The coins, and for those that only a whole transaction proves, that. */
function addOwn({ parts, history }: Desk, psbt: Psbt): void {
  addCoins(parts, psbt)
  for (const [index, { previous }] of psbt.tx.inputs.entries()) {
    if (utxoOf(psbt, index)) continue
    const whole: Tx | undefined = history.find(previous.txid)?.tx
    if (whole) psbt.inputs[index]?.set(INPUT.wholeTx, whole.bytes)
  }
}

function sign({ parts }: Desk, psbt: Psbt): void {
  const coinAt = new Map(psbt.tx.inputs.map(({ previous }, index) => [previous, utxoOf(psbt, index)]))
  const signed = parts.wallet.sign(psbt.tx, point => {
    const output = coinAt.get(point)
    return output && { ...output, height: 1, coinbase: false }
  })
  for (const [index, input] of signed.inputs.entries()) {
    const [signature, publicKey] = pairOf(input)
    if (signature && publicKey) psbt.inputs[index]?.set(`${INPUT.partialSig}${toHex(publicKey)}`, signature)
  }
}

/** Signature and key: the whole witness, or the two pushes of a script. */
function pairOf({ scriptSig, witness }: TxIn): readonly Uint8Array[] {
  if (scriptSig.length === 0) return witness
  const length = scriptSig[0] as number
  return [scriptSig.subarray(1, 1 + length), scriptSig.subarray(2 + length)]
}
