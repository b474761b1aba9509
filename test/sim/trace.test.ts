// Traces played back on simulated networks: hash rates, nodes and links are as the file has them, are measured, and are as planned again.

import { describe, expect, test } from 'vitest'
import { readTrace } from '../../orchestrator/spec/trace-file.ts'
import { MINUTE_MS, type Simulation, simulate } from '../support/simulation.ts'

const HEAD = 'time_m,on,what,value\n'
const network = (more = '') => `
nodes: { m: { count: 4, hashRate: 250kH/s } }
chain: { blockInterval: 60s, difficulty: { rule: fixed } }
links: { latency: 50ms, jitter: 0ms }
topology: { kind: full }
load: { tx: 0/s }
${more}`

const play = ({ testnet }: Simulation, lines: string, patient = true) =>
  testnet.inject(
    { kind: 'trace', file: 't.csv', points: readTrace('t.csv', HEAD + lines) },
    { id: 'power', patient },
  )

const blocksBy = ({ events }: Simulation, node: string, from = 0) =>
  events.slice(from).filter(each => each.node === node && each.event.type === 'block-mined').length

describe('hash rate', () => {
  test('is felt in the blocks that are found, on one node and on all, and is as planned in the end', async () => {
    const sim = await simulate(network())
    const { testnet, events } = sim
    expect(await play(sim, '0,m-1,hashrate,1MH/s\n0,m-2,hashrate,0')).toMatchObject({ verified: true })
    const asked = testnet.state().nodes.map(({ systems }) => systems.ledger.askedHps)
    expect(asked).toEqual([1e6, 0, 250e3, 250e3])
    const from = events.length
    // 1.5 of the planned megahash a second: a block each 40 s, a thousand of them.
    await testnet.elapse(1000 * 40_000)
    const found = ['m-1', 'm-2', 'm-3', 'm-4'].map(node => blocksBy(sim, node, from))
    for (const [i, expected] of [667, 0, 167, 167].entries())
      expect(Math.abs((found[i] ?? 0) - expected)).toBeLessThanOrEqual(5 * Math.sqrt(expected))
    expect(await testnet.heal('power')).toMatchObject([
      { verified: true, measured: expect.stringMatching(/^2 of 2 made/) },
    ])
    const after = events.length
    await testnet.elapse(400 * 60_000)
    const planned = ['m-1', 'm-2', 'm-3', 'm-4'].map(node => blocksBy(sim, node, after))
    for (const count of planned) expect(Math.abs(count - 100)).toBeLessThanOrEqual(50)
    expect(testnet.state().nodes.every(({ systems }) => systems.ledger.askedHps === 250e3)).toBe(true)
    await testnet.down('seen')
  })

  test('comes back with a node that was down', async () => {
    const sim = await simulate(network())
    const { testnet } = sim
    await play(sim, '0,m-1,hashrate,1MH/s')
    await testnet.kill('m-1')
    await testnet.elapse(MINUTE_MS)
    await testnet.start('m-1')
    await testnet.elapse(MINUTE_MS)
    expect(await testnet.rpc('m-1', 'getmininginfo', [])).toMatchObject({ miner: { asked_hashps: 1e6 } })
    expect(await testnet.heal()).toMatchObject([{ verified: true }])
    await testnet.down('seen')
  })

  test('that a node does not take is a fault that did not take', async () => {
    const sim = await simulate(network())
    const { testnet } = sim
    const { rpc } = testnet
    testnet.rpc = async (node, method, params) =>
      method === 'sethashrate' && node === 'm-3' ? null : await rpc.call(testnet, node, method, params)
    expect(await play(sim, '0,m,hashrate,1MH/s')).toMatchObject({
      verified: false,
      measured: expect.stringContaining('3 of 4 made: m-3 has 250000 of 1000000 H/s'),
    })
    await testnet.down('seen')
  })

  test('is for those who mine', async () => {
    const sim = await simulate(
      network().replace('count: 4, hashRate: 250kH/s } }', 'count: 3, hashRate: 250kH/s }, full: {} }'),
    )
    expect(await play(sim, '0,full-1,hashrate,5')).toMatchObject({
      verified: false,
      measured: expect.stringContaining('does not mine'),
    })
    await expect(sim.testnet.rpc('m-1', 'sethashrate', [-1])).rejects.toThrow(/from 0 to/)
    await sim.testnet.down('seen')
  })
})

