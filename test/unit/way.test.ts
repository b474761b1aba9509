// What links make of a network's blocks, on paper: how far nodes may be apart, and what a line cannot carry.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findCheck } from '../../orchestrator/checks/all.ts'
import type { Ground } from '../../orchestrator/checks/check.ts'
import { isBeyond } from '../../orchestrator/network/carriage.ts'
import type { NetworkState } from '../../orchestrator/observe/state.ts'
import { parseSpec } from '../../orchestrator/spec/load.ts'
import { makePlan } from '../../orchestrator/spec/plan.ts'
import type { Plan } from '../../orchestrator/spec/types.ts'
import { blocksApart } from '../../orchestrator/systems/ledger/one-tip.ts'
import type { BlockState } from '../../orchestrator/systems/ledger/state.ts'
import {
  allowedDepth,
  carriageOf,
  farthest,
  thinnestBps,
  wayMs,
} from '../../orchestrator/systems/ledger/way.ts'
import { groundOf } from '../support/ground.ts'
import { stateWith } from '../support/partial-state.ts'

const planOf = (yaml: string) => makePlan(parseSpec(`runtime: sim\n${yaml}`, 'test', {}))
const thin = (interval: string, bandwidth: string, topology = 'full') =>
  planOf(`
nodes: { miners: { count: 4, share: 100% } }
chain: { blockInterval: ${interval}, difficulty: { rule: fixed } }
topology: { kind: ${topology} }
links: { latency: 50ms, jitter: 0ms, bandwidth: ${bandwidth} }
`)

describe('a block on its way', () => {
  test('takes the latency and the time that its bytes take, a hop', () => {
    expect(wayMs(thin('1s', '233600bit'))).toBeCloseTo(60, 6)
    expect(wayMs(thin('1s', '233600bit', 'star'))).toBeCloseTo(120, 6)
    expect(wayMs(thin('1s', '233600bit', 'ring'))).toBeCloseTo(120, 6)
  })

  test('is checked at every hop', () => {
    const plan = { ...thin('1s', '233600bit', 'star'), blockBytes: 292_000, validationMsPerKb: 0.5 }
    expect(wayMs(plan) - wayMs({ ...plan, validationMsPerKb: 0 })).toBeCloseTo(2 * 146, 6)
  })

  test('has no more than all hops of a network of thousands, and is worked out at once', () => {
    const large = planOf(
      'nodes: { m: { count: 9000, share: 100% } }\ntopology: { degree: { mean: 20, shape: exponential } }',
    )
    expect(farthest(large)).toBeGreaterThanOrEqual(4)
    expect(farthest(large)).toBeLessThanOrEqual(40)
    expect(wayMs(large)).toBe(farthest(large) * 65)
  })

  test('crosses a link three times where it is announced and asked for first', () => {
    const plan = thin('1s', '233600bit')
    expect(wayMs({ ...plan, relay: 'inv' })).toBeCloseTo(160, 6)
    expect(wayMs({ ...plan, relay: 'headers' })).toBeCloseTo(160, 6)
    expect(wayMs({ ...plan, relay: 'unsolicited' })).toBeCloseTo(60, 6)
  })

  test('leaves nodes apart by six blocks, and by ten times those that come meanwhile', () => {
    expect(allowedDepth(thin('1s', '233600bit'))).toBe(7)
    expect(allowedDepth(thin('100ms', '233600bit', 'star'))).toBe(18)
  })
})

describe('the farthest node', () => {
  const plan = thin('1s', '233600bit')
  const network = (count: number, edges: readonly (readonly [number, number])[]): Plan => ({
    ...plan,
    nodes: Array.from(
      { length: count },
      (_, i) => ({ ...plan.nodes[0], name: `n${i}` }) as Plan['nodes'][number],
    ),
    topology: {
      ...plan.topology,
      edges: edges.map(
        ([from, to]) =>
          ({
            ...plan.topology.edges[0],
            from: `n${from}`,
            to: `n${to}`,
          }) as Plan['topology']['edges'][number],
      ),
    },
  })

  test('is at the other end of a line, and counts no node that cannot be reached', () => {
    const line = Array.from({ length: 99 }, (_, i) => [i, i + 1] as const)
    expect(farthest(network(100, line))).toBe(99)
    expect(farthest(network(140, line.slice(40)))).toBe(59)
    expect(farthest(network(3, []))).toBe(1)
  })

  test('is found among as many links as ten thousand peers have', () => {
    const edges = Array.from({ length: 100_000 }, (_, i) => [i % 400, (i * 7) % 400] as const)
    const many = network(400, edges)
    expect(wayMs(many)).toBeCloseTo(farthest(many) * wayMs(network(2, [[0, 1]])), 6)
    expect(thinnestBps(many)).toBe(233_600)
  })

  test('is as far as going from each node alone finds it', () => {
    const edge = fc.tuple(fc.nat(69), fc.nat(69))
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 70 }), fc.array(edge, { maxLength: 140 }), (count, pairs) => {
        const edges = pairs.map(([a, b]) => [a % count, b % count] as const)
        expect(farthest(network(count, edges))).toBe(Math.max(1, ...eccentricities(count, edges)))
      }),
    )
  })

  function eccentricities(count: number, edges: readonly (readonly [number, number])[]): number[] {
    return Array.from({ length: count }, (_, start) => {
      const hops = new Map([[start, 0]])
      for (const [at, far] of hops)
        for (const [a, b] of edges)
          for (const other of a === at ? [b] : b === at ? [a] : [])
            if (!hops.has(other)) hops.set(other, far + 1)
      return Math.max(...hops.values())
    })
  }
})

