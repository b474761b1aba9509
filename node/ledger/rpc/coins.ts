// RPC about the set of unspent outputs: single ones, all of them, and those of some scripts.

import { toHex } from '../../bitcoin/wire/hex.ts'
import { RPC, RpcError, type RpcTable } from '../../core/service.ts'
import { outPointKey, pointOf } from '../chain/tx.ts'
import { inferDescriptor } from '../descriptor/infer.ts'
import type { LedgerParts } from '../parts.ts'
import { array, coins, flag, hash, integer, text } from './arguments.ts'
import { answerWithoutScan, scanned } from './descriptor-arguments.ts'
import { confirmations, scriptShape } from './shapes.ts'

export function coinsRpc(parts: () => LedgerParts): RpcTable {
  return {
    gettxout: {
      params: ['txid', 'n', 'include_mempool?'],
      summary: 'An unspent output; null if there is none.',
      handle: params => unspentOutput(parts(), params),
    },
    gettxoutsetinfo: {
      params: ['hash_type?', 'hash_or_height?', 'use_index?'],
      summary: 'Statistics of the set of unspent outputs. hash_type: hash_serialized_3, muhash or none.',
      differs: 'of the tip only: there is no index',
      handle: params => setInfo(parts(), params),
    },
    scantxoutset: {
      params: ['action', 'scanobjects?'],
      shown: '"action" ( [scanobjects,...] )',
      summary:
        'Finds unspent outputs (start) of descriptors. A scan ends at once: abort and status find none.',
      differs: 'no miniscript',
      handle: params => scan(parts(), params),
    },
  }
}

function unspentOutput({ env }: LedgerParts, params: readonly unknown[]): Record<string, unknown> | null {
  const { chain, mempool } = env
  const point = { txid: hash(params, 0, 'txid'), index: integer(params, 1, 'n') }
  const key = outPointKey(point)
  const withMempool = flag(params, 2, true)
  const coin = withMempool ? mempool.coin(point) : chain.coin(key)
  if (!coin) return null
  const origin = chain.coin(key) && chain.at(coin.height)
  return {
    bestblock: chain.tip.hash,
    confirmations: origin ? confirmations(chain, origin) : 0,
    value: coins(coin.valueSat),
    scriptPubKey: scriptShape(chain.params, coin.script),
    coinbase: coin.coinbase,
  }
}

function setInfo({ env }: LedgerParts, params: readonly unknown[]): Record<string, unknown> {
  const { chain } = env
  const type = params[0] === undefined ? 'hash_serialized_3' : text(params, 0, 'hash_type')
  if (type !== 'hash_serialized_3' && type !== 'muhash' && type !== 'none')
    throw new RpcError(RPC.invalidParameter, `'${type}' is not a valid hash_type`)
  if (params[1] !== undefined && params[1] !== null)
    throw new RpcError(RPC.invalidParameter, 'Querying specific block heights requires coinstatsindex')
  const stats = chain.utxoStats(type)
  return {
    height: chain.tip.height,
    bestblock: chain.tip.hash,
    txouts: stats.outputs,
    bogosize: stats.serializedBytes,
    ...(type !== 'none' && { [type]: stats.hash }),
    total_amount: coins(stats.totalSat),
    transactions: stats.transactions,
    disk_size: stats.serializedBytes,
  }
}

function scan(parts: LedgerParts, params: readonly unknown[]): unknown {
  const { chain } = parts.env
  const answer = answerWithoutScan(text(params, 0, 'action'))
  if (answer !== undefined) return answer
  if (params[1] === undefined)
    throw new RpcError(RPC.misc, 'scanobjects argument is required for the start action')
  const wanted = new Map<string, string>()
  for (const object of array(params, 1, 'scanobjects'))
    for (const [script, descriptor] of scriptsOf(parts, object)) wanted.set(script, descriptor)

  const unspents: Record<string, unknown>[] = []
  let totalSat = 0
  let txouts = 0
  for (const [key, coin] of chain.coins()) {
    txouts++
    const script = toHex(coin.script)
    const desc = wanted.get(script)
    if (desc === undefined) continue
    totalSat += coin.valueSat
    const { txid, index } = pointOf(key)
    unspents.push({
      txid,
      vout: index,
      scriptPubKey: script,
      desc,
      amount: coins(coin.valueSat),
      coinbase: coin.coinbase,
      height: coin.height,
      blockhash: chain.at(coin.height)?.hash,
      confirmations: chain.tip.height - coin.height + 1,
    })
  }
  return {
    success: true,
    txouts,
    height: chain.tip.height,
    bestblock: chain.tip.hash,
    unspents,
    total_amount: coins(totalSat),
  }
}

function* scriptsOf(
  parts: LedgerParts,
  object: unknown,
): Generator<readonly [script: string, descriptor: string]> {
  const { scripts, provider } = scanned(parts, object)
  for (const script of scripts) yield [toHex(script), inferDescriptor(parts.env.params, script, provider)]
}
