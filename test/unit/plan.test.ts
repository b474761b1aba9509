// spec + seed → plan: pure, and what it makes has the properties it was asked for.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRandom } from '../../node/core/random.ts'
import { workOfBits } from '../../node/ledger/consensus/target.ts'
import { REGTEST } from '../../node/params.ts'
import { serviceConfig } from '../../orchestrator/runtime/service-parts.ts'
import { type Overrides, parseSpec } from '../../orchestrator/spec/load.ts'
import { makePlan } from '../../orchestrator/spec/plan.ts'
import { full, isConnected, randomRegular, ring, star } from '../../orchestrator/spec/topology.ts'
import type { PlannedNode } from '../../orchestrator/spec/types.ts'

const plan = (yaml: string, overrides: Overrides = {}) => makePlan(parseSpec(yaml, 'net.yaml', overrides))

function degrees(count: number, edges: readonly (readonly [number, number])[]): number[] {
  const degree = Array.from({ length: count }, () => 0)
  for (const end of edges.flat()) degree[end] = (degree[end] ?? 0) + 1
  return degree
}

describe('a plan', () => {
  it('is the same for the same spec and seed, and another for another seed', () => {
    expect(plan('')).toEqual(plan(''))
    expect(plan('', { seed: '2' }).nodes[0]?.seed).not.toBe(plan('').nodes[0]?.seed)
  })

  it('has a transport where one was said, and v1 where blocks are to count more than they are', () => {
    const made = plan(
      'transport: v2\nnodes: { a: { share: 100% }, b: { transport: v1 }, c: { transport: accept-v2 } }',
    )
    expect(made.transport).toBe('v2')
    expect(made.nodes.map(({ transport }) => transport)).toEqual([undefined, 'v1', 'accept-v2'])
    const place = { listen: { host: '127.0.0.1', port: 0 }, connect: [] }
    const spoken = made.nodes.map(node => serviceConfig(made, node, 'bitcoin', place))
    expect(spoken).toMatchObject([
      { peers: { transport: 'v2' } },
      { peers: { transport: 'v1' } },
      { peers: { transport: 'accept-v2' } },
    ])
    const usual = plan('')
    expect(usual).not.toHaveProperty('transport')
    expect(serviceConfig(usual, usual.nodes[0] as PlannedNode, 'bitcoin', place)).not.toHaveProperty(
      'peers.transport',
    )
    expect(plan('chain: { blockSize: 10kB }\nlinks: { bandwidth: 1Mbit }').transport).toBe('v1')
  })

  it('gives a node its seed by its name: more nodes do not change the others', () => {
    expect(plan('', { nodes: '9' }).nodes[3]?.seed).toBe(plan('').nodes[3]?.seed)
    expect(new Set(plan('', { nodes: '50' }).nodes.map(node => node.seed)).size).toBe(50)
  })

  it('of a regtest network has Bitcoin’s rules, whatever stands beside it, and the node’s chain is just so', () => {
    const { chain } = plan('chain: { network: regtest, maturity: 3, subsidy: 7, blockInterval: 2s }')
    const { network, name, ...rules } = chain
    expect([network, name]).toEqual(['regtest', plan('').chain.name])
    expect(REGTEST).toMatchObject({ ...rules, blockIntervalMs: 600_000 })
    expect(rules).toMatchObject({ coinbaseMaturity: 100, halvingInterval: 150, blockIntervalMs: 2_000 })
    expect(plan('').chain.coinbaseMaturity).not.toBe(100)
  })

  it('of a regtest network paces its miners, in virtual time too: a block costs what all of them hash in an interval', () => {
    const regtest =
      'chain: { network: regtest, blockInterval: 2s }\nnodes: { a: { count: 3, hashRate: 10kH/s } }'
    for (const runtime of ['process', 'docker', 'sim'] as const) {
      const { nodes, chain, hashesPerBlock } = plan(regtest, { runtime })
      expect(nodes.map(({ mining }) => mining.mode)).toEqual(['paced', 'paced', 'paced'])
      expect(chain.checkProofOfWork).toBe(true)
      expect(hashesPerBlock).toBe(60_000)
    }
    const nobody = plan('chain: { network: regtest, blockInterval: 2s }\nnodes: { a: { count: 3 } }')
    expect(nobody.hashesPerBlock).toBe(2_000_000)
    const simulated = plan(`${regtest}\nmining: { mode: simulated }`)
    expect(simulated).toMatchObject({ chain: { checkProofOfWork: false }, hashesPerBlock: 60_000 })
    expect(plan('').hashesPerBlock).toBeUndefined()
  })

  it('of a spec without a line is the network of the first page', () => {
    const { nodes, topology, chain, faults, expect: checks, keep, regions, ...rest } = plan('')
    expect(rest).toMatchObject({
      schemaVersion: 1,
      seed: 1,
      runtime: 'process',
      relay: 'compact',
      durationMs: 0,
      blockBytes: 0,
    })
    expect({ faults, checks, keep, regions }).toEqual({})
    expect(nodes.map(({ name, group, index }) => [name, group, index])).toEqual(
      [1, 2, 3, 4, 5].map(i => [`miners-${i}`, 'miners', i - 1]),
    )
    expect(nodes.every(({ seed }) => /^[0-9a-f]{64}$/.test(seed))).toBe(true)
    expect(chain).toMatchObject({ checkProofOfWork: true, powLimitBits: 0x207fffff })
    expect(topology.kind).toBe('random-regular')
  })

  it('has what its spec says, in the units of code', () => {
    const made = plan(`
      name: all-of-it
      seed: 42
      duration: 90s
      keep: true
      relay: headers
      load: { tx: 3/s }
      limits: { memory: 300MB, cpus: 0.5, pids: 99 }
      links: { latency: 40ms, jitter: 4ms, bandwidth: 2Mbit, loss: 0.5% }
      mining: { mode: simulated, hashRate: 20kH/s }
      chain:
        blockInterval: 2s
        maturity: 7
        subsidy: 12.5
        halvingInterval: 210
        maxBlockWeight: 400000
        blockSize: 10kB
        difficulty: { rule: bitcoin, window: 144 }
      nodes: { a: { count: 1, hashRate: 15kH/s, threads: 2 }, b: { count: 2, share: 100% }, c: { count: 1 } }
      topology: { kind: explicit, edges: [[a-1, c-1], [c-1, b-1], [b-1, b-2]] }
    `)
    expect(made).toMatchObject({
      network: 'all-of-it',
      seed: 42,
      durationMs: 90_000,
      keep: true,
      relay: 'headers',
      blockBytes: 10_000,
      load: { txPerSecond: 3 },
      limits: { memoryBytes: 300e6, cpus: 0.5, pids: 99 },
      defaultLink: { latencyMs: 40, jitterMs: 4, bandwidthBps: 2e6, loss: 0.005, blocked: false },
      chain: {
        name: 'all-of-it',
        blockIntervalMs: 2000,
        coinbaseMaturity: 7,
        subsidySat: 1_250_000_000,
        halvingInterval: 210,
        maxBlockWeight: 400_000,
        checkProofOfWork: false,
        difficulty: { rule: 'bitcoin', windowBlocks: 144 },
      },
      topology: { kind: 'explicit', wantedPeers: { 'a-1': 1, 'b-1': 2, 'b-2': 1, 'c-1': 2 } },
    })
    expect(made.nodes.map(({ mining }) => mining)).toMatchObject([
      { mode: 'simulated', hashRateHps: 15_000, threads: 2 },
      { mode: 'simulated', hashRateHps: 10_000 },
      { mode: 'simulated', hashRateHps: 10_000 },
      { mode: 'off', hashRateHps: 0 },
    ])
    expect(made.topology.edges.map(({ from, to, reverse }) => [from, to, reverse])).toEqual([
      ['a-1', 'c-1', undefined],
      ['c-1', 'b-1', undefined],
      ['b-1', 'b-2', undefined],
    ])
  })

  it('has the rule of difficulty that was asked for', () => {
    const rule = (text: string) =>
      plan(`chain: { blockInterval: 2s, difficulty: { ${text} } }`).chain.difficulty
    expect(rule('rule: fixed')).toEqual({ rule: 'fixed' })
    expect(rule('rule: asert')).toEqual({ rule: 'asert', halfLifeMs: 120_000 })
    expect(rule('rule: asert, halfLife: 5s')).toEqual({ rule: 'asert', halfLifeMs: 5000 })
  })

  it('has the strategy of each group, and how well its nodes are connected where that is said', () => {
    const { nodes } = plan(
      'nodes: { a: { count: 1, share: 40% }, b: { count: 1, share: 30%, strategy: selfish }, c: { count: 1, share: 30%, strategy: { selfish: { gamma: 0.5 } } } }',
    )
    expect(nodes.map(({ strategy }) => strategy)).toEqual([
      undefined,
      { name: 'selfish' },
      { name: 'selfish', gamma: 0.5 },
    ])
  })

  it('mines nothing real in virtual time', () => {
    const { chain, nodes } = plan('', { runtime: 'sim' })
    expect(chain.checkProofOfWork).toBe(false)
    expect(new Set(nodes.map(({ mining }) => mining.mode))).toEqual(new Set(['simulated']))
  })

  it('without hash power has the easiest target, and with the least a target of its own', () => {
    const easiest = 0x207fffff
    expect(plan('nodes: { full: { count: 2 } }').chain.initialBits).toBe(easiest)
    const slow = plan('chain: { blockInterval: 100s }\nnodes: { one: { count: 1, hashRate: 1H/s } }')
    expect(Number(workOfBits(slow.chain.initialBits))).toBeCloseTo(100, -1)
  })

  it('waits for four peers of discovered nodes, or for all there are', () => {
    const wanted = (nodes: string) => plan('topology: { kind: discovered }', { nodes }).topology.wantedPeers
    expect(new Set(Object.values(wanted('9')))).toEqual(new Set([4]))
    expect(new Set(Object.values(wanted('5')))).toEqual(new Set([4]))
    expect(new Set(Object.values(wanted('4')))).toEqual(new Set([3]))
  })

  it('divides the hash rate by the shares of the groups', () => {
    const { nodes } = plan(
      'mining: { hashRate: 10kH/s }\nnodes: { big: { count: 1, share: 60% }, small: { count: 4, share: 40% }, full: { count: 1 } }',
    )
    expect(nodes.map(node => node.mining.hashRateHps)).toEqual([6000, 1000, 1000, 1000, 1000, 0])
    expect(nodes.at(-1)?.mining.mode).toBe('off')
  })

  it('starts at the difficulty at which the first block takes its expected time', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5_000 }),
        fc.integer({ min: 1, max: 600 }),
        (kiloHps, seconds) => {
          const { chain } = plan(
            `mining: { hashRate: ${kiloHps}kH/s }\nchain: { blockInterval: ${seconds}s }`,
          )
          const expected = kiloHps * 1000 * seconds
          expect(Number(workOfBits(chain.initialBits)) / expected).toBeCloseTo(1, 3)
        },
      ),
    )
  })

  it('names every edge by nodes that are there and counts the wanted peers from them', () => {
    const { topology } = plan('topology: { kind: star, center: miners-3 }')
    expect(topology.edges.every(edge => edge.to === 'miners-3' && edge.from !== 'miners-3')).toBe(true)
    expect(topology.wantedPeers).toMatchObject({ 'miners-1': 1, 'miners-3': 4 })
  })

  it('gives every discovered node but the first one address, of an earlier node', () => {
    const { topology, nodes } = plan('topology: { kind: discovered }', { nodes: '30' })
    const index = (name: string) => nodes.findIndex(node => node.name === name)
    expect(topology.edges).toHaveLength(29)
    expect(topology.edges.every(edge => index(edge.to) < index(edge.from))).toBe(true)
  })
})