describe('nodes', () => {
  test('are away when the file says so, and all are back in the end', async () => {
    const sim = await simulate(network())
    const { testnet } = sim
    await play(sim, '0,m-1,up,\n1,"m-1,m-2",down,\n3,m-1,up,\n5,m-3,state,down\n6,m-3,state,up\n9,m-1,down,')
    const away = () =>
      testnet
        .state()
        .nodes.filter(({ phase }) => phase !== 'running')
        .map(({ name }) => name)
    const seen: string[] = []
    for (let minute = 0; minute < 10; minute++) {
      await testnet.elapse(30_000)
      seen.push(away().join(' '))
      await testnet.elapse(30_000)
    }
    const both = 'm-1 m-2'
    expect(seen).toEqual(['', both, both, 'm-2', 'm-2', 'm-2 m-3', 'm-2', 'm-2', 'm-2', both])
    expect(testnet.state().faults).toMatchObject([
      { id: 'power', kind: 'trace', target: 't.csv', toMs: undefined },
    ])
    expect(await testnet.heal('power')).toMatchObject([
      { verified: true, measured: expect.stringContaining('7 of 7 made; 3 of 3 running') },
    ])
    expect(away()).toEqual([])
    await testnet.down('seen')
  })

  test('that somebody brings back by hand make it one that does not hold', async () => {
    const sim = await simulate(network())
    const { testnet } = sim
    await play(sim, '0,m-2,down,')
    await testnet.start('m-2')
    await testnet.elapse(MINUTE_MS)
    expect(testnet.state().faults).toMatchObject([{ lapsed: true, verified: false }])
    await testnet.down('seen')
  })
})

describe('links', () => {
  const pings = async ({ testnet }: Simulation, node: string) => {
    await testnet.rpc(node, 'pinglinks', [])
    await testnet.elapse(5000)
    const links = (await testnet.rpc(node, 'getlinkinfo', [])) as { pingtime: number }[]
    return links.map(({ pingtime }) => Math.round(pingtime * 1000)).sort((a, b) => a - b)
  }

  test('are as the file has them, worse and better than planned, and as planned in the end', async () => {
    const sim = await simulate(network())
    const { testnet } = sim
    expect(
      await play(sim, '1,all,latency,20ms\n2,m-1 -> m-2,latency,500\n3,m-1 <-> m-3,latency,200'),
    ).toMatchObject({
      verified: true,
      measured: expect.stringContaining('12 of 12 made'),
    })
    expect(await pings(sim, 'm-1')).toEqual([40, 40, 40])
    await testnet.elapse(MINUTE_MS)
    expect(await pings(sim, 'm-1')).toEqual([40, 40, 520])
    await testnet.elapse(MINUTE_MS)
    expect(await pings(sim, 'm-1')).toEqual([40, 400, 520])
    expect(await testnet.heal('power')).toMatchObject([{ verified: true }])
    expect(await pings(sim, 'm-1')).toEqual([100, 100, 100])
    expect(testnet.state().links).toEqual([])
    await testnet.down('seen')
  })
})

test('thousands of changes are one fault, and the same events each time', async () => {
  const lines = Array.from(
    { length: 3000 },
    (_, i) => `${i},m-${1 + (i % 4)},hashrate,${100 + (i % 7)}kH/s`,
  ).join('\n')
  const run = async () => {
    const sim = await simulate(network(), type => type.startsWith('fault') || type === 'block-mined')
    await play(sim, lines)
    await sim.testnet.elapse(3001 * MINUTE_MS)
    expect(sim.testnet.state().faults).toHaveLength(1)
    expect(await sim.testnet.heal('power')).toMatchObject([
      { verified: true, measured: expect.stringContaining('3000 of 3000 made') },
    ])
    await sim.testnet.down('seen')
    return sim.events
  }
  expect(await run()).toEqual(await run())
})
