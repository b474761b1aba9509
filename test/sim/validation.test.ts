// The time that a block's check takes: felt once a hop, in proportion to the block, one block after the other, and by nobody as a fault.

import { describe, expect, test } from 'vitest'
import { type Simulation, simulate } from '../support/simulation.ts'

const chainOf = (chain: string, more = '') => `
nodes: { a: { share: 100% }, b: {}, c: {}, d: {} }
chain: { blockInterval: 600s, difficulty: { rule: fixed }${chain} }
links: { latency: 100ms, jitter: 0ms, bandwidth: 1000Mbit }
topology: { kind: explicit, edges: [[a-1, b-1], [b-1, c-1], [c-1, d-1]] }
load: { tx: 0/s }
${more}`

/** For each node when it had each block, since it was found, in ms. */
async function ways({ testnet, events }: Simulation): Promise<Map<string, number[]>> {
  await testnet.elapse(20 * 600_000)
  const found = new Map<string, number>()
  const ways = new Map<string, number[]>()
  for (const { node, event, timeMs } of events) {
    if (event.type === 'block-mined') found.set(event.hash, timeMs)
    if (event.type !== 'block-connected' || node === undefined || node === 'a-1') continue
    const sinceMs = timeMs - (found.get(event.hash) ?? Number.NaN)
    ways.set(node, [...(ways.get(node) ?? []), sinceMs])
  }
  await testnet.down('seen')
  return ways
}

const median = (values: readonly number[] = []) =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN

describe('a block that takes 0.2 ms a kB to check', () => {
  test.each(['unsolicited', 'compact', 'inv'])('is later by that at each hop, with relay %s', async relay => {
    const without = await ways(await simulate(chainOf(', blockSize: 1MB', `relay: ${relay}`)))
    const checked = await ways(
      await simulate(chainOf(', blockSize: 1MB, validation: 0.2ms/kB', `relay: ${relay}`)),
    )
    for (const [hop, node] of ['b-1', 'c-1', 'd-1'].entries())
      expect(median(checked.get(node)) - median(without.get(node)), node).toBeCloseTo(200 * (hop + 1), 3)
  })

  test('of its own size, where it has no other, takes next to nothing', async () => {
    const checked = await ways(await simulate(chainOf(', validation: 0.2ms/kB')))
    const without = await ways(await simulate(chainOf('')))
    const late = median(checked.get('b-1')) - median(without.get('b-1'))
    expect(late).toBeGreaterThan(0)
    expect(late).toBeLessThan(0.2)
  })
})

test('a node that was away checks all that it missed, one after the other, and nobody hangs up over it', async () => {
  const sim = await simulate(chainOf(', blockSize: 4MB, validation: 10ms/kB', 'relay: headers'))
  const { testnet, events } = sim
  await testnet.stop('d-1')
  await testnet.elapse(40 * 600_000)
  const missed = testnet.state().systems.ledger.height
  expect(missed).toBeGreaterThan(20)
  const since = events.length
  await testnet.start('d-1')
  await testnet.elapse(missed * 40_000 + 600_000)
  const after = events.slice(since)
  const connected = after.filter(({ node, event }) => node === 'd-1' && event.type === 'block-connected')
  expect(connected.length).toBeGreaterThanOrEqual(missed)
  const gaps = connected.slice(1, missed).map(({ timeMs }, i) => timeMs - (connected[i]?.timeMs ?? 0))
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(40_000 - 1e-6)
  expect(after.filter(({ event }) => event.type === 'peer-down' || event.type === 'misbehaviour')).toEqual([])
  await testnet.down('seen')
})
