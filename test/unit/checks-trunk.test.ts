// One chain again after a heal: from when its time counts, how far nodes are apart, when they cannot be asked, and when the lines
// cannot carry what the network makes; over nodes that answer what the test says.

import { describe, expect, it } from 'vitest'
import { Moments } from '../../orchestrator/chaos/moments.ts'
import { findCheck } from '../../orchestrator/checks/all.ts'
import type { Ground } from '../../orchestrator/checks/check.ts'
import type { NetworkState } from '../../orchestrator/observe/state.ts'
import { parseSpec } from '../../orchestrator/spec/load.ts'
import { makePlan } from '../../orchestrator/spec/plan.ts'
import type { PlannedStep } from '../../orchestrator/spec/types.ts'
import type { LedgerState } from '../../orchestrator/systems/ledger/state.ts'
import { groundOf } from '../support/ground.ts'
import { launched } from '../support/network-double.ts'

const THIN = makePlan(
  parseSpec(
    `runtime: sim
nodes: { miners: { count: 2, share: 100% } }
chain: { blockInterval: 1s, difficulty: { rule: fixed } }
topology: { kind: full }
links: { latency: 50ms, jitter: 0ms, bandwidth: 10kbit }
`,
    'test',
    {},
  ),
)

interface Story {
  /** The tips of the nodes, and the height up to which their chains are one, at a time. */
  readonly heights?: (nowMs: number) => readonly number[]
  readonly shared: (nowMs: number) => number
  /** Who does not answer at a time. */
  readonly silent?: (node: string, nowMs: number) => boolean
  /** When the faults that were planned ended; the schedule itself never says that all is healed. */
  readonly faultsEndMs?: readonly number[]
  readonly state?: (nowMs: number) => Partial<NetworkState>
}

async function judged(story: Story, depth = 6) {
  const { heights = () => [100, 100], shared, silent = () => false, faultsEndMs, state } = story
  const names = THIN.nodes.map(({ name }) => name)
  const steps = (faultsEndMs ?? []).map((_, i) => ({ name: `fault-${i}` }) as PlannedStep)
  const moments = new Moments(steps, 0)
  if (!faultsEndMs) moments.markHealed(0)
  const ground: Ground = groundOf({
    plan: THIN,
    steps,
    moments,
    state: () => {
      const nowMs = ground.nowMs()
      const faults = (faultsEndMs ?? []).map((endMs, i) => ({
        id: `fault-${i}`,
        ...(endMs <= nowMs && { toMs: endMs }),
      }))
      return {
        nodes: names.map(name => ({ name, phase: 'running', systems: { ledger: {} } })),
        faults,
        systems: { ledger: { blocks: [], totals: { blocks: 0 } } },
        startedMs: 0,
        nowMs,
        ...state?.(nowMs),
      } as unknown as NetworkState
    },
    rpc: async (node, method, [height]) => {
      const nowMs = ground.nowMs()
      if (silent(node, nowMs)) throw new Error('busy')
      if (method === 'getblockcount') return heights(nowMs)[names.indexOf(node)]
      return Number(height) > shared(nowMs) ? `${node} ${height}` : `${height}`
    },
  })
  const name = 'shares-chain'
  const within = { ms: 10_000, after: 'heal' }
  const verdict = await findCheck(name).run(ground, { name, within, numbers: { depth } })
  return { ...verdict, atMs: ground.nowMs() }
}

