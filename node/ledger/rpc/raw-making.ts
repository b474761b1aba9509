// RPC to make transactions by hand: from chosen coins to chosen outputs, signed by whoever has the keys, put together.

import { type HashHex, toHex } from '../../bitcoin/wire/hex.ts'
import { RPC, RpcError, type RpcTable } from '../../core/service.ts'
import { hash160 } from '../chain/hash160.ts'
import { makeTx, outPointKey, txCodec } from '../chain/tx.ts'
import type { Coin, OutPoint, Tx, TxIn } from '../chain/types.ts'
import { decodeWif } from '../descriptor/wif.ts'
import type { LedgerParts } from '../parts.ts'
import { scriptErrorText } from '../script/errors.ts'
import { STANDARD_FLAGS } from '../script/flags.ts'
import { classify } from '../script/kinds.ts'
import { verifySpend } from '../script/verify.ts'
import { signTx } from '../signing.ts'
import { amountSat, array, decoded, given, hexBytes, integer, record, text, toHash } from './arguments.ts'
import { decodedMaybeEmpty, inputsOf, outputsOf } from './payment-arguments.ts'
import { TX_DECODE_FAILED } from './submission.ts'

type CoinOf = (point: OutPoint) => Coin | undefined

/** In the place of one that is unknown. */
const NO_COIN = { valueSat: 0, script: new Uint8Array(0) }
const MAX_LOCK_TIME = 0xffffffff

export function makingRpc(parts: () => LedgerParts): RpcTable {
  return {
    createrawtransaction: {
      params: ['inputs', 'outputs', 'locktime?', 'replaceable?'],
      summary:
        'A transaction in hex, not signed: from [{ txid, vout, sequence }] to [{ address: amount }, { data: hex }].',
      handle: params => {
        const lockTime = integer(params, 2, 'locktime', 0)
        if (lockTime < 0 || lockTime > MAX_LOCK_TIME)
          throw new RpcError(RPC.invalidParameter, 'Invalid parameter, locktime out of range')
        const inputs = inputsOf(params, 0, { lockTime, replaceable: params[3] !== false })
        const outputs = outputsOf(parts().env.params, params[1])
        return toHex(makeTx({ version: 2, inputs, outputs, lockTime }).bytes)
      },
    },
    signrawtransactionwithwallet: {
      wallet: true,
      params: ['hexstring', 'prevtxs?', 'sighashtype?'],
      summary: 'Signs what a transaction spends of this wallet.',
      differs: 'sighashtype is ALL',
      handle: params => {
        const tx = decodedMaybeEmpty(params, 0, TX_DECODE_FAILED)
        const coinOf = coinsOf(parts(), params, 1)
        wantAll(params, 2)
        return signed(parts(), tx, parts().wallet.sign(tx, coinOf), coinOf)
      },
    },
    signrawtransactionwithkey: {
      params: ['hexstring', 'privkeys', 'prevtxs?', 'sighashtype?'],
      summary: 'Signs what a transaction spends of these private keys.',
      differs: 'sighashtype is ALL; coins of a key alone (P2PKH, P2WPKH)',
      handle: params => {
        const tx = decodedMaybeEmpty(params, 0, TX_DECODE_FAILED)
        const coinOf = coinsOf(parts(), params, 2)
        wantAll(params, 3)
        return signed(parts(), tx, signByKeys(parts(), tx, params, coinOf), coinOf)
      },
    },
    combinerawtransaction: {
      params: ['txs'],
      summary:
        'One transaction of several that differ in their signatures only: of each input one that is good.',
      differs: 'takes inputs whole: signatures of one input are not merged',
      handle: params => combine(parts(), params),
    },
  }
}

/** The coins that the call names itself, then those that the node knows. */
function coinsOf({ env }: LedgerParts, params: readonly unknown[], index: number): CoinOf {
  const named = new Map<string, Coin>()
  for (const value of given(params, index) ? array(params, index, 'prevtxs') : []) {
    const { txid, vout, scriptPubKey, amount } = record(value)
    const point = { txid: toHash(txid, 'txid'), index: integer([vout], 0, 'vout') }
    if (point.index < 0) throw new RpcError(RPC.deserialization, 'vout cannot be negative')
    const script = hexBytes([scriptPubKey], 0, 'scriptPubKey')
    const valueSat = amount === undefined ? 0 : amountSat([amount], 0, 'amount')
    named.set(outPointKey(point), { valueSat, script, height: 1, coinbase: false })
  }
  return point => named.get(outPointKey(point)) ?? env.mempool.coin(point)
}

