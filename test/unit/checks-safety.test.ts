// Checks of agreement and of what faults may not lose: each at its limit, on both of its sides, over
// nodes that answer what the test says.

import { describe, expect, it } from 'vitest'
import type { Ground } from '../../orchestrator/checks/check.ts'
import { type Fault, groundOf, scheduleOf, verdictOf } from '../support/ground.ts'
import { stateWith } from '../support/partial-state.ts'

type Phase = 'running' | 'stopped'

/** A node's chain is a list of hashes, the genesis first. */
interface Node {
  chain: string[]
  phase?: Phase
  /** It knows a chain with more work, and refuses it. */
  refuses?: boolean
  lives?: number
  resumedHeight?: number
}

const CHAIN = ['g', 'a1', 'a2', 'a3', 'a4']

/** Answers as nodes with these chains do. */
function worldOf(nodes: Record<string, Node>, parts: Partial<Ground> = {}): Ground {
  const of = (name: string) => {
    const node = nodes[name]
    if (!node || node.phase === 'stopped') throw new Error(`${name} does not run`)
    return node
  }
  return groundOf({
    state: () => {
      const list = Object.entries(nodes).map(([name, { phase = 'running', chain }]) => ({
        name,
        phase,
        height: chain.length - 1,
      }))
      const tips = new Set(Object.values(nodes).map(({ chain }) => chain.at(-1)))
      return stateWith({
        nodes: list,
        height: Math.max(...list.map(({ height }) => height)),
        tips: tips.size,
        refusing: Object.values(nodes).filter(({ refuses }) => refuses).length,
        converged: tips.size === 1,
        totals: { blocks: 0, reorgMaxDepth: 0 },
      })
    },
    lives: name => nodes[name]?.lives ?? 1,
    resumedHeight: name => nodes[name]?.resumedHeight,
    rpc: async (name, method, [first]) => {
      const { chain } = of(name)
      if (method === 'getblockcount') return chain.length - 1
      if (method === 'getbestblockhash') return chain.at(-1)
      if (method === 'getblockhash' && chain[Number(first)]) return chain[Number(first)]
      if (method === 'getblockheader') return { height: chain.indexOf(String(first)) }
      if (method === 'getblock' && chain.includes(String(first))) return {}
      throw new Error(`${name} does not know ${method} ${first}`)
    },
    ...parts,
  })
}

const CUT: Fault = { kind: 'partition', cut: 'miners-1 | rest' } as Fault
const ALL = ['miners-1', 'miners-2', 'miners-3']
const whole = (chain: readonly string[] = CHAIN): Record<string, Node> =>
  Object.fromEntries(ALL.map(name => [name, { chain: [...chain] }]))

describe.each(['one-tip', 'converges'])('%s', name => {
  it('is green when all nodes run on one tip', async () => {
    expect(await verdictOf(name, worldOf(whole()))).toMatchObject({ passed: true })
  })

  it.each<[why: string, change: Partial<Node>, measured: string]>([
    ['one has another tip', { chain: ['g', 'b1'] }, '3 of 3 nodes run, on 2 tips'],
    ['one does not run', { phase: 'stopped' }, '2 of 3 nodes run, on 1 tip'],
    [
      'one refuses a chain with more work',
      { refuses: true },
      '3 of 3 nodes run, on 1 tip; 1 node refuses a chain with more work',
    ],
  ])('is red when %s', async (_, change, measured) => {
    const nodes = whole()
    Object.assign(nodes['miners-3'] as Node, change)
    expect(await verdictOf(name, worldOf(nodes))).toMatchObject({ passed: false, measured })
  })

  it('is red when nobody answers', async () => {
    const ground = worldOf(whole(), { rpc: async () => Promise.reject(new Error('busy')) })
    expect(await verdictOf(name, ground)).toMatchObject({ passed: false })
  })

  it('has until its deadline, and takes what is true then', async () => {
    for (const [agreeMs, passed] of [
      [5000, true],
      [5001, false],
    ] as const) {
      const nodes = whole()
      const last = nodes['miners-3'] as Node
      last.chain = ['g', 'b1']
      const ground = worldOf(nodes)
      const rpc: Ground['rpc'] = (...asked) => {
        if (ground.nowMs() >= agreeMs) last.chain = [...CHAIN]
        return ground.rpc(...asked)
      }
      expect(await verdictOf(name, { ...ground, rpc })).toMatchObject({ passed })
    }
  })
})

it('converges says how long it took, and asked for', async () => {
  const nodes = whole()
  const ground = worldOf(nodes)
  const rpc: Ground['rpc'] = async (node, method, params) =>
    ground.nowMs() < 1250 && node === 'miners-1' ? 'another' : ground.rpc(node, method, params)
  expect(await verdictOf('converges', { ...ground, rpc })).toEqual({
    passed: true,
    asked: 'one tip within 5 s',
    measured: 'after 1.3 s',
  })
})

