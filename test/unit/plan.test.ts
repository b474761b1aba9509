// spec + seed → plan: pure, and what it makes has the properties it was asked for.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRandom } from '../../node/core/random.ts'
import { workOfBits } from '../../node/ledger/consensus/target.ts'
import { type Overrides, parseSpec } from '../../orchestrator/spec/load.ts'
import { makePlan } from '../../orchestrator/spec/plan.ts'
import { full, isConnected, randomRegular, ring, star } from '../../orchestrator/spec/topology.ts'

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

  it('gives a node its seed by its name: more nodes do not change the others', () => {
    expect(plan('', { nodes: '9' }).nodes[3]?.seed).toBe(plan('').nodes[3]?.seed)
    expect(new Set(plan('', { nodes: '50' }).nodes.map(node => node.seed)).size).toBe(50)
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
          expect(Number(workOfBits(chain.initialBits)) / expected).toBeCloseTo(1, 2)
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