function wantAll(params: readonly unknown[], index: number): void {
  const type = given(params, index) ? text(params, index, 'sighashtype') : 'ALL'
  if (type === 'ALL' || type === 'DEFAULT') return
  throw new RpcError(RPC.invalidParameter, `'${type}' is not a valid sighash parameter.`)
}

function signByKeys({ secp }: LedgerParts, tx: Tx, params: readonly unknown[], coinOf: CoinOf): Tx {
  const keys = new Map(
    array(params, 1, 'privkeys').map(value => {
      const secret = decodeWif(secp, String(value))
      if (!secret) throw new RpcError(RPC.invalidAddressOrKey, 'Invalid private key')
      const { privateKey, publicKey } = secret
      const hash = hash160(publicKey)
      return [toHex(hash), { hash, publicKey, privateKey }] as const
    }),
  )
  const coins = tx.inputs.map(({ previous: point }) => {
    const coin = coinOf(point)
    const kind = coin && classify(coin.script)
    const key = kind && 'hash' in kind ? keys.get(toHex(kind.hash)) : undefined
    return coin && key && { point, coin, key }
  })
  return signTx(tx, coins, key => key.privateKey, secp)
}

/** As Core answers: complete once every input is good. */
function signed({ secp }: LedgerParts, before: Tx, after: Tx, coinOf: CoinOf): Record<string, unknown> {
  const errors = after.inputs.flatMap((input, index) => {
    const coin = coinOf(input.previous)
    const error = coin ? whyNot(after, index, coinOf, secp) : 'Input not found or already spent'
    return error === undefined ? [] : [inputError(before.inputs[index] ?? input, error)]
  })
  const complete = errors.length === 0
  return { hex: toHex(after.bytes), complete, ...(!complete && { errors }) }
}

/** Why an input may not spend its coin; undefined if it may. */
function whyNot(tx: Tx, index: number, coinOf: CoinOf, secp: LedgerParts['secp']): string | undefined {
  const { scriptSig, witness } = tx.inputs[index] as TxIn
  if (scriptSig.length === 0 && witness.length === 0)
    return 'Unable to sign input, invalid stack size (possibly missing key)'
  const coins = tx.inputs.map(({ previous }) => coinOf(previous) ?? NO_COIN)
  const error = verifySpend({ tx, index, coins, secp }, STANDARD_FLAGS)
  return error && scriptErrorText(error)
}

function inputError({ previous, scriptSig, sequence, witness }: TxIn, error: string) {
  return {
    txid: previous.txid,
    vout: previous.index,
    witness: witness.map(toHex),
    scriptSig: toHex(scriptSig),
    sequence,
    error,
  }
}

function combine({ env, secp }: LedgerParts, params: readonly unknown[]): string {
  const raw = array(params, 0, 'txs')
  const variants = raw.map((_, i) => {
    try {
      return decoded(raw, i, txCodec, '')
    } catch {
      throw new RpcError(
        RPC.deserialization,
        `TX decode failed for tx ${i}. Make sure the tx has at least one input.`,
      )
    }
  })
  const [first] = variants
  if (!first) throw new RpcError(RPC.deserialization, 'Missing transactions')
  const bare = (tx: Tx): HashHex =>
    makeTx({
      ...tx,
      inputs: tx.inputs.map(input => ({ ...input, scriptSig: new Uint8Array(0), witness: [] })),
    }).txid
  if (variants.some(tx => bare(tx) !== bare(first)))
    throw new RpcError(RPC.invalidParameter, 'The transactions do not differ in signatures only')
  const inputs = first.inputs.map((input, index) => {
    const coin = env.mempool.coin(input.previous)
    if (!coin) throw new RpcError(RPC.verify, 'Input not found or already spent')
    const good = variants.find(tx => whyNot(tx, index, point => env.mempool.coin(point), secp) === undefined)
    return good?.inputs[index] ?? input
  })
  return toHex(makeTx({ ...first, inputs }).bytes)
}
