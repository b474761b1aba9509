// sendall: pays all coins of a wallet, to each recipient its amount, the rest to those that have none.

import { RPC, RpcError, type RpcTable } from '../../core/service.ts'
import { makeTx, outPointKey } from '../chain/tx.ts'
import type { TxOut } from '../chain/types.ts'
import { feeForWeight } from '../coin-selection.ts'
import { outputWeight } from '../fee-sharing.ts'
import { isDust, MAX_STANDARD_WEIGHT } from '../policy.ts'
import { lackTogether, TOO_DEAR } from '../wallets/funding.ts'
import type { OwnCoin } from '../wallets/own-coin.ts'
import { array, given } from './arguments.ts'
import { inputsOf, lockTimeOf, outputsOf } from './payment-arguments.ts'
import type { Desk } from './wallet-desk.ts'
import { finish, namesOf } from './wallet-payments.ts'
import {
  coinTerms,
  isReplaceable,
  newerOptions,
  OPTION_NAMES,
  type Options,
  rateTerms,
} from './wallet-terms.ts'

/** Version, lock time, counts, and the witness marker; inputs come with their own weights. */
const FRAME_WEIGHT = 4 * (4 + 4 + 1 + 3) + 2

export function sendAllRpc(desk: () => Desk): RpcTable {
  return {
    sendall: {
      params: ['recipients', 'conf_target?', 'estimate_mode?', 'fee_rate?', 'options?'],
      options: OPTION_NAMES,
      summary: 'Pays all coins: to each recipient its amount, the rest to those that have none.',
      handle: params => sendAll(desk(), params),
    },
  }
}

function sendAll(desk: Desk, params: readonly unknown[]): Record<string, unknown> {
  const options = newerOptions(params, 4)
  const recipients = array(params, 0, 'recipients')
  const open = new Set(recipients.filter(each => typeof each === 'string'))
  if (open.size === 0)
    throw new RpcError(RPC.invalidParameter, 'Must provide at least one address without a specified amount')
  const pairs = recipients.map(each => (typeof each === 'string' ? { [each]: 0 } : each))
  if (typeof options.minconf === 'number' && options.minconf < 0)
    throw new RpcError(
      RPC.invalidParameter,
      `Invalid minconf (minconf cannot be negative): ${options.minconf}`,
    )
  const { satPerVb = desk.parts.wallet.feeRate() } = rateTerms(desk, options)
  const [said, asked] = [satPerVb, desk.parts.wallet.leastRate]
  if (said < asked)
    throw new RpcError(
      RPC.invalidParameter,
      `Fee rate (${said.toFixed(3)} sat/vB) is lower than the minimum fee rate setting (${asked.toFixed(3)} sat/vB)`,
    )
  const lockTime = lockTimeOf(options.locktime)
  const replaceable = isReplaceable(desk, options.replaceable)
  const spent = given([options.inputs], 0) ? chosenCoins(desk, options) : allCoins(desk, options, satPerVb)
  const points = spent.map(({ point: { txid, index: vout } }) => ({ txid, vout }))
  const outputs = shared(outputsOf(desk.parts.env.params, pairs), namesOf(pairs), open as Set<string>, {
    totalSat: spent.reduce((sum, { valueSat }) => sum + valueSat, 0),
    weight: spent.reduce((sum, { inputWeight }) => sum + inputWeight, FRAME_WEIGHT),
    satPerVb,
    lackSat: lackTogether({ wallet: desk.parts.wallet, mempool: desk.parts.env.mempool }, spent, satPerVb),
    mostFeeSat: desk.parts.wallet.maxFeeSat,
    sendMax: options.send_max === true,
  })
  const named = given([options.inputs], 0) ? options.inputs : points
  const inputs = inputsOf([named], 0, { lockTime, replaceable })
  if (options.lock_unspents === true)
    for (const { point } of spent) desk.parts.wallet.locked.add(outPointKey(point))
  return finish(desk, makeTx({ version: 2, inputs, outputs, lockTime }), options)
}

