// The double spender as a strategy: real payments and blocks over the wire, and it succeeds as often as Rosenfeld's formula says.

import { describe, expect, test } from 'vitest'
import type { ObservedEvent } from '../../orchestrator/observe/events.ts'
import { doubleSpendChance } from '../../orchestrator/research/formulas.ts'
import { doubleSpendsOf } from '../../orchestrator/systems/ledger/strategy-words.ts'
import { simulate } from '../support/simulation.ts'
import { INTERVAL_MS } from '../support/theory.ts'

const SEEDS = [71, 72]
const BLOCKS = 800

const percentOf = (share: number) => `${+(100 * share).toFixed(6)}%`

const specOf = (seed: number, q: number, z: number, giveUp: number, relay = 'compact') => `
seed: ${seed}
nodes:
  evil: { share: ${percentOf(q)}, strategy: double-spend, confirmations: ${z}, giveUp: ${giveUp} }
  good: { count: 2, share: ${percentOf(1 - q)} }
chain: { blockInterval: ${INTERVAL_MS}ms, difficulty: { rule: fixed }, maturity: 2 }
topology: { kind: full }
links: { latency: 1ms, jitter: 0ms }
relay: ${relay}
load: { tx: 0/s }
`

async function outcome(q: number, z: number, giveUp: number) {
  let [tried, succeeded] = [0, 0]
  for (const seed of SEEDS) {
    const { testnet } = await simulate(specOf(seed, q, z, giveUp), () => false)
    await testnet.elapse(BLOCKS * INTERVAL_MS)
    const found = doubleSpendsOf(testnet.state().systems.ledger.strategies)
    tried += found?.tried ?? 0
    succeeded += found?.succeeded ?? 0
    await testnet.down('measured')
  }
  return { tried, succeeded }
}

describe("double spends succeed as often as Rosenfeld's formula says", () => {
  // Of four that are tried at once each is held to 1 − 0.05 / 4: 2.5 deviations of a binomial, for all of them 95 %.
  test.each([
    [0.1, 1],
    [0.2, 2],
    [0.3, 4],
    [0.4, 3],
  ])('q = %f, z = %i', async (q, z) => {
    const giveUp = z + 4
    const { tried, succeeded } = await outcome(q, z, giveUp)
    // It has one block more than it found since the payment.
    const chance = doubleSpendChance(q, z, giveUp + 1)
    const deviation = Math.sqrt(tried * chance * (1 - chance))
    expect(Math.abs(succeeded - tried * chance)).toBeLessThan(2.5 * deviation)
    expect(tried).toBeGreaterThan(50)
  })
})

type Strategy = Extract<ObservedEvent['event'], { type: 'strategy' }>

describe.each(['inv', 'headers', 'unsolicited', 'compact'])('where blocks are relayed by %s', relay => {
  test('the payment is confirmed, and gone when the attack succeeds; nobody hears of it before, and nothing is an offence', async () => {
    const { testnet, events } = await simulate(specOf(5, 0.4, 2, 5, relay))
    await testnet.elapse(250 * INTERVAL_MS)
    const hidden = new Map<string, number>()
    let attack: { since: number } | undefined
    const ends: Strategy[] = []
    for (const { node, seq, event } of events) {
      if (event.type === 'strategy') {
        if (event.word === 'tried') attack = { since: seq }
        else {
          ends.push(event)
          if (event.word === 'succeeded') hidden.clear()
          attack = undefined
        }
      } else if (event.type === 'block-mined' && node === 'evil-1' && attack) hidden.set(event.hash, seq)
      // Neither an own block of the attack that goes on, nor ever one of an attack that was given up.
      else if (event.type === 'block-seen' && node !== 'evil-1') expect(hidden.has(event.hash)).toBe(false)
      expect(['misbehaviour', 'peer-down', 'block-rejected']).not.toContain(event.type)
    }
    const words = ends.map(({ word }) => word)
    expect(new Set(words)).toEqual(new Set(['succeeded', 'gave-up']))
    const confirmed = async (txid: string) => {
      const chain = testnet.node('good-1').ledger.chain
      for (let height = chain.tip.height; height > 0; height--)
        if (chain.block(chain.at(height)?.hash ?? '')?.transactions.some(tx => tx.txid === txid)) return true
      return false
    }
    const tried = events.flatMap(({ event }) =>
      event.type === 'strategy' && event.word === 'tried' ? [event.facts] : [],
    )
    for (const { facts, word } of ends.slice(0, -1)) {
      const { contrary = '' } = tried.find(({ payment }) => payment === facts.payment) ?? {}
      const [paid, stolen] = [await confirmed(String(facts.payment)), await confirmed(String(contrary))]
      expect([word, paid, stolen]).toEqual(word === 'succeeded' ? [word, false, true] : [word, true, false])
    }
    // The merchant had seen it confirmed as often as he wanted.
    for (const { facts, word } of ends)
      if (word === 'succeeded') expect(facts.confirmations).toBeGreaterThanOrEqual(2)
    await testnet.down('seen')
  })
})

test('a check holds it against the formula, and a run can end after so many', async () => {
  const { testnet } = await simulate(specOf(6, 0.3, 1, 4))
  await testnet.elapse(300 * INTERVAL_MS)
  const { systems } = testnet.state()
  const [tally] = systems.ledger.strategies
  expect(tally).toMatchObject({ node: 'evil-1', strategy: 'double-spend' })
  expect(tally?.chance).toBeCloseTo(doubleSpendChance(0.3, 1, 5), 10)
  const summary = await testnet.down('seen')
  expect(summary.strategies).toEqual(systems.ledger.strategies)
})
