// Checks of networks with others' programs: who cannot be asked is left out and named, a check that could ask nobody has not passed,
// and implementations that do not agree on what is valid are found.

import { describe, expect, it } from 'vitest'
import type { Ground, Verdict } from '../../orchestrator/checks/check.ts'
import { hashOf } from '../../orchestrator/systems/ledger/checks/raw-chain.ts'
import { groundOf, scheduleOf, verdictOf } from '../support/ground.ts'
import { paperPlan } from '../support/network-double.ts'
import { stateWith } from '../support/partial-state.ts'

const ZERO_HASH = '0'.repeat(64)

class NoSuchMethod extends Error {
  readonly code = -32601
}

interface Chain {
  readonly hashes: readonly string[]
  readonly headers: ReadonlyMap<string, Buffer>
}

/** Of so many blocks, on top of another; all have the same work. */
function chainOf(blocks: number, nonce: number, on: Chain = { hashes: [], headers: new Map() }): Chain {
  const hashes = [...on.hashes]
  const headers = new Map(on.headers)
  for (let i = 0; i < blocks; i++) {
    const header = Buffer.alloc(80)
    Buffer.from(hashes.at(-1) ?? ZERO_HASH, 'hex')
      .reverse()
      .copy(header, 4)
    header.writeUInt32LE(0x207fffff, 72)
    header.writeUInt32LE(nonce, 76)
    headers.set(hashOf(header), header)
    hashes.push(hashOf(header))
  }
  return { hashes, headers }
}

interface Node {
  readonly chain: Chain
  readonly client?: string
  /** It has no such methods. */
  readonly lacks?: readonly string[]
  /** The end of a branch that it calls invalid. */
  readonly invalid?: Chain
  readonly phase?: 'running'
}

function worldOf(nodes: Readonly<Record<string, Node>>, parts: Partial<Ground> = {}): Ground {
  const list = Object.entries(nodes).map(([name, { client, chain }]) => ({
    ...{ name, phase: 'running', client, version: client ? '1.0' : '0.1.0' },
    ...{ height: chain.hashes.length - 1, tip: chain.hashes.at(-1) },
  }))
  const totals = { blocks: 0, reorgMaxDepth: 0 }
  return groundOf({
    state: () => stateWith({ nodes: list, refusing: 0, converged: true, faults: [], totals }),
    rpc: async (name, method, [first, second]) => {
      const { chain, lacks, invalid } = nodes[name] as Node
      if (lacks?.includes(method) || lacks?.includes('all')) throw new NoSuchMethod('Method not found')
      const { hashes } = chain
      const [tip, height] = [hashes.at(-1), hashes.length - 1]
      const headers = new Map([...chain.headers, ...(invalid?.headers ?? [])])
      if (method === 'getbestblockhash') return tip
      if (method === 'getblockcount') return height
      if (method === 'getblockhash' && hashes[Number(first)]) return hashes[Number(first)]
      if (method === 'getblockheader' && second === false) return headers.get(String(first))?.toString('hex')
      if (method === 'getchaintips')
        return [
          { hash: tip, height, status: 'active' },
          ...(invalid ? [{ hash: invalid.hashes.at(-1), height: 0, status: 'invalid' }] : []),
        ]
      throw new Error(`${name} does not know ${method}`)
    },
    ...parts,
  })
}

const COMMON = chainOf(20, 1)
const AGREED = chainOf(5, 2, COMMON)
const pool = (node: Partial<Node> = {}): Node => ({ chain: AGREED, client: 'pool', ...node })
const ours: Node = { chain: AGREED }
const NOT_ASKED = (what: string) => `not asked of pool-1: pool 1.0 has ${what}`

const SPENT = { miners: ours, 'pool-1': pool({ lacks: ['all'] }) }

