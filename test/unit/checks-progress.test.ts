// Checks of liveness: does the chain grow, does every side of a partition, and did the faults make a difference; each at its
// limit, over a network whose heights and tips are a matter of time.

import { describe, expect, it } from 'vitest'
import { Moments } from '../../orchestrator/chaos/moments.ts'
import type { Ground } from '../../orchestrator/checks/check.ts'
import type { Plan, PlannedStep } from '../../orchestrator/spec/types.ts'
import { groundOf, verdictOf } from '../support/ground.ts'
import { paperPlan } from '../support/network-double.ts'
import { stateWith } from '../support/partial-state.ts'

const NAMES = ['miners-1', 'miners-2', 'miners-3']
const CUT = { kind: 'partition', cut: 'miners-1 | rest' }
const BEGIN_MS = 1000
const FULL = wired(NAMES.flatMap((from, i) => NAMES.slice(i + 1).map(to => [from, to] as const)))

/** Three miners, and connections between these. */
function wired(pairs: readonly (readonly [string, string])[], kind = 'explicit'): Plan {
  const edges = pairs.map(([from, to]) => ({ from, to }))
  return { ...paperPlan(3), topology: { kind, edges, wantedPeers: {} } } as unknown as Plan
}

interface Story {
  readonly plan?: Plan
  readonly heights?: (nowMs: number) => readonly number[]
  readonly tips?: (nowMs: number) => number
  readonly blocks?: (nowMs: number) => number
  readonly running?: (nowMs: number) => readonly string[]
  /** Faults of the state, and what its nodes run. */
  readonly faults?: (nowMs: number) => readonly object[]
  readonly runs?: readonly string[]
  /** One fault that begins after a second. */
  readonly fault?: object
  readonly lastsMs?: number
}

/** A network with this story; its schedule goes on as its time does. */
function telling(story: Story): Ground {
  const { heights = () => [0, 0, 0], tips = () => 1, blocks = () => 0, running = () => NAMES } = story
  const { plan = FULL, fault, lastsMs = 20_000, faults = () => [], runs = ['ledger'] } = story
  const steps = fault ? [{ name: 'cut', fault, forMs: 1000 } as unknown as PlannedStep] : []
  const moments = new Moments(steps, 0)
  if (!fault) moments.markHealed(0)
  let nowMs = 0
  const passed = (ms: number, beforeMs: number) => beforeMs < ms && nowMs >= ms
  return groundOf({
    plan,
    steps,
    moments,
    nowMs: () => nowMs,
    wait: async ms => {
      const beforeMs = nowMs
      nowMs += ms
      const [step] = steps
      if (!step) return
      if (passed(BEGIN_MS, beforeMs)) {
        await moments.announce(step)
        moments.markBegan(step.name, nowMs)
      }
      if (passed(BEGIN_MS + lastsMs, beforeMs)) {
        await moments.announceEnd(step)
        moments.markEnded(step.name, nowMs)
        moments.markHealed(nowMs)
      }
      await new Promise(resolve => setImmediate(resolve)) // who waits for the moment hears of it
    },
    state: () =>
      stateWith({
        nodes: NAMES.map((name, i) => ({
          name,
          phase: running(nowMs).includes(name) ? 'running' : 'stopped',
          height: heights(nowMs)[i],
        })),
        height: Math.max(...heights(nowMs)),
        tips: tips(nowMs),
        totals: { blocks: blocks(nowMs) },
        ...{ faults: faults(nowMs), runs, nowMs },
      }),
  })
}

/** The verdict of a check while time passes by itself, as it does in a network. */
async function judged(name: string, story: Story, numbers = {}) {
  const ground = telling(story)
  let over = false
  const verdict = verdictOf(name, ground, numbers).finally(() => {
    over = true
  })
  while (!over) await ground.wait(50)
  return await verdict
}

describe('height-advances', () => {
  const growing = (atMs: number) => ({ heights: (nowMs: number) => [10, nowMs >= atMs ? 13 : 12, 10] })

  it('is green when the highest has so many more than at the heal', async () => {
    expect(
      await verdictOf('height-advances', telling({ heights: nowMs => [10 + Math.floor(nowMs / 1000)] }), {
        by: 3,
      }),
    ).toEqual({
      passed: true,
      asked: '3 blocks above height 10 within 5 s',
      measured: 'height 13',
    })
  })

  it('is red when it has one less by the deadline', async () => {
    expect(await verdictOf('height-advances', telling(growing(0)), { by: 1 })).toMatchObject({
      passed: false,
    })
    expect(
      await verdictOf('height-advances', telling({ heights: n => [n > 0 ? 12 : 10] }), { by: 3 }),
    ).toMatchObject({
      passed: false,
      measured: 'height 12',
    })
  })
})

