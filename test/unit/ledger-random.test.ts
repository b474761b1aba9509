// Random lives of a ledger: blocks, forks, reorganisations and payments in any order. After every step the wallet's
// balance and the mempool's books must equal what plain code works out from the blocks themselves.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RpcError } from '../../node/core/service.ts'
import { ConsensusError } from '../../node/errors.ts'
import { scriptToAddress } from '../../node/ledger/address.ts'
import type { Chain } from '../../node/ledger/chain/chain.ts'
import type { Block, BlockEntry } from '../../node/ledger/chain/types.ts'
import type { Mempool, MempoolEntry } from '../../node/ledger/mempool.ts'
import { isUnspendable } from '../../node/ledger/script/kinds.ts'
import { buildBlock, EASY, testKey } from '../support/chain.ts'
import { TestLedger } from '../support/ledger.ts'

const OTHERS = testKey(9).script
const ELSEWHERE = scriptToAddress(EASY, OTHERS) as string

type Step =
  | { readonly do: 'mine'; readonly own: boolean }
  | { readonly do: 'fork'; readonly depth: number; readonly length: number; readonly keep: boolean }
  | { readonly do: 'send'; readonly toSelf: boolean; readonly amountSat: number; readonly satPerVb: number }
  | { readonly do: 'wait'; readonly hours: number }

const steps = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ do: fc.constant('mine' as const), own: fc.boolean() }) },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('fork' as const),
        depth: fc.integer({ min: 1, max: 4 }),
        length: fc.integer({ min: 1, max: 5 }),
        keep: fc.boolean(),
      }),
    },
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('send' as const),
        toSelf: fc.boolean(),
        amountSat: fc.integer({ min: 300, max: 8_000_000_000 }),
        satPerVb: fc.integer({ min: 1, max: 50 }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('wait' as const), hours: fc.integer({ min: 1, max: 300 }) }),
    },
  ),
  { minLength: 5, maxLength: 40 },
)

const bodyOf = (chain: Chain, entry: BlockEntry) => chain.block(entry.hash) as Block

function run(ledger: TestLedger, step: Step): void {
  if (step.do === 'mine') ledger.mine(step.own ? undefined : OTHERS)
  else if (step.do === 'fork') fork(ledger, step)
  else if (step.do === 'send') send(ledger, step)
  else ledger.clock.nowMs += step.hours * 3_600_000
}

function send({ wallet, mempool }: TestLedger, step: Step & { do: 'send' }): void {
  const address = step.toSelf ? wallet.newAddress() : ELSEWHERE
  try {
    mempool.accept(wallet.send(address, step.amountSat, step.satPerVb))
  } catch (error) {
    // too poor, or not enough for the mempool: both are answers
    if (!(error instanceof RpcError) && !(error instanceof ConsensusError)) throw error
  }
}

/** A branch from `depth` below the tip; its first block may hold the payments of the one that it rivals. */
function fork(ledger: TestLedger, { depth, length, keep }: Step & { do: 'fork' }): void {
  const { chain } = ledger
  const from = Math.max(0, chain.tip.height - depth)
  const rival = bodyOf(chain, chain.at(from + 1) as BlockEntry)
  const txs = keep ? rival.transactions.slice(1) : []
  let parent = chain.at(from) as BlockEntry
  for (let i = 0; i < length; i++) {
    const script = i % 2 ? OTHERS : ledger.wallet.script()
    const options = { parent, script, tag: depth * 10 + length, txs: i === 0 ? txs : [] }
    parent = ledger.accept(buildBlock(chain, options)).entry
  }
}

interface PlainCoin {
  readonly valueSat: number
  readonly script: Uint8Array
  readonly mature: boolean
}

/** The UTXO set, worked out from genesis on. */
function unspent(chain: Chain): Map<string, PlainCoin> {
  const coins = new Map<string, PlainCoin>()
  for (let height = 1; height <= chain.tip.height; height++)
    for (const [i, tx] of bodyOf(chain, chain.at(height) as BlockEntry).transactions.entries()) {
      for (const { previous } of tx.inputs) coins.delete(`${previous.txid}:${previous.index}`)
      const mature = i > 0 || chain.tip.height + 1 - height > EASY.coinbaseMaturity
      for (const [n, { valueSat, script }] of tx.outputs.entries())
        if (!isUnspendable(script)) coins.set(`${tx.txid}:${n}`, { valueSat, script, mature })
    }
  return coins
}

