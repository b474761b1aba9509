// The mempool on a real chain: what comes in, what is refused and why, and what a block or a reorganisation does to it.

import { describe, expect, it } from 'vitest'
import type { Chain } from '../../node/ledger/chain/chain.ts'
import { concat, pushData } from '../../node/ledger/chain/push.ts'
import { makeTx } from '../../node/ledger/chain/tx.ts'
import type { Block, BlockEntry, Tx, TxOut } from '../../node/ledger/chain/types.ts'
import { witnessScript } from '../../node/ledger/script/kinds.ts'
import { type BlockOptions, buildBlock, bulk, outputOf, rewardOf, spend, testKey } from '../support/chain.ts'
import { reasonOf, type TestLedger } from '../support/ledger.ts'
import { ANCHOR, funded, HOME, type Output, pay } from '../support/mempool.ts'

const COIN_SAT = 5_000_000_000

/** `count` blocks on top of each other from `parent` on, a second apart; the entry of the last one. */
function extend(
  ledger: TestLedger,
  parent: BlockEntry,
  count: number,
  options: BlockOptions = {},
): BlockEntry {
  let entry = parent
  for (let i = 0; i < count; i++) {
    const time = options.time === undefined ? undefined : options.time + i
    entry = ledger.accept(buildBlock(ledger.chain, { ...options, time, parent: entry })).entry
  }
  return entry
}

/** The block at the tip. */
const tipBlock = (chain: Chain) => chain.block(chain.tip.hash) as Block

/** A payment of the whole coin less `feeSat`. */
function sweep(coin: Output, feeSat: number, more?: Partial<Parameters<typeof spend>[1]>) {
  return spend([coin], { outputs: [pay(coin.valueSat - feeSat)], ...more })
}

/** `length` transactions, each spending the one before. */
function chainOf(coin: Output, length: number, feeSat = 1_000): Tx[] {
  const txs: Tx[] = []
  for (let from = coin; txs.length < length; from = outputOf(txs.at(-1) as Tx)) txs.push(sweep(from, feeSat))
  return txs
}

const txids = (mempool: { entries(): Iterable<{ tx: Tx }> }) =>
  [...mempool.entries()].map(entry => entry.tx.txid)

describe('a good transaction', () => {
  it('comes in, is found by both of its names, and shows what it pays', () => {
    const { mempool, coin } = funded()
    const tx = sweep(coin(0), 1_234)
    expect(mempool.accept(tx)).toMatchObject({ feeSat: 1_234 })
    expect(mempool.get(tx.txid)?.tx).toBe(tx)
    expect(mempool.byWtxid(tx.wtxid)?.tx).toBe(tx)
    expect(mempool.has(tx.txid)).toBe(true)
    expect([mempool.size, mempool.feesSat, mempool.bytes]).toEqual([1, 1_234, Math.ceil(tx.weight / 4)])
  })

  it('may spend one that is not confirmed yet', () => {
    const { mempool, coin } = funded()
    const [parent, child] = chainOf(coin(0), 2) as [Tx, Tx]
    mempool.accept(parent)
    mempool.accept(child)
    expect(mempool.get(child.txid)?.ancestors).toMatchObject({ count: 2, feeSat: 2_000 })
    expect(mempool.get(parent.txid)?.descendants).toMatchObject({ count: 2, feeSat: 2_000 })
    expect(mempool.coin({ txid: parent.txid, index: 0 })).toBeUndefined()
    expect(mempool.coin({ txid: child.txid, index: 0 })?.valueSat).toBe(COIN_SAT - 2_000)
  })
})