function chosenCoins({ history, parts }: Desk, options: Options): OwnCoin[] {
  if (options.send_max !== undefined)
    throw new RpcError(RPC.invalidParameter, 'Cannot combine send_max with specific inputs.')
  if (options.minconf !== undefined || options.maxconf !== undefined)
    throw new RpcError(RPC.invalidParameter, 'Cannot combine minconf or maxconf with specific inputs.')
  const inputs = inputsOf([options.inputs], 0, { lockTime: 0, replaceable: true })
  return inputs.map(({ previous }) => {
    const name = outPointKey(previous)
    const own = parts.wallet.coinAt(previous)
    const wasOurs = history.find(previous.txid)?.mine.has(previous.index) === true
    if (parts.env.mempool.spender(name) || (!own && wasOurs))
      throw new RpcError(RPC.invalidParameter, `Input not available. UTXO (${name}) was already spent.`)
    if (!own)
      throw new RpcError(RPC.invalidParameter, `Input not found. UTXO (${name}) is not part of wallet.`)
    return own
  })
}

function allCoins(desk: Desk, options: Options, satPerVb: number): OwnCoin[] {
  const { minConf = 0, maxConf = Number.POSITIVE_INFINITY } = coinTerms(desk, options)
  const { env, wallet } = desk.parts
  const all: OwnCoin[] = []
  for (const [own, standing] of wallet.unspent()) {
    const depth = own.coin.height > 0 ? env.chain.tip.height - own.coin.height + 1 : 0
    if ((standing !== 'mature' && standing !== 'change') || wallet.locked.has(outPointKey(own.point)))
      continue
    if (depth < minConf || depth > maxConf) continue
    if (options.send_max === true && feeForWeight(satPerVb, own.inputWeight) > own.valueSat) continue
    all.push(own)
  }
  return all
}

interface Sums {
  readonly totalSat: number
  readonly weight: number
  readonly satPerVb: number
  /** What is paid for unconfirmed transactions that the coins hang on. */
  readonly lackSat: number
  readonly mostFeeSat: number
  readonly sendMax: boolean
}

/** What amounts and fee leave over, in equal parts; the first has what does not come out even. */
function shared(
  outputs: readonly TxOut[],
  names: readonly string[],
  open: ReadonlySet<string>,
  { totalSat, weight, satPerVb, lackSat, mostFeeSat, sendMax }: Sums,
): TxOut[] {
  const refuse = (words: string): never => {
    throw new RpcError(RPC.walletInsufficientFunds, words)
  }
  const whole = outputs.reduce((sum, { script }) => sum + outputWeight(script), weight)
  const feeSat = feeForWeight(satPerVb, whole)
  if (feeSat > mostFeeSat) throw new RpcError(RPC.wallet, TOO_DEAR)
  const leftSat = totalSat - feeSat - lackSat
  if (leftSat <= 0)
    refuse(
      sendMax
        ? 'Total value of UTXO pool too low to pay for transaction, try using lower feerate.'
        : "Total value of UTXO pool too low to pay for transaction. Try using lower feerate or excluding uneconomic UTXOs with 'send_max' option.",
    )
  if (whole > MAX_STANDARD_WEIGHT) throw new RpcError(RPC.wallet, 'Transaction too large.')
  const claimedSat = outputs.reduce((sum, { valueSat }) => sum + valueSat, 0)
  if (claimedSat > totalSat) refuse('Assigned more value to outputs than available funds.')
  const restSat = leftSat - claimedSat
  if (restSat < 0) refuse('Insufficient funds for fees after creating specified outputs.')
  const share = Math.floor(restSat / open.size)
  let odd = restSat % open.size
  return outputs.map((output, i) => {
    const name = names[i] as string
    if (!open.has(name)) {
      if (isDust(output))
        throw new RpcError(
          RPC.invalidParameter,
          `Specified output amount to ${name} is below dust threshold.`,
        )
      return output
    }
    const made = { ...output, valueSat: share + odd }
    odd = 0
    if (isDust(made)) refuse('Dynamically assigned remainder results in dust output.')
    return made
  })
}
