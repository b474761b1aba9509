// Faults of every kind on real nodes: each is measured to be there, takes effect, and leaves a whole network behind.

import { describe, expect, test } from 'vitest'
import type { Testnet } from '../../orchestrator/network/testnet.ts'
import { launchReal, QUICK, RUNTIME } from '../support/real-network.ts'
import { until } from '../support/until.ts'

const SLOW_MS = 60_000

const launch = (miners: number): Promise<Testnet> =>
  launchReal(`${QUICK}\nnodes: { miners: { count: ${miners}, share: 100% } }`)

const node = (testnet: Testnet, name: string) => {
  const found = testnet.state().nodes.find(each => each.name === name)
  if (!found) throw new Error(`no ${name}`)
  return found
}

async function converged(testnet: Testnet): Promise<void> {
  await until('all on one tip', () => testnet.state().systems.ledger.converged, SLOW_MS)
}

describe('links', () => {
  test('a random cut has two sides, and they are shown', async () => {
    const testnet = await launch(4)
    const report = await testnet.inject({ kind: 'partition', cut: 'random' })
    expect(report).toMatchObject({ verified: true })
    expect(report.target).toMatch(/^(miners-\d ?)+\| (miners-\d ?)+$/)
    const [healed] = await testnet.heal()
    expect(healed).toMatchObject({
      verified: true,
      measured: expect.stringMatching(/^\d of \d there; 0 of 0 silent, 12 of 12 open/),
    })
  })

  test('a flapping cut comes and goes, and ends whole', async () => {
    const testnet = await launch(3)
    const changes: boolean[] = []
    testnet.tap(({ event }) => {
      if (event.type === 'link-changed' && event.from === 'miners-1' && event.to === 'miners-2')
        changes.push(event.link.blocked)
    })
    const report = await testnet.inject({ kind: 'flapping', cut: 'isolate miners-1', periodMs: 400 })
    expect(report).toMatchObject({ verified: true, target: 'miners-1 | miners-2 miners-3' })
    await until('it has come and gone', () => changes.length >= 6, SLOW_MS)
    const [healed] = await testnet.heal(report.id)
    expect(healed).toMatchObject({
      verified: true,
      measured: expect.stringMatching(/^cut \d+ times; 2 of 2 there/),
    })
    expect(changes.slice(0, 4)).toEqual([true, false, true, false])
    expect(changes.at(-1)).toBe(false)
    await converged(testnet)
  })

  test('reset connections are gone once, and come back', async () => {
    const testnet = await launch(3)
    const report = await testnet.inject({ kind: 'reset', on: 'miners-1' })
    // two connections, each seen from both ends
    expect(report).toMatchObject({ verified: true, measured: '4 of 4 closed; 2 of 2 there' })
    expect(testnet.faults).toEqual([])
    expect(testnet.state().faults[0]?.toMs).toBeDefined()
  })

  test('a fault with an end heals by itself; two on one link leave each other alone', async () => {
    const testnet = await launch(2)
    const slow = await testnet.inject({ kind: 'link', on: 'all', worse: { latencyMs: 100 } })
    expect(slow).toMatchObject({ verified: true })
    const slower = await testnet.inject(
      { kind: 'link', on: 'miners-1 -> miners-2', worse: { latencyMs: 250 } },
      { forMs: 300 },
    )
    expect(slower).toMatchObject({ verified: true, asked: expect.stringContaining('at least 348 ms') })
    await until('it healed', () => !testnet.faults.includes(slower.id), SLOW_MS)
    expect(testnet.faults).toEqual([slow.id])
    const after = await testnet.inject({ kind: 'link', on: 'all', worse: { latencyMs: 50 } })
    expect(after.asked).toContain('at least 198 ms') // the stricter one wins
    for (const healed of await testnet.heal()) expect(healed).toMatchObject({ verified: true })
  })
})

describe('what a ping alone does not feel', () => {
  test.each([
    [
      'a thin link',
      { bandwidthBps: 500_000 },
      /^2 loads of at least 320 ms; .*0 connections silent/,
      '2 of 2 as slow',
    ],
    ['a lossy link', { loss: 0.05 }, /^2 volleys of at least 195 ms; /, '2 of 2 as slow'],
  ])('%s is measured with a load', async (_, worse, asked, measured) => {
    if (RUNTIME === 'docker' && 'loss' in worse) return // a real TCP hides it
    const testnet = await launch(2)
    const report = await testnet.inject({ kind: 'link', on: 'all', worse })
    expect(report).toMatchObject({ verified: true, asked: expect.stringMatching(asked) })
    expect(report.measured).toContain(measured)
    expect(await testnet.heal()).toMatchObject([{ verified: true }])
  })
})