describe('a bad transaction is refused', () => {
  const { mempool, chain, coin: at, ledger } = funded(12)
  const coin = at(0)
  const confirmed = sweep(at(1), 1_000)
  mempool.accept(confirmed)
  ledger.mine(HOME)
  const young = rewardOf(tipBlock(chain))
  const resident = sweep(at(2), 1_000)
  mempool.accept(resident)
  const height = chain.tip.height
  const withWitness = (tx: Tx, witness: Uint8Array[]) =>
    makeTx({ ...tx, inputs: tx.inputs.map(input => ({ ...input, witness })) })
  const good = sweep(coin, 1_000)
  /** OP_RETURN and one push. */
  const carrier = (bytes: number): TxOut => {
    const data = new Uint8Array(bytes - (bytes > 77 ? 3 : 2))
    return { valueSat: 0, script: concat(Uint8Array.of(0x6a), pushData(data)) }
  }
  const keys = (count: number) => Array.from({ length: count }, (_, i) => pushData(testKey(i).publicKey))
  const multisig = (count: number): TxOut =>
    pay(1_000, concat(Uint8Array.of(0x51), ...keys(count), Uint8Array.of(0x50 + count, 0xae)))
  const resting = (rest: number) => sweep(outputOf(confirmed), 1_000, { sequence: rest })

  it.each<[reason: string, tx: Tx]>([
    ['coinbase', tipBlock(chain).transactions[0] as Tx],
    ['bad-txns-vin-empty', makeTx({ ...good, inputs: [] })],
    ['bad-txns-vout-empty', makeTx({ ...good, outputs: [] })],
    ['bad-txns-inputs-duplicate', spend([coin, coin], { outputs: [pay(1_000)] })],
    ['version', sweep(coin, 1_000, { version: 0 })],
    ['version', sweep(coin, 1_000, { version: 4 })],
    ['tx-size', spend([coin], { outputs: bulk(100_000) })],
    ['tx-size-small', spend([coin], { outputs: [pay(0, Uint8Array.of(0x6a))] })],
    ['scriptpubkey', spend([coin], { outputs: [pay(10_000, new Uint8Array(30).fill(0x51))] })],
    ['scriptpubkey', spend([coin], { outputs: [carrier(84)] })],
    ['scriptpubkey', spend([coin], { outputs: [pay(10_000, Uint8Array.of(0x6a, 0xac))] })],
    ['scriptpubkey', spend([coin], { outputs: [multisig(4)] })],
    ['multi-op-return', spend([coin], { outputs: [carrier(20), carrier(20)] })],
    ['dust', spend([coin], { outputs: [pay(293)] })],
    ['dust', spend([coin], { outputs: [pay(1_000), pay(239, ANCHOR)] })],
    ['non-final', sweep(coin, 1_000, { lockTime: height + 1, sequence: 0 })],
    ['non-BIP68-final', resting(2)],
    ['txn-already-in-mempool', resident],
    ['txn-same-nonwitness-data-in-mempool', withWitness(resident, [new Uint8Array(1)])],
    ['insufficient fee', sweep(at(2), 1_001)],
    ['missing-inputs', sweep({ point: { txid: 'ab'.repeat(32), index: 0 }, valueSat: 5_000 }, 1_000)],
    ['missing-inputs', sweep({ ...coin, point: { ...coin.point, index: 9 } }, 1_000)],
    ['txn-already-known', confirmed],
    ['bad-txns-premature-spend-of-coinbase', sweep(young, 1_000)],
    ['bad-txns-in-belowout', sweep(coin, -1)],
    ['min relay fee not met', sweep(coin, 100)],
    [
      'bad-txns-too-many-sigops', // 20 for each, times four
      spend([coin], { outputs: [pay(COIN_SAT - 1e6), ...Array.from({ length: 201 }, () => multisig(1))] }),
    ],
    ['mandatory-script-verify-flag-failed', withWitness(good, [new Uint8Array(), testKey(0).publicKey])],
    ['mandatory-script-verify-flag-failed', sweep({ ...coin, valueSat: coin.valueSat + 1 }, 1_000)],
  ])('%s', (reason, tx) => {
    const before = txids(mempool)
    expect(reasonOf(() => mempool.accept(tx))).toBe(reason)
    expect(txids(mempool)).toEqual(before)
  })

  it('with what standard rules found first, where consensus is broken, too, as Core tells it', () => {
    const changed = makeTx({
      ...good,
      outputs: good.outputs.map(each => ({ ...each, valueSat: each.valueSat - 1 })),
    })
    expect(() => mempool.accept(changed)).toThrow(
      'Signature must be zero for failed CHECK(MULTI)SIG operation',
    )
  })

  it.each<[what: string, tx: Tx]>([
    ['a lock time in the past', sweep(coin, 1_000, { lockTime: height, sequence: 0 })],
    ['a rest that is over', resting(1)],
    [
      'every kind of output that has a name, and one data carrier',
      spend([at(3)], {
        outputs: [
          pay(10_000),
          carrier(83),
          multisig(3),
          pay(240, ANCHOR),
          pay(10_000, concat(pushData(testKey(0).publicKey), Uint8Array.of(0xac))),
          pay(10_000, witnessScript({ version: 16, program: new Uint8Array(40) })),
        ],
      }),
    ],
    ['the least fee that is relayed', sweep(at(4), Math.ceil(sweep(at(4), 1).weight / 4))],
    ['an output just above dust', spend([at(5)], { outputs: [pay(294)] })],
  ])('but not for %s', (_what, tx) => {
    expect(reasonOf(() => mempool.accept(tx))).toBeUndefined()
  })
})