describe('a topology', () => {
  it('that is random regular is simple, connected and regular', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 60 }),
        fc.integer({ min: 2, max: 8 }),
        fc.string(),
        (count, wish, seed) => {
          const degree = Math.min(wish, count - 1)
          fc.pre((count * degree) % 2 === 0)
          const edges = randomRegular(count, degree, createRandom(seed))
          expect(degrees(count, edges).every(d => d === degree)).toBe(true)
          expect(edges.every(([a, b]) => a !== b)).toBe(true)
          expect(new Set(edges.map(([a, b]) => [a, b].sort().join())).size).toBe(edges.length)
          expect(isConnected(count, edges)).toBe(degree > 1 || count === 2)
        },
      ),
    )
  })

  it('that is random differs by seed', () => {
    expect(randomRegular(20, 4, createRandom('a'))).not.toEqual(randomRegular(20, 4, createRandom('b')))
  })

  it('of one, two or three nodes is no special case to the user', () => {
    for (const nodes of ['1', '2', '3', '4'])
      for (const kind of ['random-regular', 'ring', 'star', 'full', 'discovered']) {
        const { topology } = plan(`topology: { kind: ${kind} }`, { nodes })
        expect(topology.edges.length, `${kind} of ${nodes}`).toBeGreaterThanOrEqual(Number(nodes) - 1)
      }
  })

  it('that is a ring, a star or full has its shape', () => {
    expect(degrees(7, ring(7))).toEqual([2, 2, 2, 2, 2, 2, 2])
    expect(degrees(4, star(4, 2))).toEqual([1, 1, 3, 1])
    expect(degrees(5, full(5))).toEqual([4, 4, 4, 4, 4])
  })
})