describe('sides-advance', () => {
  /** What each side has found when the partition ends, from heights of 10 and 20. */
  const found = (first: number, second: number) => (nowMs: number) =>
    nowMs > BEGIN_MS + 15_000 ? [10 + first, 20 + second, 20] : [10, 20, 20]

  it('is green when each side finds so many, by the highest of its nodes', async () => {
    expect(await judged('sides-advance', { fault: CUT, heights: found(2, 3) }, { by: 2 })).toEqual({
      passed: true,
      asked: '2 sides 2 blocks higher',
      measured: 'miners-1 +2 | miners-2 miners-3 +3',
    })
  })

  it('is red when one finds fewer, and says which', async () => {
    expect(await judged('sides-advance', { fault: CUT, heights: found(1, 3) }, { by: 2 })).toMatchObject({
      passed: false,
      message: 'miners-1 stood still',
    })
  })

  it('asks nothing of a side without hash power', async () => {
    const nodes = FULL.nodes.map((node, i) =>
      i === 0 ? { ...node, mining: { ...node.mining, mode: 'off' as const } } : node,
    )
    const story = { plan: { ...FULL, nodes }, fault: CUT, heights: found(0, 3) }
    expect(await judged('sides-advance', story, { by: 2 })).toMatchObject({
      passed: true,
      asked: '1 side 2 blocks higher',
    })
  })

  it.each([
    ['a fault that cuts nothing', { fault: { kind: 'kill', nodes: 'miners-1' } }],
    ['no fault', {}],
    ['a cut that leaves a way round', { fault: { kind: 'partition', cut: 'miners-1 -> miners-2' } }],
  ])('is red with %s: nothing was shown', async (_, story) => {
    expect(await judged('sides-advance', { ...story, heights: found(9, 9) }, { by: 1 })).toMatchObject({
      passed: false,
      message: 'no partition left a side with hash power',
    })
  })

  it('knows the way round that discovered peers may be, and the wires of a line that has none', async () => {
    const line = [
      ['miners-1', 'miners-2'],
      ['miners-2', 'miners-3'],
    ] as const
    const story = (kind: 'explicit' | 'discovered') => ({
      plan: wired(kind === 'explicit' ? line : [], kind),
      fault: { kind: 'partition', cut: 'miners-1,miners-3 | miners-2' },
      heights: found(5, 5),
    })
    expect(await judged('sides-advance', story('explicit'), { by: 1 })).toMatchObject({
      asked: '3 sides 1 block higher',
    })
    expect(await judged('sides-advance', story('discovered'), { by: 1 })).toMatchObject({
      asked: '2 sides 1 block higher',
    })
  })
})

describe('provoked', () => {
  const provoked = (story: Story) => judged('provoked', story)
  const NOTHING = { passed: false, measured: '0 of 1', message: 'cut provoked nothing' }
  const during = (...spans: readonly (readonly [number, number])[]) => ({
    tips: (nowMs: number) => (spans.some(([from, to]) => nowMs >= from && nowMs < to) ? 2 : 1),
  })

  it('a split that makes the nodes disagree for an interval of five seconds', async () => {
    expect(await provoked({ fault: CUT, ...during([3000, 8300]) })).toEqual({
      passed: true,
      asked: '1 fault, each to make a difference',
      measured: '1 of 1',
    })
    expect(await provoked({ fault: CUT, ...during([3000, 7700]) })).toMatchObject(NOTHING)
  })

  it('a split of bare peers that was measured, and no other', async () => {
    const split = (verified: boolean | undefined) => () => [
      { sides: [['a'], ['b']], toMs: undefined, verified },
    ]
    const peers = { fault: CUT, runs: ['p2p'] }
    expect(await provoked({ ...peers, faults: split(true) })).toMatchObject({ passed: true })
    expect(await provoked({ ...peers, faults: split(false) })).toMatchObject(NOTHING)
    expect(await provoked({ ...peers, faults: split(undefined) })).toMatchObject(NOTHING)
    expect(await provoked(peers)).toMatchObject(NOTHING)
  })

  it('not one that makes them disagree twice for half of it', async () => {
    expect(await provoked({ fault: CUT, ...during([3000, 6000], [7000, 10_000]) })).toMatchObject(NOTHING)
  })

  it('another fault during which blocks are found', async () => {
    const fault = { kind: 'pause', nodes: 'miners-1' }
    expect(await provoked({ fault, blocks: nowMs => (nowMs > 5000 ? 8 : 7) })).toMatchObject({ passed: true })
    expect(await provoked({ fault, blocks: () => 7 })).toMatchObject(NOTHING)
  })

  it('one that stops all of them for a moment', async () => {
    const fault = { kind: 'kill', nodes: 'all' }
    const running = (nowMs: number) => (nowMs > 5000 && nowMs < 6000 ? [] : NAMES)
    expect(await provoked({ fault, running })).toMatchObject({ passed: true })
    const but = (nowMs: number) => (nowMs > 5000 ? ['miners-3'] : NAMES)
    expect(await provoked({ fault, running: but })).toMatchObject(NOTHING)
  })

  it('one that is over as soon as it has begun', async () => {
    expect(await provoked({ fault: { kind: 'reset', on: 'all' }, lastsMs: 1 })).toMatchObject({
      passed: true,
    })
  })
})