describe('chains of unconfirmed transactions', () => {
  it('are 25 long at most, and no shorter', () => {
    const { mempool, coin } = funded()
    const txs = chainOf(coin(0), 26)
    for (const tx of txs.slice(0, 25)) mempool.accept(tx)
    expect(reasonOf(() => mempool.accept(txs[25] as Tx))).toBe('too-long-mempool-chain')
    expect(mempool.get(txs[24]?.txid as string)?.ancestors.count).toBe(25)
  })

  it('have at most 25 descendants each, itself included', () => {
    const { mempool, coin } = funded()
    const fan = spend([coin(0)], { outputs: Array.from({ length: 30 }, () => pay(100_000)) })
    mempool.accept(fan)
    const children = fan.outputs.map((_, i) => sweep(outputOf(fan, i), 1_000))
    for (const child of children.slice(0, 24)) mempool.accept(child)
    // one more that is small and hangs on nothing else has a place of its own
    mempool.accept(children[24] as Tx)
    expect(reasonOf(() => mempool.accept(children[25] as Tx))).toBe('too-long-mempool-chain')
    const grandchild = sweep(outputOf(children[0] as Tx), 1_000)
    expect(reasonOf(() => mempool.accept(grandchild))).toBe('too-long-mempool-chain')
  })

  it('weigh 101 kvB at most together, counted upwards and downwards', () => {
    const { mempool, coin } = funded()
    const heavy = (from: Output[], bytes: number) =>
      spend(from, { outputs: [pay(1e8), pay(1e8), ...bulk(bytes)] })
    const [left, right] = [heavy([coin(0)], 60_000), heavy([coin(1)], 60_000)]
    mempool.accept(left)
    mempool.accept(right)
    // two parents of 60 kvB
    const child = spend([outputOf(left), outputOf(right)], { outputs: [pay(1e8)] })
    expect(reasonOf(() => mempool.accept(child))).toBe('too-long-mempool-chain')
    // two children of 30 kvB
    mempool.accept(spend([outputOf(left)], { outputs: [pay(9e7), ...bulk(30_000)] }))
    const second = spend([outputOf(left, 1)], { outputs: [pay(9e7), ...bulk(30_000)] })
    expect(reasonOf(() => mempool.accept(second))).toBe('too-long-mempool-chain')
  })

  it('shorten when their beginning is confirmed', () => {
    const { ledger, mempool, coin } = funded()
    const txs = chainOf(coin(0), 26)
    for (const tx of txs.slice(0, 25)) mempool.accept(tx)
    ledger.accept(buildBlock(ledger.chain, { txs: txs.slice(0, 10) }))
    expect(mempool.size).toBe(15)
    expect(mempool.get(txs[24]?.txid as string)?.ancestors.count).toBe(15)
    mempool.accept(txs[25] as Tx)
    expect(mempool.get(txs[10]?.txid as string)?.descendants.count).toBe(16)
  })
})