describe('nothing-lost', () => {
  /** The nodes are those of `before` until the fault, and those of `after` from then on. */
  const judged = async (before: Record<string, Node>, after: Record<string, Node>, depth: number) => {
    const nodes = { ...before }
    const { steps, moments, run } = scheduleOf({ cut: CUT }, () => Object.assign(nodes, after))
    const checking = verdictOf('nothing-lost', worldOf(nodes, { steps, moments }), { depth })
    await run()
    return await checking
  }

  it('is green when the block so deep is on every chain', async () => {
    expect(await judged(whole(), whole(['g', 'a1', 'a2', 'a3', 'b4', 'b5']), 2)).toMatchObject({
      passed: true,
      asked: '1 block 2 deep before the faults, on 3 chains',
      measured: '0 missing',
    })
  })

  it('is red when it is not on one of them, and says which', async () => {
    const after = { ...whole(), 'miners-2': { chain: ['g', 'a1', 'a2', 'b3', 'b4', 'b5'] } }
    expect(await judged(whole(), after, 2)).toMatchObject({
      passed: false,
      measured: '1 missing',
      message: 'miners-2 has no block 3 a3',
    })
  })

  it('takes the tip for one deep', async () => {
    expect(await judged(whole(), whole(['g', 'a1', 'a2', 'a3', 'b4']), 1)).toMatchObject({ passed: false })
    expect(await judged(whole(), whole(['g', 'a1', 'a2', 'a3', 'b4']), 2)).toMatchObject({ passed: true })
  })

  it('counts from the lowest of the nodes, and below their forks', async () => {
    const before = {
      ...whole(),
      'miners-1': { chain: ['g', 'a1', 'a2'] },
      'miners-2': { chain: ['g', 'a1', 'b2', 'b3', 'b4', 'b5'] },
    }
    // Two deep at the lowest is height 1, on which all agree.
    expect(await judged(before, whole(['g', 'a1', 'b2']), 2)).toMatchObject({ passed: true })
    // One deep would be height 2, on which they do not: height 1 it is, too.
    expect(await judged(before, whole(['g', 'a1', 'b2']), 1)).toMatchObject({ passed: true })
    expect(await judged(before, whole(['g', 'c1', 'b2']), 1)).toMatchObject({
      passed: false,
      message: expect.stringContaining('has no block 1 a1'),
    })
  })

  it('is red at once when there was nothing so deep: nothing to lose is nothing shown', async () => {
    expect(await judged(whole(), whole(), 5)).toMatchObject({
      passed: false,
      final: true,
      message: 'no block was 5 deep when the faults began: let them begin later',
    })
  })

  it.each([
    [50, true],
    [51, false],
  ])(
    'nothing was settled where the nodes agreed on none of the last fifty: %i blocks apart: %s',
    async (apart, passed) => {
      const fork = (name: string) => Array.from({ length: apart - 1 }, (_, i) => `${name}${i}`)
      const before = Object.fromEntries(ALL.map(name => [name, { chain: ['g', 'a1', 'a2', ...fork(name)] }]))
      expect(await judged(before, whole(), 1)).toMatchObject({ passed })
    },
  )

  it('is red when no node is left', async () => {
    const gone = Object.fromEntries(ALL.map(name => [name, { chain: CHAIN, phase: 'stopped' as const }]))
    expect(await judged(whole(), gone, 2)).toMatchObject({ passed: false })
  })
})

describe('restarts-keep-blocks', () => {
  const judged = async (fault: object, after: Partial<Node>, node = 'miners-2') => {
    const nodes = whole()
    const { steps, moments, run } = scheduleOf({ down: fault as Fault }, () =>
      Object.assign(nodes[node] as Node, { lives: 2, resumedHeight: 4 }, after),
    )
    const checking = verdictOf('restarts-keep-blocks', worldOf(nodes, { steps, moments }))
    await run()
    return await checking
  }

  it.each(['kill', 'stop', 'restart', 'rolling-restart', 'churn'])(
    'is green when a node resumes where it was after %s',
    async kind => {
      expect(await judged({ kind, nodes: 'miners-2', perMinute: 1, downMs: 1 }, {})).toMatchObject({
        passed: true,
        asked: '1 restart, each to resume where it was',
        measured: '1 of 1',
      })
    },
  )

  it('is red when it resumes lower', async () => {
    expect(await judged({ kind: 'kill', nodes: 'miners-2' }, { resumedHeight: 3 })).toMatchObject({
      passed: false,
      final: true,
      measured: '0 of 1',
      message: 'miners-2 had 4, resumed at 3',
    })
  })

  it('is red when it has not come up again', async () => {
    const lost = { resumedHeight: undefined as unknown as number }
    expect(await judged({ kind: 'kill', nodes: 'miners-2' }, lost)).toMatchObject({ passed: false })
  })

  it('is red when it does not know the block that it had', async () => {
    const other = { chain: ['g', 'b1', 'b2', 'b3', 'b4', 'b5'] }
    expect(await judged({ kind: 'kill', nodes: 'miners-2' }, other)).toMatchObject({
      passed: false,
      message: 'miners-2 has no block 4 a4',
    })
  })

  it('passes over whom churn left alone, and is red when that was everybody', async () => {
    const churn = { kind: 'churn', nodes: 'miners-2', perMinute: 1, downMs: 1 }
    expect(await judged(churn, { lives: 1 })).toMatchObject({
      passed: false,
      message: 'no node was restarted',
    })
    const kill = { kind: 'kill', nodes: 'miners-2' }
    expect(await judged(kill, { lives: 1 })).toMatchObject({ passed: true })
  })

  it('is red when no fault takes a node down', async () => {
    expect(await judged(CUT, {})).toMatchObject({
      passed: false,
      final: true,
      message: 'no node was restarted',
    })
  })
})
