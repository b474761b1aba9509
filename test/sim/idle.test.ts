// Connections over which nothing is said: the simulated network answers for those that are sound, so that nobody pings over
// them, and a peer that is frozen or cut off is found out as on any other network.

import { expect, test } from 'vitest'
import type { ObservedEvent } from '../../orchestrator/observe/events.ts'
import { MINUTE_MS, simulate } from '../support/simulation.ts'

const QUIET = `
nodes: { full: { count: 4 } }
topology: { kind: full }
load: { tx: 0/s }
`

interface PeerInfo {
  readonly bytessent_per_msg: { readonly ping?: number }
}

const lost = (events: readonly ObservedEvent[], node: string) =>
  events.flatMap(({ node: at, event }) => (at === node && event.type === 'peer-down' ? [event.why] : []))

test('idle connections last a day, and cost a ping or two', async () => {
  const { testnet, events } = await simulate(QUIET)
  await testnet.elapse(24 * 60 * MINUTE_MS)
  expect(events.filter(({ event }) => event.type === 'peer-down')).toEqual([])
  const peers = (await testnet.rpc('full-1', 'getpeerinfo', [])) as readonly PeerInfo[]
  expect(peers).toHaveLength(3)
  for (const { bytessent_per_msg } of peers) expect(bytessent_per_msg.ping).toBeLessThanOrEqual(64)
  await testnet.down('the test is over')
})

test('a frozen peer is given up after twenty minutes, whenever it froze; one that wakes in time is not', async () => {
  const { testnet, events } = await simulate(QUIET)
  await testnet.elapse(5 * 60 * MINUTE_MS)
  await testnet.pause('full-2')
  await testnet.elapse(15 * MINUTE_MS)
  await testnet.resume('full-2')
  await testnet.elapse(60 * MINUTE_MS)
  expect(events.filter(({ event }) => event.type === 'peer-down')).toEqual([])
  await testnet.pause('full-3')
  await testnet.elapse(19 * MINUTE_MS)
  expect(lost(events, 'full-1')).toEqual([])
  await testnet.elapse(4 * MINUTE_MS)
  expect(lost(events, 'full-1')).toEqual(['ping timeout'])
  expect(lost(events, 'full-2')).toEqual(['ping timeout'])
  await testnet.down('the test is over')
})

test('connections over a cut are given up, those on either side of it are not', async () => {
  const { testnet, events } = await simulate(QUIET)
  await testnet.elapse(5 * 60 * MINUTE_MS)
  await testnet.inject({ kind: 'partition', cut: 'full-1,full-2 | rest' })
  await testnet.elapse(25 * MINUTE_MS)
  for (const node of ['full-1', 'full-2', 'full-3', 'full-4'])
    expect(lost(events, node).slice(0, 2), node).toHaveLength(2)
  const peers = (await testnet.rpc('full-1', 'getpeerinfo', [])) as readonly PeerInfo[]
  expect(peers).toHaveLength(1)
  await testnet.heal()
  await testnet.elapse(10 * MINUTE_MS)
  expect((await testnet.rpc('full-1', 'getpeerinfo', [])) as readonly PeerInfo[]).toHaveLength(3)
  await testnet.down('the test is over')
})