describe('a block', () => {
  it('takes out what it confirms, and what it makes impossible with all that hangs on it', () => {
    const { ledger, mempool, coin } = funded()
    const [a, b] = chainOf(coin(0), 2) as [Tx, Tx]
    const other = sweep(coin(1), 1_000)
    const rest = sweep(coin(2), 1_000)
    for (const tx of [a, b, other, rest]) mempool.accept(tx)
    const rival = sweep(coin(0), 7_000)
    ledger.accept(buildBlock(ledger.chain, { txs: [rival, other] }))
    expect(txids(mempool)).toEqual([rest.txid])
    expect([mempool.size, mempool.feesSat, mempool.bytes]).toEqual([1, 1_000, Math.ceil(rest.weight / 4)])
  })

  it('spares what it confirms a second signature check, and confirms another witness of the same transaction', () => {
    const { ledger, mempool, coin } = funded()
    const tx = sweep(coin(0), 1_000)
    mempool.accept(tx)
    ledger.mine()
    expect(mempool.size).toBe(0)
    expect(ledger.chain.coin(`${tx.txid}:0`)?.valueSat).toBe(COIN_SAT - 1_000)
  })
})

describe('a reorganisation', () => {
  /** Two rival branches on the present tip; the second wins when the returned function is called. */
  function reorganise(ledger: TestLedger, losing: readonly Tx[], winning: readonly Tx[]) {
    const fork = ledger.chain.tip
    extend(ledger, fork, 1, { txs: losing })
    const first = extend(ledger, fork, 1, { txs: winning, tag: 1 })
    return () => extend(ledger, first, 1, { tag: 1 })
  }

  it('brings back what it takes off, parents first, and keeps what hung on it', () => {
    const { ledger, mempool, coin } = funded()
    const [a, b, c] = chainOf(coin(0), 3) as [Tx, Tx, Tx]
    const other = sweep(coin(1), 1_000)
    const win = reorganise(ledger, [a, b], [])
    mempool.accept(c)
    mempool.accept(other)
    win()
    expect(txids(mempool)).toEqual([a, b, c, other].map(tx => tx.txid))
    expect(mempool.get(c.txid)?.ancestors).toMatchObject({ count: 3, feeSat: 3_000 })
  })

  it('does not bring back what the new branch confirms or spends otherwise', () => {
    const { ledger, mempool, coin } = funded()
    const [a, b] = chainOf(coin(0), 2) as [Tx, Tx]
    const same = sweep(coin(1), 1_000)
    const win = reorganise(ledger, [a, b, same], [sweep(coin(0), 9_000), same])
    win()
    expect(txids(mempool)).toEqual([])
    expect([mempool.feesSat, mempool.bytes, mempool.usageBytes]).toEqual([0, 0, 0])
  })

  it('drops what spends a lost coinbase, and what is not final or rested by the new branch', () => {
    const { ledger, mempool, chain, coin } = funded(3)
    const fork = chain.tip
    const later = fork.header.time + 3_000
    extend(ledger, fork, 7, { time: later })
    const lost = rewardOf(chain.block(chain.at(fork.height + 1)?.hash ?? '') as Block)
    const orphaned = sweep(lost, 1_000)
    const locked = sweep(coin(0), 1_000, { lockTime: later - 1, sequence: 0 })
    const resting = sweep(coin(1), 1_000, { sequence: 0x400000 | 4 }) // 4 × 512 s
    const plain = sweep(coin(2), 1_000)
    for (const tx of [orphaned, locked, resting, plain]) mempool.accept(tx)
    expect(extend(ledger, fork, 8, { tag: 1 })).toBe(chain.tip)
    expect(txids(mempool)).toEqual([plain.txid])
  })

  it('takes back a transaction that pays too little to be relayed', () => {
    const { ledger, mempool, coin } = funded()
    const free = sweep(coin(0), 0)
    expect(reasonOf(() => mempool.accept(free))).toBe('min relay fee not met')
    reorganise(ledger, [free], [])()
    expect(txids(mempool)).toEqual([free.txid])
  })
})

