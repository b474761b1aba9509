// `--runtime sim` as its users have it, and the faults that people put upon a simulated network.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { RunSummary } from '../../orchestrator/control/api.ts'
import { Desk } from '../support/cli.ts'
import { MINUTE_MS, type Simulation, simulate } from '../support/simulation.ts'

const SPEC = `
runtime: sim
nodes: { miners: { count: 8, share: 100% }, full: { count: 4 } }
chain: { blockInterval: 30s }
load: { tx: 0.2/s }
links: { latency: 80ms, jitter: 20ms, loss: 1%, bandwidth: 10Mbit }
`

function digest(folder: string): string {
  return createHash('sha256')
    .update(readFileSync(join(folder, 'events.ndjson')))
    .digest('hex')
}

test('one spec and one seed give the same record to the byte in two processes, another seed another record', async () => {
  const desk = new Desk(SPEC)
  const digests: string[] = []
  for (const [run, seed] of [1, 1, 2].entries()) {
    const folder = join(desk.folder, `run-${run}`)
    const flags = ['--seed', String(seed), '--for', '20m', '--run-dir', folder]
    const summary = (await desk.ask('up', ...flags)) as RunSummary
    expect(summary).toMatchObject({ runtime: 'sim', seed, nodes: 12, converged: true })
    expect(summary.seconds).toBeGreaterThanOrEqual(1200)
    expect(summary.realSeconds).toBeLessThan(summary.seconds)
    expect(summary.simulatedEvents).toBeGreaterThan(1_000)
    expect(summary.blocks).toBeGreaterThan(10)
    expect(summary.transactions.confirmed).toBeGreaterThan(0)
    digests.push(digest(folder))
  }
  expect(digests[1]).toBe(digests[0])
  expect(digests[2]).not.toBe(digests[0])
})

test('time stands while whoever records is behind, and the same happens as when nobody is', async () => {
  const spec =
    'nodes: { miners: { count: 8, share: 100% } }\nchain: { blockInterval: 10s }\nload: { tx: 0.5/s }'
  const record = async (behind?: () => Promise<unknown> | undefined) => {
    network = await simulate(spec, () => true, { behind })
    await network.testnet.elapse(5 * MINUTE_MS)
    await network.testnet.down('the test is over')
    return network.events
  }
  let network: Simulation | undefined
  const prompt = await record()
  const stood = { flowing: 0, stopping: 0 }
  let looks = 0
  const slow = await record(() => {
    const [testnet, fromMs] = [network?.testnet, network?.testnet.nowMs()]
    const stopping = testnet?.state().phase === 'stopping'
    if (looks++ % 3 !== 0 && !stopping) return undefined
    stood[stopping ? 'stopping' : 'flowing']++
    return new Promise<void>(resolve => setTimeout(resolve, 1)).then(() =>
      expect(testnet?.nowMs()).toBe(fromMs),
    )
  })
  expect(stood.flowing).toBeGreaterThan(10)
  expect(stood.stopping).toBe(7) // after each node that goes down but the last
  expect(slow).toEqual(prompt)
})

test('a partition is measured, forks the chain, and heals to one tip', async () => {
  const { testnet } = await simulate(
    'nodes: { miners: { count: 6, share: 100% } }\nchain: { blockInterval: 10s }\nload: { tx: 0/s }',
  )
  await testnet.elapse(2 * MINUTE_MS)
  expect(testnet.state().systems.ledger.tips).toBe(1)
  const cut = await testnet.inject({ kind: 'partition', cut: 'halves' })
  expect(cut).toMatchObject({ kind: 'partition', verified: true })
  await testnet.elapse(5 * MINUTE_MS)
  expect(testnet.state().systems.ledger.tips).toBeGreaterThan(1)
  const [healed] = await testnet.heal()
  expect(healed?.verified).toBe(true)
  await testnet.elapse(2 * MINUTE_MS)
  expect(await testnet.agree(MINUTE_MS)).toBe(true)
  const summary = await testnet.down('the test is over')
  expect(summary).toMatchObject({ converged: true, tips: 1 })
  expect(summary.reorgMaxDepth).toBeGreaterThan(1)
  expect(summary.staleBlocks).toBeGreaterThan(1)
})

test('nodes are stopped, killed, started, paused, resumed and added, and agree in the end', async () => {
  const { testnet, events } = await simulate(
    'nodes: { miners: { count: 5, share: 100% } }\nchain: { blockInterval: 10s }\nload: { tx: 1/s }',
  )
  await testnet.elapse(3 * MINUTE_MS)
  await testnet.stop('miners-1')
  await testnet.kill('miners-2')
  await testnet.pause('miners-3')
  await expect(testnet.rpc('miners-1', 'getblockcount', [])).rejects.toThrow('does not run')
  await expect(testnet.rpc('miners-3', 'getblockcount', [])).rejects.toThrow('is paused')
  const seen = events.length
  await testnet.elapse(2 * MINUTE_MS)
  const silent = new Set(['miners-1', 'miners-2', 'miners-3'])
  expect(events.slice(seen).filter(event => silent.has(event.node ?? ''))).toEqual([])

  await testnet.start('miners-1')
  await testnet.start('miners-2')
  await testnet.resume('miners-3')
  const joined = await testnet.add({ hashRateHps: 100_000 })
  await testnet.elapse(2 * MINUTE_MS)
  expect(await testnet.agree(MINUTE_MS)).toBe(true)
  const height = testnet.state().systems.ledger.height
  for (const name of ['miners-1', 'miners-2', 'miners-3', joined])
    expect(await testnet.rpc(name, 'getblockcount', [])).toBe(height)
  const kept = events.find(
    ({ event }, i) => i > seen && event.type === 'node-ready' && event.node === 'miners-2',
  )
  expect(kept?.event).toMatchObject({ resumedHeight: expect.any(Number) })
  await expect(testnet.rpc(joined, 'nonsense', [])).rejects.toThrow('Method not found')
  await testnet.down('the test is over')
  expect(testnet.state().phase).toBe('stopped')
})
