// RPC by which the wallet takes part in partially signed transactions: funds them, and signs what is its own.

import { toHex } from '../../bitcoin/wire/hex.ts'
import type { RpcTable } from '../../core/service.ts'
import { encodePsbt, makePsbt } from '../psbt/psbt.ts'
import { extract } from '../psbt/sign.ts'
import { SIGHASH } from '../script/sighash-type.ts'
import { coins, flag } from './arguments.ts'
import { writtenTx } from './payment-arguments.ts'
import { psbtAt } from './psbt.ts'
import { hashTypeAt } from './signing-arguments.ts'
import { type Desk, wantKeys } from './wallet-desk.ts'
import { fundTx, namesOf } from './wallet-payments.ts'
import { fillPsbt } from './wallet-psbt-fill.ts'
import { feePayers, isReplaceable, noWeightsApart, OPTION_NAMES, optionsOf } from './wallet-terms.ts'

export function walletPsbtRpc(desk: () => Desk): RpcTable {
  return {
    walletcreatefundedpsbt: {
      params: ['inputs?', 'outputs', 'locktime?', 'options?', 'bip32derivs?'],
      options: OPTION_NAMES,
      summary: 'A PSBT of chosen outputs, with coins of the wallet until they pay for it, and the change.',
      handle: params => {
        const [inputs, outputs, lockTime] = params
        const options = optionsOf(params[3])
        const replaceable = isReplaceable(desk(), options.replaceable, true)
        const made = writtenTx(desk().parts.env.params, { inputs, outputs, lockTime, replaceable })
        const feeFrom = feePayers(options.subtractFeeFromOutputs, namesOf(params[1]))
        const adds = made.inputs.length === 0
        const weighed = { ...options, inputs: inputs ?? [] }
        noWeightsApart(options)
        const { tx, feeSat, changePlace } = fundTx(desk(), made, weighed, { feeFrom, adds, anyRate: true })
        const psbt = makePsbt(tx)
        fillPsbt(desk(), psbt, { hashType: SIGHASH.all, sign: false, withOrigins: flag(params, 4, true) })
        return { psbt: encodePsbt(psbt), fee: coins(feeSat), changepos: changePlace }
      },
    },
    walletprocesspsbt: {
      params: ['psbt', 'sign?', 'sighashtype?', 'bip32derivs?', 'finalize?'],
      summary: 'Adds what the wallet knows of a PSBT’s inputs, and signs those that are its own.',
      handle: params => {
        const psbt = psbtAt(desk().parts, params, 0)
        if (flag(params, 1, true)) wantKeys(desk())
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
