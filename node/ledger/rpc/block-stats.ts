// The figures of one block as Core's getblockstats gives them: whole numbers, in satoshi and bytes, the coinbase left out
// wherever it would say nothing.

import { RPC, RpcError } from '../../core/service.ts'
import type { Chain } from '../chain/chain.ts'
import { isCoinbase, outPointKey } from '../chain/tx.ts'
import type { Block, BlockEntry, Coin, Tx, TxOut } from '../chain/types.ts'
import { isUnspendable } from '../script/kinds.ts'

/** What a coin takes in Core's database beside its output: outpoint, height and whether it is a coinbase's. */
const COIN_OVERHEAD_BYTES = 41
const WITNESS_SCALE = 4
/** Of the weight, in hundredths. */
const PERCENTILES = [10, 25, 50, 75, 90]

interface TxFigures {
  readonly tx: Tx
  readonly size: number
  readonly feeSat: number
  /** Satoshi per virtual byte. */
  readonly feeRate: number
}

export function blockStats(chain: Chain, entry: BlockEntry, block: Block): Record<string, unknown> {
  const undo = entry.height === 0 ? { spent: [] } : chain.undo(entry.hash)
  if (!undo) throw new RpcError(RPC.misc, "Can't read undo data from disk")
  const spent = new Map<string, Coin>(undo.spent)
  const figures = block.transactions.filter(tx => !isCoinbase(tx)).map(tx => figuresOf(tx, spent))
  const fees = figures.map(({ feeSat }) => feeSat)
  const rates = figures.map(({ feeRate }) => feeRate)
  const sizes = figures.map(({ size }) => size)
  const weight = sum(figures.map(({ tx }) => tx.weight))
  const segwit = figures.filter(({ tx }) => tx.hasWitness)
  const outputs = block.transactions.flatMap(tx => tx.outputs)
  const inputs = sum(figures.map(({ tx }) => tx.inputs.length))
  const kept = entry.height === 0 ? [] : outputs.filter(({ script }) => !isUnspendable(script))
  const spentBytes = sum(
    figures.flatMap(({ tx }) => tx.inputs.map(input => coinBytes(spentBy(spent, input)))),
  )
  return {
    avgfee: average(sum(fees), figures.length),
    avgfeerate: average(sum(fees) * WITNESS_SCALE, weight),
    avgtxsize: average(sum(sizes), figures.length),
    blockhash: entry.hash,
    feerate_percentiles: percentiles(figures, weight),
    height: entry.height,
    ins: inputs,
    maxfee: most(fees),
    maxfeerate: most(rates),
    maxtxsize: most(sizes),
    medianfee: median(fees),
    mediantime: chain.medianTimePast(entry),
    mediantxsize: median(sizes),
    minfee: least(fees),
    minfeerate: least(rates),
    mintxsize: least(sizes),
    outs: outputs.length,
    subsidy: chain.subsidySat(entry.height),
    swtotal_size: sum(segwit.map(({ size }) => size)),
    swtotal_weight: sum(segwit.map(({ tx }) => tx.weight)),
    swtxs: segwit.length,
    time: entry.header.time,
    total_out: sum(figures.flatMap(({ tx }) => tx.outputs.map(({ valueSat }) => valueSat))),
    total_size: sum(sizes),
    total_weight: weight,
    totalfee: sum(fees),
    txs: block.transactions.length,
    utxo_increase: outputs.length - inputs,
    utxo_size_inc: sum(outputs.map(coinBytes)) - spentBytes,
    utxo_increase_actual: kept.length - inputs,
    utxo_size_inc_actual: sum(kept.map(coinBytes)) - spentBytes,
  }
}

function figuresOf(tx: Tx, spent: ReadonlyMap<string, Coin>): TxFigures {
  const inSat = sum(tx.inputs.map(input => spentBy(spent, input).valueSat))
  const feeSat = inSat - sum(tx.outputs.map(({ valueSat }) => valueSat))
  return { tx, size: tx.bytes.length, feeSat, feeRate: average(feeSat * WITNESS_SCALE, tx.weight) }
}

function spentBy(spent: ReadonlyMap<string, Coin>, { previous }: Tx['inputs'][number]): Coin {
  const coin = spent.get(outPointKey(previous))
  if (!coin) throw new Error(`no undo data of ${outPointKey(previous)}`)
  return coin
}

function coinBytes({ script }: Pick<TxOut, 'script'>): number {
  const lengthBytes = script.length < 0xfd ? 1 : script.length <= 0xffff ? 3 : 5
  return 8 + lengthBytes + script.length + COIN_OVERHEAD_BYTES
}

/** The rates below which such parts of the weight lie. */
function percentiles(figures: readonly TxFigures[], weight: number): number[] {
  const sorted = figures.toSorted((a, b) => a.feeRate - b.feeRate)
  const found: number[] = []
  let sofar = 0
  for (const { tx, feeRate } of sorted) {
    sofar += tx.weight
    while (found.length < PERCENTILES.length && sofar >= (weight * (PERCENTILES[found.length] ?? 0)) / 100)
      found.push(feeRate)
  }
  return PERCENTILES.map((_, i) => found[i] ?? sorted.at(-1)?.feeRate ?? 0)
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

function average(total: number, count: number): number {
  return count === 0 ? 0 : Math.trunc(total / count)
}

/** Of two in the middle their truncated mean. */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const upper = sorted[sorted.length >> 1] ?? 0
  return sorted.length % 2 === 1 ? upper : Math.trunc(((sorted[(sorted.length >> 1) - 1] ?? 0) + upper) / 2)
}

function most(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b), 0)
}

function least(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((a, b) => Math.min(a, b))
}