describe('nodes are apart', () => {
  it.each<[depth: number, passed: boolean]>([
    [7, true],
    [6, false],
  ])(
    'from the highest tip down to the last that all share: seven, where %i are allowed',
    async (depth, passed) => {
      expect(await judged({ heights: () => [100, 97], shared: () => 93 }, depth)).toMatchObject({
        passed,
        asked: `one chain but for its last ${depth} blocks within 10 s`,
        measured: expect.stringMatching(passed ? /^after \d\.\d s, 7 apart$/ : /^7 apart after 10\.0 s/),
      })
    },
  )

  it('as far as the lower one reaches, where the one is a piece of the other', async () => {
    expect(await judged({ heights: () => [100, 80], shared: () => 80 }, 20)).toMatchObject({
      measured: expect.stringMatching(/^after \d\.\d s, 20 apart$/),
    })
  })

  it('until they come together, up to the deadline itself', async () => {
    const together = (ms: number) => judged({ shared: nowMs => (nowMs >= ms ? 100 : 50) })
    expect(await together(2500)).toMatchObject({ passed: true, measured: 'after 2.5 s, 0 apart' })
    expect(await together(10_000)).toMatchObject({ passed: true })
    expect(await together(10_001)).toMatchObject({
      atMs: 10_000,
      measured: expect.stringMatching(/^50 apart/),
    })
  })
})

describe('nodes that cannot be asked', () => {
  it('have shown nothing: it is red when nobody answers', async () => {
    expect(await judged({ shared: () => 100, silent: () => true })).toMatchObject({
      passed: false,
      atMs: 10_000,
      measured: 'not every node could be asked after 10.0 s',
    })
  })

  it('and when one of them does not', async () => {
    expect(await judged({ shared: () => 100, silent: node => node === 'miners-2' })).toMatchObject({
      passed: false,
      measured: 'not every node could be asked after 10.0 s',
    })
  })

  it('since none runs have shown nothing either', async () => {
    expect(await judged({ shared: () => 100, state: () => ({ nodes: [] }) })).toMatchObject({
      passed: false,
      measured: 'not every node could be asked after 10.0 s',
    })
  })

  it('are asked again', async () => {
    const busy = (_: string, nowMs: number) => nowMs < 2000
    expect(await judged({ shared: () => 100, silent: busy })).toMatchObject({ passed: true, atMs: 2000 })
  })

  it('are as far apart as when they last answered', async () => {
    const story = {
      heights: () => [100, 100],
      shared: () => 60,
      silent: (_: string, nowMs: number) => nowMs > 5000,
    }
    expect(await judged(story)).toMatchObject({ passed: false, measured: '40 apart after 10.0 s' })
  })
})

describe('its time', () => {
  it('counts from when the last fault ended, though the schedule is still measuring', async () => {
    const ends = { heights: () => [7, 7], shared: () => 0, faultsEndMs: [1000, 3000] }
    expect(await judged(ends)).toMatchObject({ passed: false, atMs: 13_000 })
    expect(await judged({ ...ends, faultsEndMs: [1000] })).toMatchObject({ passed: false, atMs: 11_000 })
  })
})

describe('what the lines carry', () => {
  // 10 kbit/s are 1250 bytes a second; a block and its announcement take 8 × (bytes + 36 + 61) bits.
  const rate = (blocks: number, bytes: number) =>
    judged({
      shared: () => 0,
      heights: () => [7, 7],
      state: nowMs => ({
        startedMs: nowMs - 5000,
        systems: {
          ...launched(1).observer.state().systems,
          ledger: { totals: { blocks }, blocks: [{ bytes: 0 }, { bytes }] } as unknown as LedgerState,
        },
      }),
    })

  it('is set beside the blocks a second and their mean size: what it cannot carry is no failure of the nodes', async () => {
    const { beyond, passed, measured } = await rate(50, 500)
    expect(passed).toBe(true)
    const missed = (7 * (500 + 36 + 81)) / 10
    expect(beyond).toEqual({ askedBps: 8 * (10 * (500 + 36 + 61) + missed), carriedBps: 10_000 })
    expect(measured).toMatch(/^7 apart after 10\.0 s: the links cannot carry it \(/)
  })

  it('is no excuse where it is enough', async () => {
    expect(await rate(1, 100)).toMatchObject({ passed: false, measured: '7 apart after 10.0 s' })
  })
})
