// A fault that nothing could show is not verified, whatever its kind; one connection or one node is enough to judge by.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Fault } from '../../orchestrator/chaos/faults.ts'
import { verdictOf, verdictText } from '../../orchestrator/observe/verdict.ts'
import { PaperBreakable } from '../support/paper-breakable.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const NODES = ['a', 'b', 'c', 'd']

async function under(fault: Fault, unconnected: (node: string, other: string) => boolean) {
  const world: PaperBreakable = new PaperBreakable(NODES, { unconnected })
  const report = await world.during(world.chaos.inject(fault))
  return { world, report }
}

const ON_LINKS: readonly Fault[] = [
  { kind: 'partition', cut: 'a | rest' },
  { kind: 'flapping', cut: 'a | rest', periodMs: 40_000 },
  { kind: 'link', on: 'a <-> rest', worse: { latencyMs: 200 } },
  { kind: 'link', on: 'a <-> rest', worse: { bandwidthBps: 1_000_000 } },
  { kind: 'link', on: 'a <-> rest', worse: { loss: 0.1 } },
]

describe.each(ON_LINKS)('%j', fault => {
  it('on links without a connection is not measured, and says so', async () => {
    const { world, report } = await under(fault, (node, other) => node === 'a' || other === 'a')
    expect(report).toMatchObject({ verified: false, unmeasured: true })
    expect(report.measured).toMatch(/nothing: no connection on its links; 0 of 0 silent, 6 of 6 open/)
    expect([verdictOf(report), verdictText(report)]).toEqual(['not measured', 'not measured'])
    expect(world.told('fault-verified')).toMatchObject([{ ok: false, unmeasured: true }])
    // Its end is not: what there is carries again.
    expect(await world.during(world.chaos.heal())).toMatchObject([{ verified: true }])
    expect(world.told('note')).toEqual([])
  })
})

it('one connection is enough to tell a cut', async () => {
  const { report } = await under({ kind: 'partition', cut: 'a | rest' }, (node, other) =>
    [node, other].sort().join('') === 'ab' ? false : node === 'a' || other === 'a',
  )
  expect(report).toMatchObject({ verified: true, measured: '2 of 2 silent, 6 of 6 open' })
  expect(report).not.toHaveProperty('unmeasured')
})

it.each(['kill', 'stop', 'pause', 'restart', 'rolling-restart'] as const)(
  '%s shows at the nodes themselves, connections or none',
  async kind => {
    const { report } = await under({ kind, nodes: 'a' }, () => true)
    expect(verdictOf(report)).toBe('verified')
  },
)

it('clocks of nodes of which none runs are not measured; and that is all that is said', async () => {
  const setNode = async (node: string) => void world.running.delete(node)
  const world: PaperBreakable = new PaperBreakable(NODES, { setNode })
  const report = await world.during(world.chaos.inject({ kind: 'clock-skew', nodes: 'a', byMs: 5000 }))
  expect(report).toMatchObject({ unmeasured: true, measured: 'nothing: no node runs to ask; none of them' })
  expect(verdictOf(report)).toBe('not measured')
})