describe('a full mempool', () => {
  const filler = (coin: Output, feeSat: number) => {
    const others = bulk(5_000)
    const restSat = others.reduce((rest, { valueSat }) => rest - valueSat, coin.valueSat - feeSat)
    return spend([coin], { outputs: [pay(restSat), ...others] })
  }

  it('gives up the package that pays least, and asks more of the next', () => {
    const { mempool, coin } = funded(6, { policy: { maxMempoolBytes: 27_000 } })
    const fees = [60_000, 20_000, 50_000, 40_000, 70_000]
    const txs = fees.map((fee, i) => filler(coin(i), fee))
    for (const tx of txs) mempool.accept(tx)
    expect(txids(mempool)).toEqual([txs[0], txs[2], txs[3], txs[4]].map(tx => tx?.txid))
    expect(mempool.usageBytes).toBeLessThanOrEqual(27_000)
    const evictedRate = (1000 * 20_000) / Math.ceil((txs[1] as Tx).weight / 4)
    expect(mempool.minFeeSatPerKvb).toBe(Math.floor(evictedRate) + 1_000)
    expect(reasonOf(() => mempool.accept(txs[1] as Tx))).toBe('mempool min fee not met')
  })

  it('keeps a poor parent for the sake of its rich child', () => {
    const { mempool, coin } = funded(6, { policy: { maxMempoolBytes: 25_000 } })
    const parent = filler(coin(0), 6_000)
    const child = sweep(outputOf(parent), 500_000)
    for (const tx of [parent, child, filler(coin(1), 30_000), filler(coin(2), 31_000)]) mempool.accept(tx)
    mempool.accept(filler(coin(3), 32_000))
    expect(mempool.has(parent.txid)).toBe(true)
    expect(mempool.has(child.txid)).toBe(true)
    expect(mempool.size).toBe(4)
  })

  it('refuses a newcomer that would be the first to go', () => {
    const { mempool, coin } = funded(6, { policy: { maxMempoolBytes: 27_000 } })
    for (let i = 0; i < 4; i++) mempool.accept(filler(coin(i), 30_000))
    const poor = filler(coin(4), 6_000)
    expect(reasonOf(() => mempool.accept(poor))).toBe('mempool full')
    expect(mempool.has(poor.txid)).toBe(false)
  })

  it('asks less again as time passes, once blocks come', () => {
    const { ledger, mempool, coin } = funded(6, { policy: { maxMempoolBytes: 27_000 } })
    for (let i = 0; i < 5; i++) mempool.accept(filler(coin(i), 30_000 + i))
    const raised = mempool.minFeeSatPerKvb
    ledger.clock.nowMs += 12 * 3_600_000
    expect(mempool.minFeeSatPerKvb).toBe(raised)
    ledger.mine(HOME)
    expect(mempool.minFeeSatPerKvb).toBe(raised)
    ledger.clock.nowMs += 3 * 3_600_000 // a quarter of the half-life counts while it is empty
    expect(mempool.minFeeSatPerKvb).toBe(Math.round(raised / 2))
    ledger.clock.nowMs += 7 * 24 * 3_600_000
    expect(mempool.minFeeSatPerKvb).toBe(1_000)
  })
})

describe('time', () => {
  it('gives up, after two weeks, what was not confirmed, and what hangs on it', () => {
    const { ledger, mempool, coin } = funded()
    const [a, b] = chainOf(coin(0), 2) as [Tx, Tx]
    mempool.accept(a)
    ledger.clock.nowMs += 13 * 24 * 3_600_000
    const late = sweep(coin(1), 1_000)
    mempool.accept(b)
    mempool.accept(late)
    ledger.accept(buildBlock(ledger.chain))
    expect(mempool.size).toBe(3)
    ledger.clock.nowMs += 2 * 24 * 3_600_000
    ledger.accept(buildBlock(ledger.chain))
    expect(txids(mempool)).toEqual([late.txid])
  })
})
