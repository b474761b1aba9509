// Any latency that a spec can have must stand: the patience of nodes and of the launch follows from the plan.

import { expect, test } from 'vitest'
import type { ObservedEvent } from '../../orchestrator/observe/events.ts'
import { simulate } from '../support/simulation.ts'

const mesh = (links: string, more = '') => `
nodes: { miners: { count: 8, share: 100% } }
chain: { blockInterval: 600s }
topology: { kind: full }
links: { ${links} }
load: { tx: 0/s }
${more}`

const lost = (events: readonly ObservedEvent[]) =>
  events.filter(({ event }) => event.type === 'peer-down' || event.type === 'dial-failed')

test.each([
  ['2.6 s', 'latency: 2600ms, jitter: 0ms'],
  ['10 s', 'latency: 10s, jitter: 1s'],
  ['60 s', 'latency: 60s, jitter: 0ms'],
  ['60 s, and as much jitter', 'latency: 60s, jitter: 60s'],
])('a full mesh of links of %s stands, and loses nobody', async (_, links) => {
  const { testnet, events } = await simulate(mesh(links))
  expect(testnet.state().nodes.map(({ peers }) => peers)).toEqual(Array(8).fill(7))
  await testnet.elapse(4 * 3_600_000)
  expect(lost(events)).toEqual([])
  expect(testnet.state().systems.ledger.height).toBeGreaterThan(5)
  expect(await testnet.agree(60_000)).toBe(true)
  await testnet.down('seen')
})

test('nodes that find each other over links of 10 s stand as well', async () => {
  const yaml = mesh('latency: 10s').replace('kind: full', 'kind: discovered')
  const { testnet } = await simulate(yaml)
  await testnet.down('seen')
})

test('payments over slow links are asked for once, and nobody hangs up over blocks that come fast', async () => {
  const yaml = mesh('latency: 40s').replace('600s', '300s').replace('tx: 0/s', 'tx: 0.02/s')
  const { testnet, events } = await simulate(yaml)
  await testnet.elapse(2 * 3_600_000)
  expect(lost(events)).toEqual([])
  await testnet.down('seen')
})

test('a newcomer is waited for, and a fault on slow links is measured and healed', async () => {
  const { testnet, events } = await simulate(mesh('latency: 20s'))
  await testnet.add({ group: 'miners' })
  await testnet.elapse(600_000)
  const fault = await testnet.inject({ kind: 'partition', cut: 'isolate miners-1' })
  expect(fault.verified).toBe(true)
  expect(await testnet.heal()).toMatchObject([{ verified: true }])
  expect(events.filter(({ event }) => event.type === 'note')).toEqual([])
  await testnet.down('seen')
})

const QUARTERS = `
nodes: { m0: { share: 25% }, m1: { share: 25% }, m2: { share: 25% }, m3: { share: 25% } }
chain: { blockInterval: 600s, difficulty: { rule: fixed } }
topology: { kind: full }
links: { latency: 10s, jitter: 0ms }
relay: unsolicited
load: { tx: 0/s }
`
/** For four peers to find each other: half a minute, half a second each, and twelve round trips of 20 s. */
const MEETING_S = 30 + 4 * 0.5 + 12 * 20

test.each([
  [46, true],
  [11, true],
  [12785, false],
])('a tie at the launch is waited for: seed %d', async (seed, outlasts) => {
  const { testnet, events } = await simulate(`seed: ${seed}\n${QUARTERS}`)
  const ready = events.find(({ event }) => event.type === 'network-ready')?.event
  expect(ready).toMatchObject({ seconds: expect.any(Number) })
  expect((ready as { seconds: number }).seconds > MEETING_S).toBe(outlasts)
  const notes = events.flatMap(({ event }) => (event.type === 'note' ? [event.message] : []))
  expect(notes).toEqual(
    outlasts ? [expect.stringContaining('all peers are there, and the nodes do not agree on a tip yet')] : [],
  )
  await testnet.down('seen')
})