describe('lines to the network', () => {
  test('a thinner one is loaded over all connections at once, outlives its node, and is given back', async () => {
    const lines = 'links: { latency: 0ms, jitter: 0ms, lines: { miners-2: { up: 3Mbit } } }'
    const testnet = await launchReal(
      `${QUICK.replace(/links: .*/, lines)}\ntopology: { kind: full }\nnodes: { miners: { count: 3, share: 100% } }`,
    )
    const worse = { upBps: 1e6, downBps: 2e6 }
    const report = await testnet.inject({ kind: 'access', nodes: 'miners-1 miners-2', worse })
    expect(report).toMatchObject({
      verified: true,
      asked: expect.stringMatching(/^2 lines up that take \d+ ms for a load; 2 lines down that take \d+ ms/),
      measured: expect.stringMatching(/^2 of 2 as slow; 2 of 2 as slow/),
    })
    const lineOf = (name: string) => node(testnet, name).access
    expect(['miners-1', 'miners-2', 'miners-3'].map(lineOf)).toEqual([worse, worse, undefined])
    await testnet.kill('miners-1')
    await testnet.start('miners-1')
    const peersOf = (name: string) => node(testnet, name).peerNames.length
    await until(
      'it has its peers',
      () => testnet.plan.nodes.every(({ name }) => peersOf(name) === 2),
      SLOW_MS,
    )
    const again = await testnet.inject({ kind: 'access', nodes: 'miners-1', worse: { upBps: 50e6 } })
    expect(again, 'of both the thinner one, in its new life as well').toMatchObject({
      verified: true,
      asked: report.asked.replace('2 lines up that take', '1 line up that takes').replace(/;.*/, ''),
    })
    for (const healed of await testnet.heal()) expect(healed).toMatchObject({ verified: true })
    expect(['miners-1', 'miners-2'].map(lineOf)).toEqual([undefined, { upBps: 3e6, downBps: 0 }])
    await converged(testnet)
  })
})

describe('nodes', () => {
  test('one that is down cannot be killed: the fault did not take', async () => {
    const testnet = await launch(2)
    await testnet.kill('miners-2')
    for (const kind of ['kill', 'pause', 'disk-full'] as const)
      expect(await testnet.inject({ kind, nodes: 'miners-2' })).toMatchObject({
        verified: false,
        measured: expect.stringContaining('miners-2 does not run'),
      })
    for (const fault of testnet.faults.filter(id => !id.includes('by-hand'))) await testnet.heal(fault)
    expect(node(testnet, 'miners-2').phase).toBe('stopped')
    // What took it away was an order by hand, and healing that brings it back.
    expect(await testnet.heal()).toMatchObject([{ id: 'kill-by-hand-1', kind: 'kill', verified: true }])
    expect(node(testnet, 'miners-2').phase).toBe('running')
  })

  test('a rolling restart takes one after the other, each back in before the next', async () => {
    const testnet = await launch(3)
    let down = 0
    let most = 0
    const order: string[] = []
    testnet.tap(({ event }) => {
      if (event.type === 'node-exited') {
        down++
        order.push(event.node)
      } else if (event.type === 'node-ready') down = Math.max(0, down - 1)
      most = Math.max(most, down)
    })
    down = 0
    expect(await testnet.inject({ kind: 'rolling-restart', nodes: 'all' })).toMatchObject({
      verified: true,
      measured: expect.stringMatching(/^3 of 3 restarted; 3 of 3 running; 3 of 3 there/),
    })
    expect(order).toEqual(['miners-1', 'miners-2', 'miners-3'])
    expect(most).toBe(1)
    await converged(testnet)
  })

  test('churn takes nodes and brings them back, until it is healed', async () => {
    const testnet = await launch(3)
    const left: string[] = []
    testnet.tap(({ event }) => {
      if (event.type === 'node-exited') left.push(event.node)
    })
    const fault = { kind: 'churn', nodes: 'all', perMinute: 120, downMs: 300 } as const
    const report = await testnet.inject(fault)
    expect(report).toMatchObject({ verified: true, measured: expect.stringMatching(/^1 of 1 down/) })
    await until('three have left', () => left.length >= 3, SLOW_MS)
    const [healed] = await testnet.heal(report.id)
    expect(healed).toMatchObject({ verified: true })
    expect(testnet.state().nodes.map(({ phase }) => phase)).toEqual(['running', 'running', 'running'])
    await converged(testnet)
  })
})

