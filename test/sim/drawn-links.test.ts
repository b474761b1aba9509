// Networks from distributions and files, run: what nodes measure over their connections is what was drawn, given or read.

import { describe, expect, test } from 'vitest'
import { isConnected } from '../../orchestrator/spec/topology.ts'
import { type Simulation, simulate } from '../support/simulation.ts'

interface Reading {
  readonly addr: string
  readonly pingtime: number
}

/** Half of the round trip of each connection from each side, in ms. */
async function measured({ testnet }: Simulation): Promise<number[]> {
  const names = testnet.state().nodes.map(({ name }) => name)
  await Promise.all(names.map(name => testnet.rpc(name, 'pinglinks', [])))
  await testnet.elapse(200_000)
  const answers = await Promise.all(
    names.map(name => testnet.rpc(name, 'getlinkinfo', []) as Promise<Reading[]>),
  )
  return answers.flat().map(({ pingtime }) => pingtime * 500)
}

const network = (count: number, links: string, topology: string) => `
nodes: { m: { count: ${count}, share: 100% } }
chain: { blockInterval: 7d }
load: { tx: 0/s }
links: { jitter: 0ms, ${links} }
topology: ${topology}`

describe('over links that are drawn', () => {
  test('round trips are those of pareto 5: mean and quartiles within five standard deviations', async () => {
    const sim = await simulate(network(40, 'latency: { mean: 80ms, shape: pareto 5 }', '{ kind: full }'))
    const found = await measured(sim)
    const pairs = (40 * 39) / 2
    expect(found).toHaveLength(2 * pairs)
    const mean = found.reduce((sum, ms) => sum + ms, 0) / found.length
    expect(Math.abs(mean - 80)).toBeLessThan((5 * Math.sqrt((64 ** 2 * 5) / 48)) / Math.sqrt(pairs))
    for (const u of [0.25, 0.5, 0.75]) {
      const below = found.filter(ms => ms < 64 * (1 - u) ** -0.2).length / found.length
      expect(Math.abs(below - u)).toBeLessThan(5 * Math.sqrt((u * (1 - u)) / pairs))
    }
    await sim.testnet.down('seen')
  })

  test('nodes that find each other have them as well, and newcomers', async () => {
    const sim = await simulate(
      network(12, 'latency: { shape: uniform, least: 100ms, most: 200ms }', '{ kind: discovered }'),
    )
    await sim.testnet.add({ group: 'm' })
    const found = await measured(sim)
    expect(found.every(ms => ms >= 100 && ms <= 200.1)).toBe(true)
    expect(new Set(found.map(ms => ms.toFixed(6))).size).toBeGreaterThan(found.length / 2 - 2)
    await sim.testnet.down('seen')
  })
})

test('a file of connections is the network, and its latencies are measured', async () => {
  const files = 'files: { g.csv: "x,y,10\\ny,z,30\\nz,x,50\\n" }'
  const sim = await simulate(`${network(3, 'latency: 400ms', '{ file: g.csv }')}\n${files}`)
  const found = await measured(sim)
  expect(found.sort((a, b) => a - b).map(Math.round)).toEqual([10, 10, 30, 30, 50, 50])
  await sim.testnet.down('seen')
})

test('degrees that are drawn are the connections that nodes have', async () => {
  const sim = await simulate(network(60, 'latency: 50ms', '{ degree: { mean: 5, shape: pareto 2 } }'))
  const { nodes } = sim.testnet.state()
  expect(nodes.map(({ peers }) => peers)).toEqual(
    nodes.map(({ name }) => sim.testnet.plan.topology.wantedPeers[name]),
  )
  const at = new Map(nodes.map(({ name }, i) => [name, i]))
  const edges = nodes.flatMap(({ name, peerNames }) =>
    peerNames.map(peer => [at.get(name) ?? 0, at.get(peer) ?? 0] as const),
  )
  expect(isConnected(60, edges)).toBe(true)
  expect(Math.max(...nodes.map(({ peers }) => peers))).toBeGreaterThan(10)
  await sim.testnet.down('seen')
})
