// The transaction load under a clock of its own.

import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { NodeRpcError } from '../../orchestrator/network/node-client.ts'
import { createRandom } from '../../orchestrator/spec/random.ts'
import { Load, type LoadOptions } from '../../orchestrator/systems/ledger/payments.ts'
import { after } from '../../orchestrator/timers.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

interface Sent {
  readonly atMs: number
  readonly payer: string
  readonly payee: string
  readonly coins: number
}

type Pay = (payer: string) => void

function makeLoad(
  seed: string,
  txPerSecond: number,
  pay: Pay = () => {},
  changes: Partial<LoadOptions> = {},
) {
  const sent: Sent[] = []
  const failed: string[] = []
  const load = new Load({
    txPerSecond,
    random: createRandom(seed),
    clock: { nowMs: () => performance.now(), after: (ms, task) => after(ms, task, { idle: true }) },
    nodes: () => ['a', 'b', 'c'],
    rpc: async (node, method, params) => {
      if (method === 'getnewaddress') return `address of ${node}`
      pay(node)
      const [address, coins] = params as [string, number]
      sent.push({ atMs: performance.now(), payer: node, payee: address.slice(-1), coins })
      return `tx ${sent.length}`
    },
    onSent: () => {},
    onFailed: (node, detail) => failed.push(`${node}: ${detail}`),
    ...changes,
  })
  return { load, sent, failed }
}

test('the rate is met on average and the spacing is exponential', async () => {
  const { load, sent } = makeLoad('spacing', 20)
  load.start()
  await vi.advanceTimersByTimeAsync(200_000)
  load.stop()
  // 4,000 expected, standard deviation √4000 ≈ 63.
  expect(Math.abs(sent.length - 4_000)).toBeLessThan(4 * 63)
  const gaps = sent.slice(1).map((tx, i) => tx.atMs - (sent[i] as Sent).atMs)
  const mean = gaps.reduce((a, b) => a + b, 0) / gaps.length
  const longer = gaps.filter(gap => gap > mean).length / gaps.length
  expect(longer).toBeGreaterThan(0.33)
  expect(longer).toBeLessThan(0.41) // 1/e = 0.368
})

test('payers, payees and amounts follow from the seed', async () => {
  const run = async (seed: string) => {
    const { load, sent } = makeLoad(seed, 10)
    load.start()
    await vi.advanceTimersByTimeAsync(10_000)
    load.stop()
    return sent.map(({ payer, payee, coins }) => `${payer} ${payee} ${coins}`)
  }
  const first = await run('one')
  expect(await run('one')).toEqual(first)
  expect(await run('two')).not.toEqual(first)
  expect(new Set(first.map(line => line[0])).size).toBe(3)
})

test('amounts are whole satoshi between 0.001 and 0.1 coins', async () => {
  const { load, sent } = makeLoad('amounts', 50)
  load.start()
  await vi.advanceTimersByTimeAsync(10_000)
  load.stop()
  for (const { coins } of sent) {
    expect(coins).toBeGreaterThanOrEqual(0.001)
    expect(coins).toBeLessThanOrEqual(0.1)
    expect(Math.abs(coins * 1e8 - Math.round(coins * 1e8))).toBeLessThan(1e-6)
  }
})

test('a node without funds is waited for, not counted; it pays again once it can', async () => {
  let rich = false
  let asked = 0
  const { load, sent, failed } = makeLoad('funds', 50, () => {
    asked++
    if (!rich) throw new NodeRpcError(-6, 'Insufficient funds')
  })
  load.start()
  await vi.advanceTimersByTimeAsync(10_000)
  expect(sent).toEqual([])
  expect(failed).toEqual([])
  // Three nodes, each asked about once a second.
  expect(asked).toBeLessThanOrEqual(33)
  expect(asked).toBeGreaterThan(20)
  rich = true
  await vi.advanceTimersByTimeAsync(2_000)
  load.stop()
  expect(sent.length).toBeGreaterThan(20)
})

test('a payment that is refused for another reason is counted with it', async () => {
  const { load, failed } = makeLoad('fails', 10, () => {
    throw new NodeRpcError(-26, 'dust')
  })
  load.start()
  await vi.advanceTimersByTimeAsync(1_000)
  load.stop()
  expect(failed.length).toBeGreaterThan(3)
  expect(failed[0]).toMatch(/^[abc]: dust$/)
})

test('a network that answers slowly is not buried under payments', async () => {
  let open = 0
  let most = 0
  const rpc = (_: string, method: string) => {
    if (method === 'getnewaddress') return Promise.resolve('address of a')
    open++
    most = Math.max(most, open)
    return new Promise<string>(() => {})
  }
  const { load } = makeLoad('slow', 1_000, () => {}, { rpc })
  load.start()
  await vi.advanceTimersByTimeAsync(5_000)
  load.stop()
  expect(most).toBe(64)
})

test('no rate, or no node, is no load', async () => {
  const none = makeLoad('none', 0)
  none.load.start()
  const alone = makeLoad('alone', 100, () => {}, { nodes: () => [] })
  alone.load.start()
  await vi.advanceTimersByTimeAsync(1_000)
  alone.load.stop()
  expect(none.sent).toEqual([])
  expect(alone.sent).toEqual([])
  expect(vi.getTimerCount()).toBe(0)
})
