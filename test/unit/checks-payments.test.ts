// The check of payments, over nodes that answer what the test says: what counts as confirmed, and when it is paid anew.

import { describe, expect, test } from 'vitest'
import { Moments } from '../../orchestrator/chaos/moments.ts'
import type { Ground } from '../../orchestrator/checks/check.ts'
import type { NetworkState } from '../../orchestrator/observe/state.ts'
import { Confirmations } from '../../orchestrator/systems/ledger/checks/payments.ts'
import { groundOf, verdictOf } from '../support/ground.ts'

describe('payments', () => {
  /** Two nodes that take a payment, and a chain that grows with every look and holds it or not. */
  function paying(confirms: boolean): Ground {
    let height = 10
    const nodes = ['n-1', 'n-2'].map(name => ({ name, phase: 'running', systems: { ledger: {} } }))
    return groundOf({
      state: () => ({ nodes }) as unknown as NetworkState,
      rpc: async (_, method, [first]) => {
        if (method === 'getblockcount') return ++height
        if (method === 'getnewaddress') return 'an address'
        if (method === 'sendtoaddress') return 'the payment'
        if (method === 'getmempoolentry') return {}
        if (method === 'getblockhash') return `block ${first}`
        return { tx: confirms && first === 'block 14' ? ['the payment'] : ['another'] }
      },
    })
  }

  test('tx-confirms-within is red when no block takes the payment', async () => {
    expect(await verdictOf('tx-confirms-within', paying(true), { confirmations: 2 })).toMatchObject({
      passed: true,
    })
    expect(await verdictOf('tx-confirms-within', paying(false), { confirmations: 1 })).toMatchObject({
      passed: false,
      measured: "n-1's the payment is so deep on 0 of 2 nodes",
    })
  })

  /** A chain that stands still while it holds the payment in its block 9 of 10: two blocks deep. */
  function standing(): Ground {
    const ground = paying(true)
    return {
      ...ground,
      rpc: async (node, method, args) => {
        if (method === 'getblockcount') return 10
        if (method === 'getblock') return { tx: args[0] === 'block 9' ? ['the payment'] : ['another'] }
        return await ground.rpc(node, method, args)
      },
    }
  }

  test.each([
    [1, true],
    [2, true],
    [3, false],
  ])(
    'the block that holds a payment counts: two blocks deep is %i deep: %s',
    async (confirmations, passed) => {
      expect(await verdictOf('tx-confirms-within', standing(), { confirmations })).toMatchObject({ passed })
    },
  )

  /** Every node has a chain of ten blocks; what each of them holds, and what waits, is the test's to say. */
  function holding(parts: {
    readonly paid?: (times: number) => string
    readonly waits?: (txid: string, nowMs: number) => boolean
    readonly block?: (node: string, height: number, nowMs: number) => string | undefined
    readonly running?: (nowMs: number) => readonly string[]
  }): { ground: Ground; payments: string[]; looked: Set<number> } {
    const { paid = times => `payment ${times}`, waits = () => true, block = () => undefined } = parts
    const { running = () => ['n-1', 'n-2'] } = parts
    const payments: string[] = []
    const looked = new Set<number>()
    const ground: Ground = groundOf({
      state: () =>
        ({
          nodes: running(ground.nowMs()).map(name => ({ name, phase: 'running', systems: { ledger: {} } })),
        }) as unknown as NetworkState,
      rpc: async (node, method, [first, second, ...terms]) => {
        if (method === 'getblockcount') return 40
        if (method === 'getnewaddress') return `of ${node}`
        if (method === 'sendtoaddress') {
          payments.push(`${node} pays ${second} ${first} at ${terms[7]}`)
          return paid(payments.length)
        }
        if (method === 'getmempoolentry') {
          if (waits(String(first), ground.nowMs())) return {}
          throw new Error('not in mempool')
        }
        if (method === 'getblockhash') {
          looked.add(Number(first))
          return `${node} ${first} ${block(node, Number(first), ground.nowMs())}`
        }
        if (method === 'getblock' && second === 1) return { tx: [String(first).replace(/^\S+ \d+ /, '')] }
        throw new Error(`nobody answers ${method}`)
      },
    })
    return { ground, payments, looked }
  }

  test('tx-confirms-within pays a hundredth of a coin to the next node, at a price above the load', async () => {
    const { ground, payments } = holding({
      block: (_, height, nowMs) => (height === 39 && nowMs >= 1250 ? 'payment 1' : undefined),
    })
    expect(await verdictOf('tx-confirms-within', ground, { confirmations: 2 })).toEqual({
      passed: true,
      asked: 'a payment 2 blocks deep on every node within 5 s',
      measured: 'after 1.3 s on every node',
    })
    expect(payments).toEqual(['n-1 pays 0.01 of n-2 at 20'])
  })

  test('tx-confirms-within pays anew what vanished, and not what waits or is confirmed at its payer', async () => {
    const vanishing = holding({
      waits: txid => txid !== 'payment 1',
      block: (_, height) => (height === 40 ? 'payment 2' : undefined),
    })
    expect(await verdictOf('tx-confirms-within', vanishing.ground, { confirmations: 1 })).toMatchObject({
      passed: true,
    })
    expect(vanishing.payments).toHaveLength(2)
    const kept = holding({
      waits: () => false,
      block: (node, height) => (node === 'n-1' && height === 40 ? 'payment 1' : undefined),
    })
    expect(await verdictOf('tx-confirms-within', kept.ground, { confirmations: 1 })).toMatchObject({
      passed: false,
      measured: "n-1's payment 1 is so deep on 1 of 2 nodes",
    })
    expect(kept.payments).toHaveLength(1)
  })

  test('a payment is looked for twenty blocks below the height at which it was made, and no deeper', async () => {
    const { ground, looked } = holding({})
    await verdictOf('tx-confirms-within', ground, { confirmations: 1 })
    expect(Math.min(...looked)).toBe(21)
    expect(Math.max(...looked)).toBe(40)
  })

  test('tx-confirms-within is red when nobody can pay, and says why', async () => {
    const ground = groundOf({
      state: () =>
        ({ nodes: [{ name: 'n-1', phase: 'running', systems: { ledger: {} } }] }) as unknown as NetworkState,
    })
    expect(await verdictOf('tx-confirms-within', ground, { confirmations: 1 })).toMatchObject({
      passed: false,
      measured: 'no two nodes run',
    })
  })

  test('its time counts from the heal, and a payment may be made as late as its end', async () => {
    const moments = new Moments([], 0)
    moments.markHealed(3000)
    let nowMs = 3000
    const { ground } = holding({
      paid: () => {
        if (nowMs < 7000) throw new Error('no coin yet')
        return 'payment'
      },
      block: (_, height) => (height === 40 ? 'payment' : undefined),
    })
    const late: Ground = {
      ...ground,
      moments,
      nowMs: () => nowMs,
      wait: async ms => {
        nowMs += ms
      },
    }
    expect(await verdictOf('tx-confirms-within', late, { confirmations: 1 })).toMatchObject({
      passed: true,
      measured: 'after 4.0 s on every node',
    })
  })

  test('a payment is not made anew because its payer has gone: those that run hold it or not', async () => {
    const { ground, payments } = holding({
      running: nowMs => (nowMs < 1000 ? ['n-1', 'n-2'] : ['n-2']),
      block: (node, height) => (node === 'n-2' && height === 40 ? 'payment 1' : undefined),
    })
    expect(await verdictOf('tx-confirms-within', ground, { confirmations: 1 })).toMatchObject({
      passed: true,
      measured: 'after 1.0 s on every node',
    })
    expect(payments).toHaveLength(1)
  })

  test('is as deep as the blocks on it say, from the first above the genesis on', async () => {
    const chain = ['genesis', 'one', 'two', 'three']
    const asked: unknown[] = []
    const ground = groundOf({
      rpc: async (_, method, [first]) => {
        if (method === 'getblockcount') return chain.length - 1
        if (method === 'getblockhash') return chain[Number(first)]
        asked.push(first)
        return { tx: [`paid in ${first}`] }
      },
    })
    const reader = new Confirmations(ground)
    const depthOf = (txid: string) => reader.of('n-1', { txid, fromHeight: 3 })
    expect(await depthOf('paid in three')).toBe(1)
    expect(await depthOf('paid in one')).toBe(3)
    expect(await depthOf('paid in genesis')).toBe(0)
    expect(asked).toEqual(['three', 'two', 'one']) // each block once
  })
})
