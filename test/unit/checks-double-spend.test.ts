// The check of a coin that is paid twice, over nodes that answer what the test says: which payment is left, on how many chains,
// and when it was not put to the test.

import { describe, expect, it } from 'vitest'
import type { NetworkState } from '../../orchestrator/observe/state.ts'
import { type Fault, groundOf, scheduleOf, verdictOf } from '../support/ground.ts'
import { paperPlan } from '../support/network-double.ts'

const CUT: Fault = { kind: 'partition', cut: 'miners-1 | rest' } as Fault
const ALL = ['miners-1', 'miners-2', 'miners-3']

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
      state: () =>
        ({
          nodes: ALL.map(name => ({ name, phase: 'running', systems: { ledger: {} } })),
        }) as unknown as NetworkState,
      rpc: async (node, method, params) => {
        const [first, second] = params as [unknown, Record<string, string>[]]
        if (method === 'listunspent')
          return (coins[node] ?? []).map((amount, vout) => ({ txid: `coin of ${node}`, vout, amount }))
        if (method === 'getblockcount') {
          if (!chains[node]) throw new Error('busy')
          return 10
        }
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

  it('is red when one node cannot be asked', async () => {
    const { 'miners-3': _, ...after } = all('to miners-3')
    expect((await judged({ during: EACH_ITS_OWN, after })).verdict).toMatchObject({
      passed: false,
      measured: 'to miners-1 on 0 of 3 chains, to miners-3 on 2 of 3 chains',
    })
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