describe('machines', () => {
  test('a clock that is behind keeps its node from what comes from the future; right again, it follows', async () => {
    // It does not mine: blocks of such a clock in a chain this young would upset the difficulty for all.
    const nodes = '{ miners: { count: 2, share: 100% }, full: { count: 1 } }'
    const testnet = await launchReal(`${QUICK}\nnodes: ${nodes}`)
    const report = await testnet.inject({ kind: 'clock-skew', nodes: 'full-1', byMs: -3 * 3_600_000 })
    expect(report).toMatchObject({ verified: true, asked: 'clocks ahead by -10800.0 s' })
    await until(
      'the others go on without it',
      () =>
        node(testnet, 'miners-1').systems.ledger.height >= node(testnet, 'full-1').systems.ledger.height + 2,
      SLOW_MS,
    )
    const [healed] = await testnet.heal()
    expect(healed).toMatchObject({ verified: true, measured: expect.stringMatching(/ahead by -?0\.[01] s/) })
    await converged(testnet)
  })

  test('a skewed clock outlives a restart of its node', async () => {
    const testnet = await launch(2)
    await testnet.inject({ kind: 'clock-skew', nodes: 'miners-2', byMs: 60_000 })
    await testnet.inject({ kind: 'restart', nodes: 'miners-2' })
    const again = await testnet.inject({ kind: 'clock-skew', nodes: 'miners-2', byMs: 30_000 })
    expect(again).toMatchObject({ verified: true, asked: 'clocks ahead by 60.0 s' })
  })

  test('on a full disk a node says so and ends; with room again it resumes with what it had stored', async () => {
    const testnet = await launch(3)
    await until('a chain to lose', () => node(testnet, 'miners-3').systems.ledger.height >= 3, SLOW_MS)
    const had = node(testnet, 'miners-3').systems.ledger.height
    await testnet.rpc('miners-3', 'syncwithvalidationinterfacequeue', []) // on its disk
    const said: string[] = []
    testnet.tap(({ event }) => {
      if (event.type === 'store-failed') said.push(event.detail)
    })
    const report = await testnet.inject({ kind: 'disk-full', nodes: 'miners-3' })
    expect(report).toMatchObject({ verified: true, measured: '1 of 1 ended' })
    await until('its end is told', () => node(testnet, 'miners-3').phase === 'stopped', SLOW_MS)
    expect(said).toEqual([expect.stringContaining('ENOSPC: no space left on device')])
    expect(node(testnet, 'miners-3').exit).toMatchObject({ code: 1 })
    // Started on the full disk, it ends again.
    await testnet.start('miners-3').catch(() => {})
    await until('it ended', () => node(testnet, 'miners-3').phase === 'stopped', SLOW_MS)
    const resumed: number[] = []
    testnet.tap(({ event }) => {
      if (event.type === 'node-ready' && event.node === 'miners-3') resumed.push(event.resumedHeight)
      if (event.type === 'store-damaged') throw new Error(event.detail)
    })
    const [healed] = await testnet.heal()
    expect(healed).toMatchObject({ verified: true, measured: expect.stringMatching(/^1 of 1 running/) })
    expect(resumed.at(-1)).toBeGreaterThanOrEqual(had)
    await converged(testnet)
  })

  test('little processor time makes the same work take longer; a frozen node is not woken by it', async () => {
    const testnet = await launch(2)
    const report = await testnet.inject({ kind: 'cpu', nodes: 'miners-2', cpus: 0.2 })
    expect(report).toMatchObject({
      verified: true,
      asked: '200 ms of processor time take 1000 ms',
      measured: expect.stringMatching(/^1 of 1 so slow/),
    })
    const frozen = await testnet.inject({ kind: 'pause', nodes: 'miners-2' })
    expect(frozen).toMatchObject({ verified: true, measured: expect.stringContaining('1 of 1 frozen') })
    expect(await testnet.heal(frozen.id)).toMatchObject([{ verified: true }])
    expect(await testnet.heal()).toMatchObject([{ verified: true }])
    await converged(testnet)
  })

  test('what a runtime cannot do it says, and nothing happens', async () => {
    const testnet = await launch(2)
    if (testnet.cannot('memory') === undefined) return // control groups can be had here
    await expect(testnet.inject({ kind: 'memory', nodes: 'miners-1', bytes: 64e6 })).rejects.toThrow(
      /control groups/,
    )
    expect(testnet.state().faults).toEqual([])
  })
})