function checkWallet({ chain, mempool, wallet }: TestLedger): void {
  const coins = unspent(chain)
  expect([...chain.coins()].map(([key]) => key).sort()).toEqual([...coins.keys()].sort())
  for (const { tx } of mempool.entries()) {
    for (const { previous } of tx.inputs)
      expect(coins.delete(`${previous.txid}:${previous.index}`)).toBe(true)
    for (const [n, output] of tx.outputs.entries()) coins.set(`${tx.txid}:${n}`, { ...output, mature: true })
  }
  const own = [...coins.values()].filter(coin => wallet.owns(coin.script))
  const total = (mature: boolean) =>
    own.filter(coin => coin.mature === mature).reduce((sum, coin) => sum + coin.valueSat, 0)
  // every unconfirmed transaction here is the wallet's own work, so nothing is pending
  expect(wallet.balance()).toEqual({ trustedSat: total(true), immatureSat: total(false), pendingSat: 0 })
}

function family(entry: MempoolEntry, relation: 'parents' | 'children'): MempoolEntry[] {
  const found = new Set([entry])
  for (const member of found) for (const next of member[relation]) found.add(next)
  return [...found]
}

const add = (entries: readonly MempoolEntry[], key: 'feeSat' | 'vsize' | 'sigopCost') =>
  entries.reduce((sum, entry) => sum + entry[key], 0)

function checkMempool(mempool: Mempool): void {
  const all = [...mempool.entries()]
  expect([mempool.size, mempool.feesSat, mempool.bytes]).toEqual([
    all.length,
    add(all, 'feeSat'),
    add(all, 'vsize'),
  ])
  const place = new Map(all.map((entry, i) => [entry.tx.txid, i]))
  for (const [i, entry] of all.entries()) {
    for (const relation of ['parents', 'children'] as const) {
      const members = family(entry, relation)
      expect(relation === 'parents' ? entry.ancestors : entry.descendants).toEqual({
        count: members.length,
        vsize: add(members, 'vsize'),
        feeSat: add(members, 'feeSat'),
        sigopCost: add(members, 'sigopCost'),
        weight: members.reduce((sum, member) => sum + member.tx.weight, 0),
      })
      expect(members.length).toBeLessThanOrEqual(mempool.policy.maxAncestors)
    }
    const parents = new Set(entry.tx.inputs.map(input => input.previous.txid).filter(txid => place.has(txid)))
    expect(new Set([...entry.parents].map(parent => parent.tx.txid))).toEqual(parents)
    for (const parent of parents) expect(place.get(parent)).toBeLessThan(i)
    for (const { previous } of entry.tx.inputs)
      expect(mempool.spender(`${previous.txid}:${previous.index}`)).toBe(entry)
  }
}

describe('a ledger that lives through anything', () => {
  it('keeps its books right', () => {
    fc.assert(
      fc.property(steps, plan => {
        const ledger = new TestLedger()
        const heard = new Set<string>()
        ledger.mempool.listen({
          added: tx => void heard.add(tx.txid),
          removed: tx => void expect(heard.delete(tx.txid)).toBe(true),
        })
        ledger.mineMany(4)
        for (const step of plan) {
          run(ledger, step)
          checkWallet(ledger)
          checkMempool(ledger.mempool)
          expect(heard).toEqual(new Set([...ledger.mempool.entries()].map(entry => entry.tx.txid)))
        }
        // everything that waits can be mined, and the whole chain stands up to a second look
        ledger.mine()
        expect(ledger.chain.verify(0)).toBe(true)
      }),
      { numRuns: 25 },
    )
  })

  it('keeps them right in a mempool that is always too small', () => {
    fc.assert(
      fc.property(steps, plan => {
        const ledger = new TestLedger({
          policy: { maxMempoolBytes: 5_000, maxAncestors: 4, maxDescendants: 4 },
        })
        ledger.mineMany(6)
        for (const step of plan) {
          run(ledger, step)
          checkWallet(ledger)
          checkMempool(ledger.mempool)
          expect(ledger.mempool.usageBytes).toBeLessThanOrEqual(5_000)
        }
      }),
      { numRuns: 20 },
    )
  })
})
