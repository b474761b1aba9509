// Orders by hand are faults with a beginning and an end that nobody has to measure; and what each fault did is told as it happens.

import { expect, test } from 'vitest'
import { verdictText } from '../../orchestrator/observe/verdict.ts'
import { MINUTE_MS, simulate } from '../support/simulation.ts'

const SPEC = `
nodes: { miners: { count: 4, share: 100% } }
chain: { blockInterval: 5s }
topology: { kind: full }
load: { tx: 0/s }
`

test('kill … start and pause … resume stand among the faults, by hand, and are not judged', async () => {
  const { testnet } = await simulate(SPEC)
  const faults = () => testnet.state().faults
  await testnet.elapse(MINUTE_MS)
  await testnet.kill('miners-2')
  const killedMs = testnet.nowMs()
  await testnet.elapse(MINUTE_MS)
  expect(faults()).toMatchObject([
    {
      id: 'kill-by-hand-1',
      kind: 'kill',
      target: 'miners-2',
      byHand: true,
      fromMs: killedMs,
      verified: undefined,
    },
  ])
  expect(faults()[0]?.toMs).toBeUndefined()
  expect(faults()[0]?.did).toMatch(
    /^The nodes kept agreeing; \d+ blocks were found meanwhile, \d+ of them stale\.$/,
  )
  expect(testnet.faults).toEqual(['kill-by-hand-1'])
  await testnet.start('miners-2')
  const startedMs = testnet.nowMs()
  await testnet.elapse(MINUTE_MS)
  expect(faults()[0]).toMatchObject({ toMs: startedMs, did: expect.stringContaining('All agreed ') })
  await testnet.pause('miners-3')
  await testnet.elapse(MINUTE_MS)
  // One who is frozen and killed is killed: two orders after each other.
  await testnet.kill('miners-3')
  await testnet.elapse(MINUTE_MS)
  expect(faults().map(({ kind, toMs }) => [kind, toMs !== undefined])).toEqual([
    ['kill', true],
    ['pause', true],
    ['kill', false],
  ])
  // Healing brings it back, and says so.
  expect(await testnet.heal()).toMatchObject([{ id: 'kill-by-hand-3', kind: 'kill', verified: true }])
  expect(testnet.state().nodes.every(({ phase }) => phase === 'running')).toBe(true)
  await testnet.stop('miners-1')
  expect(await testnet.heal('stop-by-hand-4')).toMatchObject([{ id: 'stop-by-hand-4', kind: 'stop' }])
  expect(faults().every(({ toMs }) => toMs !== undefined)).toBe(true)
  expect(faults().map(verdictText)).toEqual(Array(4).fill('by hand'))
  await testnet.down('seen')
})

test('an order that cannot be carried out is none, and what a fault does to nodes is not by hand', async () => {
  const { testnet } = await simulate(SPEC)
  await testnet.elapse(MINUTE_MS)
  await expect(testnet.resume('miners-1')).rejects.toThrow()
  await expect(testnet.kill('nobody')).rejects.toThrow('no node is named')
  expect(testnet.state().faults).toEqual([])
  await testnet.inject({ kind: 'kill', nodes: 'miners-1' }, { id: 'crash' })
  await testnet.elapse(MINUTE_MS)
  await testnet.heal('crash')
  expect(testnet.state().faults).toMatchObject([{ id: 'crash', verified: true }])
  expect(testnet.state().faults[0]?.byHand).toBeUndefined()
  await testnet.down('seen')
})

test('a node that was killed by hand is away no longer when it runs, whoever started it', async () => {
  const { testnet } = await simulate(SPEC)
  await testnet.elapse(MINUTE_MS)
  await testnet.kill('miners-1')
  testnet.node('miners-1').start()
  await testnet.elapse(MINUTE_MS)
  expect(testnet.state().nodes[0]?.phase).toBe('running')
  expect(testnet.state().faults.find(({ byHand }) => byHand)?.toMs).toBeDefined()
  await testnet.down('seen')
})

test('what a partition does is told while it does it: tips, blocks, and whether the nodes agree again', async () => {
  const { testnet } = await simulate(SPEC)
  await testnet.elapse(MINUTE_MS)
  const cut = { kind: 'partition', cut: 'miners-1,miners-2 | rest' } as const
  await testnet.inject(cut, { id: 'cut' })
  await testnet.elapse(2 * MINUTE_MS)
  const did = () => testnet.state().faults[0]?.did ?? ''
  expect(did()).toMatch(/^Nodes stood on 2 tips; \d+ blocks were found meanwhile, \d+ of them stale[.;]/)
  const [, , stale] = /(\d+) blocks .* (\d+) of them stale/.exec(did()) ?? []
  expect(Number(stale)).toBeGreaterThan(0)
  await testnet.heal('cut')
  await testnet.elapse(MINUTE_MS)
  expect(did()).toMatch(/reorganisations?, up to \d+ deep\. All agreed .* after it ended\.$/)
  await testnet.down('seen')
})
