// The plan of a newcomer: names, seeds and peers, for every topology.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { peersOf, planNewcomer } from '../../orchestrator/spec/join.ts'
import type { Plan } from '../../orchestrator/spec/types.ts'
import { planOf } from '../support/fake-network.ts'

const NAMES = ['miners-1', 'miners-2', 'miners-3', 'miners-4', 'miners-5', 'miners-6']

function planWith(kind: Plan['topology']['kind'], degree = 4): Plan {
  const plan = planOf(NAMES)
  const wantedPeers = Object.fromEntries(
    NAMES.map((name, i) => [name, kind === 'star' ? (i === 2 ? 5 : 1) : degree]),
  )
  return { ...plan, topology: { ...plan.topology, kind, wantedPeers } }
}

/** Its plan and whom it dials; `far`: from whom a fault keeps it. */
function planJoin(
  plan: Plan,
  present: Plan['nodes'],
  running: readonly string[],
  wish: Parameters<typeof planNewcomer>[2],
  far: readonly string[] = [],
) {
  const node = planNewcomer(plan, present, wish)
  return { node, peers: peersOf(plan, node, running, other => far.includes(other)) }
}

const KINDS = ['random-regular', 'ring', 'star', 'full', 'explicit', 'discovered'] as const

test('a newcomer dials different nodes that run, as many as the topology gives the others', () => {
  const counts = { 'random-regular': 4, ring: 2, star: 1, full: 6, explicit: 2, discovered: 1 }
  fc.assert(
    fc.property(fc.constantFrom(...KINDS), fc.subarray(NAMES), (kind, running) => {
      const plan = planWith(kind)
      const { peers } = planJoin(plan, plan.nodes, running, {})
      expect(new Set(peers).size).toBe(peers.length)
      for (const peer of peers) expect(running).toContain(peer)
      expect(peers.length).toBe(Math.min(counts[kind], running.length))
      if (kind === 'star' && running.includes('miners-3')) expect(peers).toEqual(['miners-3'])
    }),
  )
})

test('a newcomer that faults keep from some dials the others first; in a full mesh everybody all the same', () => {
  const far = NAMES.slice(0, 4)
  const among = (kind: (typeof KINDS)[number]) =>
    planJoin(planWith(kind, 2), planOf(NAMES).nodes, NAMES, {}, far).peers
  for (const kind of ['ring', 'random-regular', 'explicit'] as const)
    expect([...among(kind)].sort()).toEqual(['miners-5', 'miners-6'])
  expect(far).not.toContain(among('discovered')[0])
  expect([...among('full')].sort()).toEqual(NAMES)
})

test('the same wish gives the same plan, another name or seed another one', () => {
  const plan = planWith('random-regular', 2)
  const join = (seed: number, name: string) => planJoin({ ...plan, seed }, plan.nodes, NAMES, { name })
  expect(join(1, 'late')).toEqual(join(1, 'late'))
  expect(join(1, 'late').node.seed).not.toBe(join(2, 'late').node.seed)
  expect(join(1, 'late').node.seed).not.toBe(join(1, 'later').node.seed)
  expect(join(1, 'late').node.seed).toMatch(/^[0-9a-f]{64}$/)
})

test('names go on where the group ends; who does not mine is full', () => {
  const plan = planOf(NAMES)
  const nodes = plan.nodes.map(node => ({
    ...node,
    group: 'miners',
    mining: { ...node.mining, mode: 'real' as const },
  }))
  const join = (wish: object) => planJoin(plan, nodes, NAMES, wish).node
  expect(join({})).toMatchObject({
    name: 'full-1',
    group: 'full',
    index: 6,
    mining: { mode: 'off', hashRateHps: 0 },
  })
  expect(join({ hashRateHps: 5 })).toMatchObject({
    name: 'miners-7',
    group: 'miners',
    mining: { mode: 'real', hashRateHps: 5, threads: 1 },
  })
  expect(join({ group: 'x', newGroup: true }).name).toBe('x-1')
  // Whatever the miners are called, and whoever stands before them.
  const mixed = nodes.map((node, i) =>
    i === 0
      ? { ...node, group: 'idle', mining: { ...node.mining, mode: 'off' as const } }
      : { ...node, group: 'diggers' },
  )
  expect(planJoin(plan, mixed, NAMES, { hashRateHps: 5 }).node.group).toBe('diggers')
})

test('a miner joins a network as one of its kind', () => {
  const plan = planOf(NAMES)
  const simulated = { ...plan, chain: { ...plan.chain, checkProofOfWork: false } }
  const modeIn = (of: typeof plan) => planJoin(of, plan.nodes, NAMES, { hashRateHps: 5 }).node.mining.mode
  expect(modeIn(simulated)).toBe('simulated')
  expect(modeIn({ ...plan, hashesPerBlock: 1_000 })).toBe('paced')
  expect(modeIn({ ...simulated, hashesPerBlock: 1_000 })).toBe('simulated')
  expect(modeIn(plan)).toBe('real')
})

test('a newcomer speaks what its group does; the first of one, what the network does', () => {
  const plan = planOf(NAMES)
  const { group } = planJoin(plan, plan.nodes, NAMES, {}).node
  const asGroup = (name: string) =>
    plan.nodes.map((node, i) => (i === 0 ? { ...node, group: name, transport: 'v2' as const } : node))
  expect(planJoin(plan, asGroup(group), NAMES, {}).node.transport).toBe('v2')
  expect(planJoin(plan, asGroup('others'), NAMES, {}).node).not.toHaveProperty('transport')
})

test('taken names, names that are none, and absurd hash rates are refused with exit 2', () => {
  const plan = planOf(NAMES)
  const refused = expect.objectContaining({ exitCode: 2 })
  for (const wish of [
    { name: 'miners-1' },
    { name: '../x' },
    { name: 'A' },
    { name: '' },
    { name: 'x-' },
    { name: 'constructor' },
    { group: 'a b' },
    { hashRateHps: -1 },
    { hashRateHps: Number.NaN },
    { hashRateHps: Number.POSITIVE_INFINITY },
  ])
    expect(() => planJoin(plan, plan.nodes, NAMES, wish), JSON.stringify(wish)).toThrow(refused)
})
