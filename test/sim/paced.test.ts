// Bitcoin's own regtest, where every second hash proves a block: miners are paced, so that blocks come as the plan wants
// them, in the shares of its groups, and each with a proof.

import { expect, test } from 'vitest'
import type { NodeEvent } from '../../node/api.ts'
import { exponentialDistance } from '../../orchestrator/research/statistics.ts'
import { simulate } from '../support/simulation.ts'

const INTERVAL_MS = 2_000
const BLOCKS = 1_500
type Mined = Extract<NodeEvent, { type: 'block-mined' }>

test('blocks come at exponential times with the planned mean, as the hash power is divided, and are proven', async () => {
  const { testnet, events } = await simulate(
    `
seed: 5
chain: { network: regtest, blockInterval: ${INTERVAL_MS}ms }
nodes: { many: { count: 2, share: 70% }, few: { share: 30% } }
topology: { kind: full }
links: { latency: 1ms, jitter: 0ms }
load: { tx: 0/s }
`,
    type => type === 'block-mined',
  )
  await testnet.elapse(BLOCKS * INTERVAL_MS)
  const best = await testnet.rpc('few-1', 'getbestblockhash', [])
  const header = await testnet.rpc('few-1', 'getblockheader', [best])
  const chain = await testnet.rpc('few-1', 'getblockchaininfo', [])
  await testnet.down('measured')

  expect(chain).toMatchObject({ chain: 'regtest' })
  // No leading bit is asked of the hash but one; 207fffff.
  expect(header).toMatchObject({ bits: '207fffff' })
  const hashes = events.map(({ event }) => (event as Mined).hash)
  expect(hashes.every(hash => Number.parseInt(hash[0] as string, 16) < 8)).toBe(true)

  const times = events.slice(1).map(({ timeMs }, i) => timeMs - (events[i]?.timeMs ?? 0))
  const mean = times.reduce((sum, ms) => sum + ms, 0) / times.length
  expect(Math.abs(mean / INTERVAL_MS - 1)).toBeLessThan(3.3 / Math.sqrt(times.length))
  expect(exponentialDistance(times, INTERVAL_MS)).toBeLessThan(1.628)
  const few = events.filter(({ node }) => node === 'few-1').length / events.length
  expect(Math.abs(few - 0.3)).toBeLessThan(3.3 * Math.sqrt((0.3 * 0.7) / events.length))
})

test('whoever joins mines at its rate beside them, and without the others the chain slows down', async () => {
  const { testnet, events } = await simulate(
    `
seed: 6
chain: { network: regtest, blockInterval: ${INTERVAL_MS}ms }
nodes: { first: { count: 2, hashRate: 1MH/s } }
load: { tx: 0/s }
`,
    type => type === 'block-mined',
  )
  await testnet.add({ group: 'first', name: 'late', hashRateHps: 2e6 })
  await testnet.elapse(BLOCKS * INTERVAL_MS)
  const all = events.length
  expect(Math.abs(all / (2 * BLOCKS) - 1)).toBeLessThan(3.3 / Math.sqrt(2 * BLOCKS))
  const late = events.filter(({ node }) => node === 'late').length / all
  expect(Math.abs(late - 0.5)).toBeLessThan(3.3 * Math.sqrt(0.25 / all))
  await testnet.rpc('late', 'sethashrate', [0])
  await testnet.rpc('first-1', 'sethashrate', [0])
  await testnet.elapse(BLOCKS * INTERVAL_MS)
  await testnet.down('measured')
  expect(Math.abs((events.length - all) / (BLOCKS / 2) - 1)).toBeLessThan(3.3 / Math.sqrt(BLOCKS / 2))
})
