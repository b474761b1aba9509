// Faults that must go on holding: when a node joins, comes back or dials around, the fault is there for it as well, before it
// has said a word to anybody; and what no longer holds says so.

import { expect, onTestFinished, test } from 'vitest'
import type { Fault } from '../../orchestrator/chaos/faults.ts'
import type { NetworkState } from '../../orchestrator/observe/state.ts'
import { perform } from '../../orchestrator/run/perform.ts'
import { simulate } from '../support/simulation.ts'

const FOUR =
  'chain: { blockInterval: 1s, maturity: 3 }\nload: { tx: 0/s }\nnodes: { miners: { count: 4, share: 100% } }'

const tipsOf = (nodes: readonly { readonly name: string; readonly tip: string | undefined }[]) =>
  new Map(nodes.map(({ name, tip }) => [name, tip]))
const ledgers = (nodes: NetworkState['nodes']) =>
  nodes.map(({ name, systems }) => ({ name, tip: systems.ledger.tip }))

test.each([
  ['full', 'halves', 'miners-1 miners-2 full-1 | miners-3 miners-4'],
  ['full', 'minority-third', 'miners-1 | miners-2 miners-3 miners-4 full-1'],
  ['full', 'miners-1,miners-2 | rest', 'miners-1 miners-2 | miners-3 miners-4 full-1'],
  ['full', 'miners-1,miners-2 | miners-3,miners-4', 'miners-1 miners-2 | miners-3 miners-4 | full-1'],
  ['ring', 'isolate miners-1', 'miners-1 | miners-2 miners-3 miners-4 full-1'],
  ['discovered', 'halves', 'miners-1 miners-2 full-1 | miners-3 miners-4'],
] as const)('in a %s network cut by %s a newcomer has its side: %s', async (kind, cut, target) => {
  const { testnet, events } = await simulate(`seed: 3\ntopology: { kind: ${kind} }\n${FOUR}`)
  await testnet.wait(3000)
  expect(await testnet.inject({ kind: 'partition', cut })).toMatchObject({ verified: true })
  expect(await testnet.add({})).toBe('full-1')
  expect(testnet.state().faults).toMatchObject([{ target, verified: true, toMs: undefined }])
  await testnet.wait(90_000)
  const {
    nodes,
    faults,
    systems: {
      ledger: { tips },
    },
  } = testnet.state()
  const sides = target.split(' | ').map(side => side.split(' '))
  expect(faults[0]?.sides).toEqual(sides)
  expect(faults).toMatchObject([{ verified: true }])
  expect(tips).toBeGreaterThanOrEqual(sides.length)
  // Nobody of one side ever stood on a block of another.
  const side = (name: string) => sides.findIndex(names => names.includes(name))
  for (const a of nodes)
    for (const b of nodes)
      if (side(a.name) !== side(b.name))
        expect(tipsOf(ledgers(nodes)).get(a.name)).not.toBe(tipsOf(ledgers(nodes)).get(b.name))
  const added = events.find(({ event }) => event.type === 'node-added')?.seq ?? Number.POSITIVE_INFINITY
  const across = events.filter(({ seq, node, event }) => {
    if (seq < added || event.type !== 'peer-up' || node === undefined) return false
    const other = nodes.find(({ p2p }) => p2p === event.address)?.name
    return other !== undefined && side(other) !== side(node)
  })
  expect(across).toEqual([])
  for (const healed of await testnet.heal()) expect(healed).toMatchObject({ verified: true })
  await testnet.wait(30_000)
  expect(testnet.state().systems.ledger.tips).toBeLessThanOrEqual(2)
  await testnet.down('the test is over')
})

test.each([
  [
    { kind: 'link', on: 'all', worse: { latencyMs: 2000 } },
    (peers: readonly Peer[]) => peers.every(({ pingtime = 99 }) => pingtime >= 3.9),
  ],
  [
    { kind: 'partition', cut: 'rest -> miners-1' },
    (peers: readonly Peer[]) => peers.every(({ addr }) => addr !== '10.0.0.1:28444'),
  ],
  [
    { kind: 'flapping', cut: 'miners-1 | rest', periodMs: 200_000 },
    (peers: readonly Peer[]) => peers.every(({ addr }) => addr !== '10.0.0.1:28444'),
  ],
] as const)('%j is in force for a newcomer from its first byte', async (fault, holds) => {
  const { testnet } = await simulate(`seed: 3\ntopology: { kind: full }\n${FOUR}`)
  await testnet.wait(3000)
  await testnet.inject(fault as Fault)
  await testnet.wait(fault.kind === 'flapping' ? 101_000 : 1)
  await testnet.add({ name: 'late' })
  await testnet.wait(40_000)
  await testnet.rpc('late', 'ping', [])
  await testnet.wait(9000)
  const peers = (await testnet.rpc('late', 'getpeerinfo', [])) as Peer[]
  expect(peers.length).toBeGreaterThan(0)
  expect(holds(peers)).toBe(true)
  await testnet.down('the test is over')
})

