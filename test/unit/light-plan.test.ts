// What a plan makes of light clients: whom they connect to, what full nodes keep for them, and what a spec may not ask.

import { describe, expect, test } from 'vitest'
import { serviceConfigs } from '../../orchestrator/runtime/node-config.ts'
import { parseSpec } from '../../orchestrator/spec/load.ts'
import { makePlan } from '../../orchestrator/spec/plan.ts'
import type { Plan } from '../../orchestrator/spec/types.ts'

const planOf = (yaml: string): Plan => makePlan(parseSpec(yaml, 'the test', {}))
const NODES = 'nodes: { full: { count: 6, share: 100% }, light: { count: 3, runs: bitcoin-light } }'

const dialled = ({ topology }: Plan, name: string) =>
  topology.edges.filter(({ from }) => from === name).map(({ to }) => to)

describe.each([
  ['topology: { degree: 3 }', 3],
  ['topology: { kind: ring }', 4],
  ['topology: { kind: star }', 4],
  ['topology: { kind: full }', 4],
  ['topology: { kind: discovered }', 1],
  ['topology: { degree: { mean: 3, shape: uniform, least: 2, most: 4 } }', 4],
])('with %s', (topology, count) => {
  const plan = planOf(`${NODES}\n${topology}`)

  test(`each light client dials ${count} different full nodes, and nobody dials one`, () => {
    for (const name of ['light-1', 'light-2', 'light-3']) {
      const peers = dialled(plan, name)
      expect(new Set(peers).size).toBe(count)
      expect(peers.every(peer => peer.startsWith('full-'))).toBe(true)
    }
    expect(plan.topology.edges.some(({ to }) => to.startsWith('light-'))).toBe(false)
  })

  test('full nodes are connected as they would be alone, and keep filters', () => {
    const alone = planOf(`nodes: { full: { count: 6, share: 100% } }\n${topology}`)
    const between = (edges: Plan['topology']['edges']) =>
      edges.filter(({ from }) => from.startsWith('full-')).map(({ from, to }) => [from, to])
    expect(between(plan.topology.edges)).toEqual(between(alone.topology.edges))
    expect(plan.blockFilters).toBe(true)
    expect(alone.blockFilters).toBeUndefined()
  })
})

test('a client waits for no liar, and no full node for a client; all of them have room', () => {
  const many = planOf(
    'nodes: { full: { count: 2, share: 100% }, liar: { count: 1, strategy: liar }, light: { count: 400, runs: bitcoin-light } }\ntopology: { kind: full }',
  )
  const { wantedPeers } = many.topology
  expect([wantedPeers['full-1'], wantedPeers['liar-1'], wantedPeers['light-7']]).toEqual([2, 2, 2])
  const [full] = many.nodes
  if (!full) throw new Error('no node')
  const { bitcoin } = serviceConfigs(many, full, {}, () => ({ host: '127.0.0.1', port: 0 }))
  expect((bitcoin as { peers: { maxConnections: number } }).peers.maxConnections).toBeGreaterThan(400)
})

test('other people’s full nodes are told to keep filters, too', () => {
  const nodes = 'core: { count: 1, client: bitcoind, program: /opt/bitcoind, args: [-debug=net] }'
  const launchOf = (more: string) =>
    planOf(
      `chain: { network: regtest }\nnodes: { ours: { count: 1, share: 100% }, ${nodes}${more} }`,
    ).nodes.find(({ name }) => name === 'core-1')?.client?.launch
  expect(launchOf('')).toMatchObject({ argv: ['/opt/bitcoind', '-datadir={data}', '-debug=net'] })
  expect(launchOf(', light: { runs: bitcoin-light }')).toMatchObject({
    argv: ['/opt/bitcoind', '-datadir={data}', '-blockfilterindex=1', '-peerblockfilters=1', '-debug=net'],
  })
})

test('a client has the chain of its peers, and nothing that mines', () => {
  const plan = planOf(NODES)
  const client = plan.nodes.find(({ name }) => name === 'light-1')
  if (!client) throw new Error('no client')
  const { bitcoin } = serviceConfigs(plan, client, {}, () => ({ host: '127.0.0.1', port: 0 }))
  expect(bitcoin).toMatchObject({ light: { chain: plan.chain } })
  expect(bitcoin).not.toHaveProperty('ledger')
})

test.each([
  ['nodes: { light: { count: 2, runs: bitcoin-light } }', 'nodes.light.runs: bitcoin-light needs full nodes'],
  ['nodes: { a: { count: 2, share: 100% }, b: { runs: [bitcoin, bitcoin-light] } }', 'stands alone'],
  ['nodes: { a: { share: 50% }, b: { share: 50%, runs: bitcoin-light } }', 'who mines runs bitcoin'],
  [`${NODES}\ntopology: { kind: star, center: light-1 }`, 'there is no full node light-1'],
  [
    `${NODES}\ntopology: { kind: explicit, edges: [[light-1, full-1], [light-1, light-2]] }`,
    'light-1 and light-2 are light clients',
  ],
  [`${NODES}\ntopology: { degree: 6 }`, '6 nodes cannot have 6 peers each: at most 5'],
  ['nodes: { a: { share: 100% } }\nexpect: { light-agrees: {} }', 'no node runs bitcoin-light'],
])('%s is refused', (yaml, why) => {
  expect(() => planOf(yaml)).toThrow(why)
})
