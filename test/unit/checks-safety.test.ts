// Checks of agreement, of what faults may not lose, and of a coin paid twice: each at its limit, on both of its sides, over
// nodes that answer what the test says.

import { describe, expect, it } from 'vitest'
import { Moments } from '../../orchestrator/chaos/moments.ts'
import type { Ground } from '../../orchestrator/checks/check.ts'
import type { NetworkState } from '../../orchestrator/observe/state.ts'
import type { PlannedStep } from '../../orchestrator/spec/types.ts'
import { groundOf, verdictOf } from '../support/ground.ts'
import { paperPlan } from '../support/network-double.ts'

type Phase = 'running' | 'stopped'

type Fault = PlannedStep['fault']

/** A node's chain is a list of hashes, the genesis first. */
interface Node {
  chain: string[]
  phase?: Phase
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
      return {
        nodes: list,
        height: Math.max(...list.map(({ height }) => height)),
        tips: tips.size,
        converged: tips.size === 1,
        totals: { blocks: 0, reorgMaxDepth: 0 },
      } as unknown as NetworkState
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

/** Steps of these faults, and the moments of a schedule that runs them in order with `during` in the middle of each. */
function scheduleOf(faults: Record<string, Fault>, during: (step: string) => void = () => {}) {
  const steps = Object.entries(faults).map(([name, fault]) => ({ name, fault }) as unknown as PlannedStep)
  const moments = new Moments(steps, 0)
  const run = async () => {
    for (const step of steps) {
      await moments.announce(step)
      moments.markBegan(step.name, 1)
      during(step.name)
      await new Promise(resolve => setImmediate(resolve)) // checks do what they do when it begins
      await moments.announceEnd(step)
      moments.markEnded(step.name, 2)
    }
    moments.markHealed(2)
  }
  return { steps, moments, run }
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

describe('a coin paid on both sides of a partition', () => {
  interface Story {
    /** What each node's chain holds when the partition ends, and after it. */
    readonly during: Record<string, readonly string[]>
    readonly after: Record<string, readonly string[]>
    readonly coins?: Record<string, readonly number[]>
    /** So often a node refuses the payment. */
    readonly refusals?: number
    readonly complete?: boolean
  }

  async function judged(story: Story) {
    const { during, after, coins = { 'miners-2': [1, 50, 40], 'miners-1': [60] }, complete = true } = story
    let { refusals = 0 } = story
    let chains: Record<string, readonly string[]> = Object.fromEntries(ALL.map(name => [name, []]))
    const sent: string[] = []
    const spent: unknown[] = []
    const { steps, moments, run } = scheduleOf({ noise: { kind: 'kill' } as never, cut: CUT }, name => {
      if (name === 'cut') chains = during
    })
    const ground = groundOf({
      plan: { ...paperPlan(3), topology: { kind: 'discovered', edges: [], wantedPeers: {} } } as never,
      steps,
      moments,
      state: () => ({ nodes: ALL.map(name => ({ name, phase: 'running' })) }) as unknown as NetworkState,
      rpc: async (node, method, params) => {
        const [first, second] = params as [unknown, Record<string, string>[]]
        if (method === 'listunspent')
          return (coins[node] ?? []).map((amount, vout) => ({ txid: `coin of ${node}`, vout, amount }))
        if (method === 'getblockcount') return 10
        if (method === 'getnewaddress') return node
        if (method === 'createrawtransaction') {
          spent.push(first, second[0])
          return Object.keys(second[0] as object)[0]
        }
        if (method === 'signrawtransactionwithwallet') return { hex: `${node} pays ${first}`, complete }
        if (method === 'decoderawtransaction') return { txid: String(first).replace(/.* /, 'to ') }
        if (method === 'sendrawtransaction') {
          if (refusals-- > 0) throw new Error('missing inputs')
          sent.push(`${node}: ${first}`)
          return null
        }
        if (method === 'getblockhash') return first === 10 ? `10:${chains[node]?.join('|')}` : `${first}:`
        if (method === 'getblock') return { tx: String(first).replace(/^\d+:/, '').split('|') }
        throw new Error(`nobody answers ${method}`)
      },
    })
    const checking = verdictOf('double-spend', ground)
    checking.catch(() => {}) // it may fail while the schedule runs, and is looked at after it
    await run()
    // The partition is over, and one side gives up its branch before anybody looks.
    chains = after
    return { verdict: await checking, sent, spent }
  }

  const EACH_ITS_OWN = {
    'miners-1': ['to miners-1'],
    'miners-2': ['to miners-3'],
    'miners-3': ['to miners-3'],
  }
  const all = (...txids: string[]) => Object.fromEntries(ALL.map(name => [name, txids]))

  it('is spent once in the end: green, and told which payment was lost', async () => {
    const { verdict, sent, spent } = await judged({ during: EACH_ITS_OWN, after: all('to miners-3') })
    expect(verdict).toMatchObject({
      passed: true,
      measured:
        "miners-2's coin went to miners-3 (to miners-3); to miners-1 to miners-1 was confirmed on the side that lost, and vanished",
    })
    expect(sent).toEqual(['miners-1: miners-2 pays miners-1', 'miners-2: miners-2 pays miners-3'])
    // The largest coin of whoever has most large ones, less a fee, to each side.
    const inputs = [{ txid: 'coin of miners-2', vout: 1 }]
    expect(spent).toEqual([inputs, { 'miners-1': '49.99990000' }, inputs, { 'miners-3': '49.99990000' }])
  })

  it('is red when both payments are left', async () => {
    const { verdict } = await judged({ during: EACH_ITS_OWN, after: EACH_ITS_OWN })
    expect(verdict).toMatchObject({
      passed: false,
      final: false,
      measured: 'to miners-1 on 1 of 3 chains, to miners-3 on 2 of 3 chains',
    })
  })

  it('is red when neither is', async () => {
    expect((await judged({ during: EACH_ITS_OWN, after: all() })).verdict).toMatchObject({ passed: false })
  })

  it('is red when the one is not on every chain', async () => {
    const after = { ...all('to miners-3'), 'miners-1': [] }
    expect((await judged({ during: EACH_ITS_OWN, after })).verdict).toMatchObject({ passed: false })
  })

  it('is red for good when a side had not confirmed its payment', async () => {
    const during = { ...EACH_ITS_OWN, 'miners-1': [] }
    expect((await judged({ during, after: all('to miners-3') })).verdict).toMatchObject({
      passed: false,
      final: true,
      message: 'before the end of the partition 1 of 2 were confirmed on their side: let it last longer',
    })
  })

  it('may be refused for a moment, and is sent again', async () => {
    const { sent } = await judged({ during: EACH_ITS_OWN, after: all('to miners-3'), refusals: 3 })
    expect(sent).toHaveLength(2)
  })

  it('may be refused for eight seconds, asked twenty times in each, and no longer', async () => {
    const told = (refusals: number) => judged({ during: EACH_ITS_OWN, after: all('to miners-3'), refusals })
    expect((await told(160)).sent).toHaveLength(2)
    await expect(told(161)).rejects.toThrow('missing inputs')
  })

  it.each<[why: string, story: Partial<Story>, measured: string]>([
    ['nobody has one', { coins: {} }, 'nobody has a coin to spend: let the partition begin later'],
    ['nobody has more than the fees', { coins: { 'miners-1': [0.0002] } }, 'nobody has a coin to spend'],
    ['its owner cannot sign', { complete: false }, 'miners-2 cannot sign for its own coin'],
  ])('cannot be when %s', async (_, story, measured) => {
    const { verdict } = await judged({ during: EACH_ITS_OWN, after: all('to miners-3'), ...story })
    expect(verdict).toMatchObject({ passed: false, measured: expect.stringContaining(measured) })
  })

  it('cannot be without a partition', async () => {
    const { steps, moments, run } = scheduleOf({ noise: { kind: 'kill' } as never })
    const checking = verdictOf('double-spend', groundOf({ steps, moments }))
    await run()
    expect(await checking).toMatchObject({ measured: 'no fault of this scenario splits the network' })
  })
})