test('clocks that are off for all are off for a newcomer', async () => {
  const { testnet } = await simulate(`seed: 3\ntopology: { kind: full }\n${FOUR}`)
  await testnet.wait(3000)
  await testnet.inject({ kind: 'clock-skew', nodes: 'all', byMs: 30_000 })
  await testnet.add({ name: 'late' })
  await testnet.wait(5000)
  expect(testnet.state().faults).toMatchObject([
    { verified: true, measured: expect.stringMatching(/^5 of 5 so/) },
  ])
  const ahead = () => testnet.state().nodes.map(({ name }) => testnet.node(name).clockMs - testnet.nowMs())
  expect(ahead()).toEqual([30_000, 30_000, 30_000, 30_000, 30_000])
  await testnet.heal()
  expect(ahead()).toEqual([0, 0, 0, 0, 0])
  await testnet.down('the test is over')
})

test('churn of all takes newcomers as well', async () => {
  const { testnet, events } = await simulate(`seed: 3\ntopology: { kind: full }\n${FOUR}`)
  await testnet.wait(3000)
  await testnet.inject({ kind: 'churn', nodes: 'all', perMinute: 120, downMs: 500 })
  await testnet.add({ name: 'late' })
  await testnet.wait(30_000)
  expect(events.some(({ event }) => event.type === 'node-exited' && event.node === 'late')).toBe(true)
  await testnet.down('the test is over')
})

test('a node that was down comes back behind the cut, and a killed one that is started by hand ends the fault', async () => {
  const { testnet } = await simulate(`seed: 3\ntopology: { kind: full }\n${FOUR}`)
  await testnet.wait(3000)
  await testnet.inject({ kind: 'partition', cut: 'halves' }, { id: 'split' })
  await testnet.inject({ kind: 'kill', nodes: 'miners-1,miners-2' }, { id: 'gone' })
  await testnet.wait(5000)
  await testnet.start('miners-1')
  await testnet.wait(60_000)
  const [split, gone] = testnet.state().faults
  expect(split).toMatchObject({ id: 'split', verified: true })
  expect(gone).toMatchObject({ id: 'gone', verified: false, lapsed: true, measured: '1 of 2 down' })
  expect(testnet.state().log.map(({ text }) => text)).toContain(
    'fault gone no longer holds: asked 2 down, measured 1 of 2 down',
  )
  const healed = await testnet.heal('gone')
  expect(healed).toMatchObject([{ id: 'gone', lapsed: { measured: '1 of 2 down' } }])
  await testnet.down('the test is over')
})

test('a scenario whose fault did not hold throughout is red, and says what was found', async () => {
  const scenario =
    'faults: { gone: { kill: "miners-1,miners-2", at: 2s, for: 30s } }\nexpect: { one-tip: {} }'
  const { testnet } = await simulate(`seed: 3\ntopology: { kind: full }\n${FOUR}\n${scenario}`)
  const over = new AbortController()
  const performed = perform(testnet, { say: () => {}, signal: new AbortController().signal }, over.signal)
  await testnet.wait(10_000)
  await testnet.start('miners-2')
  const { faults, checks } = await performed
  const measured = 'it did not hold throughout: 1 of 2 down'
  expect(faults).toMatchObject([{ name: 'gone', verified: false, measured }])
  expect(faults[0]?.toMs).toBeGreaterThan(30_000)
  expect(checks).toContainEqual(
    expect.objectContaining({
      name: 'faults-took',
      passed: false,
      message: `gone: asked 2 down, measured ${measured}`,
    }),
  )
  over.abort()
  await testnet.down('the test is over')
})

interface Peer {
  readonly addr: string
  readonly pingtime?: number
}

test('of many nodes that churn has away at once Node has nothing to warn of', async () => {
  const warnings: string[] = []
  const hear = ({ name }: Error) => void warnings.push(name)
  process.on('warning', hear)
  onTestFinished(() => void process.off('warning', hear))
  const { testnet, events } = await simulate('nodes: { miners: { count: 20, share: 100% } }')
  await testnet.inject({ kind: 'churn', nodes: 'all', perMinute: 600, downMs: 20_000 })
  await testnet.elapse(20_000)
  await new Promise(resolve => setImmediate(resolve)) // warnings are told a turn later
  expect(events.filter(({ event }) => event.type === 'node-exited').length).toBeGreaterThan(11)
  expect(warnings).toEqual([])
})