describe('what a line carries', () => {
  const freight = (perSecond: number, missingBlocks: number, hops = 1) => ({
    blocksPerSecond: perSecond,
    blockBytes: 250,
    missingBlocks,
    hops,
    withinMs: 60_000,
  })

  test('ten blocks a second are too much for 10 kbit/s, four are not for 256', () => {
    expect(isBeyond(carriageOf(freight(10, 0), 10_000))).toBe(true)
    expect(isBeyond(carriageOf(freight(4, 1_000), 256_000))).toBe(false)
    expect(isBeyond(carriageOf(freight(4, 1_000), 0))).toBe(false)
  })

  test('what was missed counts for each hop', () => {
    const { askedBps } = carriageOf(freight(1, 0), 1)
    expect(askedBps).toBe(8 * (250 + 36 + 61))
    expect(carriageOf(freight(1, 600), 1).askedBps - askedBps).toBe(8 * 10 * (250 + 36 + 81))
    expect(carriageOf(freight(1, 600, 3), 1).askedBps - askedBps).toBe(3 * 8 * 10 * (250 + 36 + 81))
  })

  test('the thinnest counts; none is limited where none says so', () => {
    expect(thinnestBps(thin('1s', '40kbit'))).toBe(40_000)
    expect(thinnestBps(planOf('nodes: { miners: { count: 2, share: 100% } }'))).toBe(0)
  })
})

describe('blocks that nodes are apart', () => {
  const block = (hash: string, prev: string, height: number) => ({ hash, prev, height }) as BlockState
  const chain = [block('a1', 'g', 1), block('a2', 'a1', 2), block('a3', 'a2', 3), block('b2', 'a1', 2)]
  const chainOf = (blocks: readonly BlockState[]) => ({ ledger: { blocks } }) as NetworkState['systems']
  const on = (...tips: (string | undefined)[]) =>
    tips.map(tip => ({ phase: 'running', systems: { ledger: { tip } } })) as unknown as NetworkState['nodes']

  test.each([
    [on('a3', 'a3'), 0],
    [on('a3', 'a2'), 1],
    [on('a3', 'b2'), 2],
    [on('b2', 'a2', 'a1'), 1],
    [on('a3', 'genesis'), 3],
  ])('are counted from the highest tip down to what all share', (nodes, apart) => {
    expect(blocksApart({ nodes, systems: chainOf(chain) })).toBe(apart)
  })

  test('are not known where the last one that all share is forgotten', () => {
    expect(blocksApart({ nodes: on('a3', 'b2'), systems: chainOf(chain.slice(1)) })).toBeUndefined()
  })
})

describe('shares-chain', () => {
  /** Two nodes whose chains part at a height until `togetherMs`. */
  function partedGround(plan: Plan, partedAt: number, togetherMs: number): Ground {
    const nodes = plan.nodes.map(({ name }) => ({ name, phase: 'running' }))
    const ground: Ground = groundOf({
      plan,
      state: () => {
        const nowMs = ground.nowMs()
        const totals = { blocks: 10 * (nowMs / 1000) }
        return stateWith({ nodes, faults: [], blocks: [], totals, startedMs: 0, nowMs })
      },
      rpc: async (node, method, [height]) => {
        if (method === 'getblockcount') return 1_000
        const parted = ground.nowMs() < togetherMs && Number(height) > partedAt
        return parted ? `${node} ${height}` : `${height}`
      },
    })
    return ground
  }
  const verdictOf = (ground: Ground, numbers = {}) =>
    findCheck('shares-chain').run(ground, {
      name: 'shares-chain',
      within: { ms: 60_000, after: 'heal' },
      numbers,
    })

  test('passes at once within the depth that the links allow, and when the nodes come together', async () => {
    const wide = thin('1s', '10Mbit')
    expect(await verdictOf(partedGround(wide, 993, Number.POSITIVE_INFINITY))).toMatchObject({ passed: true })
    expect(await verdictOf(partedGround(wide, 500, 20_000))).toMatchObject({ passed: true })
    expect(await verdictOf(partedGround(wide, 993, 90_000), { depth: 6 })).toMatchObject({ passed: false })
  })

  test('fails when they stay apart, unless the links cannot carry it', async () => {
    const never = Number.POSITIVE_INFINITY
    const failed = await verdictOf(partedGround(thin('1s', '10Mbit'), 500, never))
    expect(failed).toMatchObject({ passed: false, measured: '500 apart after 60.0 s' })
    expect(failed.beyond).toBeUndefined()
    const beyond = await verdictOf(partedGround(thin('100ms', '10kbit'), 500, never))
    expect(beyond).toMatchObject({ passed: true, beyond: { carriedBps: 10_000 } })
    expect(beyond.measured).toContain('the thinnest carries 10 kbit/s')
  })
})