describe('a node that cannot be asked', () => {
  it.each(['one-tip', 'converges'])('counts for %s as its spy saw it, which is said', async name => {
    const same = await verdictOf(name, worldOf({ ...SPENT }))
    const notAsked = [`${NOT_ASKED('no getbestblockhash')}, so its tip is as its spy saw it`]
    expect(same).toMatchObject({ passed: true, notAsked })
    const other = worldOf({ ...SPENT, 'pool-1': pool({ lacks: ['all'], chain: COMMON }) })
    expect(await verdictOf(name, other)).toMatchObject({ passed: false, notAsked })
  })

  it.each<[check: string, what: string, settings?: Record<string, number>]>([
    ['shares-chain', 'no getblockcount', { depth: 1 }],
    ['most-work', 'no getchaintips'],
  ])('is left out of %s and named', async (name, what, settings = {}) => {
    expect(await verdictOf(name, worldOf(SPENT), settings)).toMatchObject({
      ...{ passed: true, notAsked: [NOT_ASKED(what)] },
    })
  })

  it('has no part in what was settled before a fault', async () => {
    const { steps, moments, run } = scheduleOf({ cut: { kind: 'partition', cut: 'miners | rest' } as never })
    const verdict = verdictOf('nothing-lost', worldOf(SPENT, { steps, moments }), { depth: 2 })
    await run()
    expect(await verdict).toMatchObject({
      ...{ passed: true, asked: '1 block 2 deep before the faults, on 1 chain' },
      notAsked: [NOT_ASKED('no getblockcount')],
    })
  })

  it('is no reason for shares-chain to pass where there is no other', async () => {
    const world = worldOf({ 'pool-1': pool({ lacks: ['all'] }) })
    expect(await verdictOf('shares-chain', world, { depth: 1 })).toMatchObject({
      ...{ passed: false, notAsked: [NOT_ASKED('no getblockcount')] },
    })
  })

  it('of our own is none that may be left out', async () => {
    const world = worldOf({ a: ours, b: { ...ours, lacks: ['getchaintips'] } })
    await expect(verdictOf('most-work', world)).rejects.toThrow('Method not found')
  })

  it.each([
    ...['chain', 'supply', 'no-double-spend', 'most-work', 'nothing-lost'],
    ...['restarts-keep-blocks', 'no-error-logs', 'no-blame'],
  ])('is no reason for %s to pass where there is no other', async name => {
    const { steps, moments, run } = scheduleOf({ end: { kind: 'restart', nodes: 'all' } as never })
    const plan = { ...paperPlan(1), nodes: [{ ...paperPlan(1).nodes[0], name: 'pool-1' }] } as never
    const systems = { ledger: { converged: true } }
    const world = worldOf({ 'pool-1': pool({ lacks: ['all'] }) }, { steps, moments, plan })
    const settled = () => ({ ...world.state(), systems: { ...world.state().systems, ...systems } }) as never
    const verdict: Promise<Verdict> = verdictOf(name, { ...world, state: settled }, { depth: 2 })
    await run()
    expect(await verdict).toMatchObject({ passed: false, notAsked: [expect.stringContaining('pool-1')] })
  })

  it('has what it forgets not held against it', async () => {
    const { steps, moments, run } = scheduleOf({ end: { kind: 'restart', nodes: 'miners,pool' } as never })
    const [first] = paperPlan(1).nodes
    const planned = [
      { ...first, name: 'miners-1', group: 'miners' },
      { ...first, name: 'pool-1', group: 'pool', client: { name: 'pool', wallet: false, forgets: true } },
    ]
    const rpc: Ground['rpc'] = async (_, method) =>
      method === 'getbestblockhash' ? 'a' : method === 'getblockheader' ? { height: 9 } : {}
    const parts = {
      ...{ steps, moments, rpc, resumedHeight: () => 9 },
      plan: { ...paperPlan(1), nodes: planned } as never,
    }
    const verdict = verdictOf('restarts-keep-blocks', worldOf({ 'miners-1': ours, 'pool-1': pool() }, parts))
    await run()
    expect(await verdict).toMatchObject({
      ...{ passed: true, asked: '1 restart, each to resume where it was' },
      notAsked: [NOT_ASKED('its chain in memory alone')],
    })
  })

  it.each([
    ['kill', '1 restart', [NOT_ASKED('no gettxoutsetinfo')]],
    ['restart', '2 restarts', undefined],
  ])('to write what it has is not held to that where it is taken by %s', async (kind, asked, notAsked) => {
    const { steps, moments, run } = scheduleOf({ end: { kind, nodes: 'miners,pool' } as never })
    const [first] = paperPlan(1).nodes
    const planned = [
      { ...first, name: 'miners-1', group: 'miners' },
      { ...first, name: 'pool-1', group: 'pool', client: { name: 'pool', wallet: false } },
    ]
    const rpc: Ground['rpc'] = async (node, method) => {
      if (method === 'gettxoutsetinfo' && node === 'pool-1') throw new NoSuchMethod('Method not found')
      return method === 'getbestblockhash' ? 'a' : method === 'getblockheader' ? { height: 9 } : {}
    }
    const plan = { ...paperPlan(1), nodes: planned } as never
    const world = worldOf(
      { 'miners-1': ours, 'pool-1': pool() },
      { steps, moments, rpc, plan, resumedHeight: () => 9 },
    )
    const verdict = verdictOf('restarts-keep-blocks', world)
    await run()
    const { asked: whom, notAsked: whomNot, passed } = await verdict
    expect([passed, whom, whomNot]).toEqual([true, `${asked}, each to resume where it was`, notAsked])
  })
})

describe('implementations that do not agree', () => {
  const longer = chainOf(30, 3, AGREED)
  const refused = { ...chainOf(1, 3, AGREED) }

  it('are found where one calls invalid what the other stands on', async () => {
    const world = worldOf({ a: { chain: longer }, 'pool-1': pool({ invalid: refused }) })
    const [hash] = refused.hashes.slice(-1)
    expect(await verdictOf('most-work', world)).toMatchObject({
      passed: false,
      message: `pool-1 (pool 1.0) calls ${hash} invalid, which is on the chain that a (netsplit 0.1.0) stands on, of more work`,
    })
    expect(await verdictOf('one-tip', world)).toMatchObject({
      passed: false,
      message: expect.stringMatching(
        /^a \(netsplit 0\.1\.0\) on height 54 .*; pool-1 \(pool 1\.0\) on height 24 /,
      ),
    })
  })

  it('are found where the one merely stays behind', async () => {
    const world = worldOf({ a: { chain: longer }, 'pool-1': pool() })
    expect(await verdictOf('most-work', world)).toMatchObject({
      passed: false,
      message:
        'pool-1 (pool 1.0) lacks the last 30 blocks of the chain that a (netsplit 0.1.0) stands on, of more work',
    })
  })

  it('are none who are a few blocks apart, or of one program, or cut off from each other', async () => {
    const next = { chain: chainOf(1, 4, AGREED) }
    expect(await verdictOf('most-work', worldOf({ a: next, 'pool-1': pool() }))).toMatchObject({
      passed: true,
    })
    const alike = worldOf({ a: { chain: longer }, b: { ...ours, invalid: refused } })
    expect(await verdictOf('most-work', alike)).toMatchObject({ passed: true })
    const world = worldOf({ a: { chain: longer }, 'pool-1': pool({ invalid: refused }) })
    const cut = world.state().nodes.map((node, side) => ({ ...node, side }))
    const apart = { ...world, state: () => ({ ...world.state(), nodes: cut }) }
    expect(await verdictOf('most-work', apart)).toMatchObject({ passed: true })
  })
})
