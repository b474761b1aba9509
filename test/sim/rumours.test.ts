// The rumours in virtual time, as the simulator's own process runs them; the same build as in test/process/rumours.test.ts.

import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Desk } from '../support/cli.ts'
import { rumourVariant } from '../support/rumour/variant.ts'

const spec = (nodes: string, rest = '') => `
name: rumours
runtime: sim
nodes: ${nodes}
load: { tx: 0/s }
rumour: { every: 500ms }
${rest}`

const program = async () => join(await rumourVariant(), 'dist', 'netsplit.js')

test.each([
  ['beside a ledger', '{ a: { count: 6, share: 100%, runs: [bitcoin, rumour] } }', ['ledger', 'rumour']],
  [
    'on some nodes only',
    '{ a: { count: 4, share: 100% }, b: { count: 3, runs: [bitcoin, rumour] } }',
    ['ledger', 'rumour'],
  ],
  ['alone among peers', '{ a: { count: 6, runs: [p2p, rumour] } }', ['p2p', 'rumour']],
  ['alone', '{ a: { count: 6, runs: rumour } }', ['rumour']],
])('they are loaded, folded and summed up: %s', async (_, nodes, systems) => {
  const desk = new Desk(spec(nodes), await program())
  const { code, stdout, stderr } = await desk.run('up', 'netsplit.yaml', '--for', '60s', '--json')
  expect(code, stderr).toBe(0)
  const summary = JSON.parse(stdout)
  expect(Object.keys(summary.systems)).toEqual(systems)
  const { begun, known } = summary.systems.rumour
  expect(begun).toBeGreaterThanOrEqual(110)
  expect(Math.max(...known)).toBe(begun)
  if (systems.includes('ledger')) expect(summary.systems.ledger.height).toBeGreaterThan(3)
})

test.each([
  ['among peers', '[p2p, rumour]'],
  ['without any others', 'rumour'],
])('a split is provoked by them alone, and measured: %s', async (_, runs) => {
  const faults = (cut: string) => `
faults: { split: { partition: '${cut}', at: 5s, for: 20s } }
expect: { provoked: {}, rumours-reach: { within: 10s after heal } }`
  const nodes = `{ a: { count: 5, runs: ${runs} } }`
  const desk = new Desk(spec(nodes, faults('isolate a-1')), await program())
  const { code, stdout } = await desk.run('test', 'netsplit.yaml', '--json')
  expect(code).toBe(0)
  expect(JSON.parse(stdout).scenarios[0]).toMatchObject({ passed: true, vacuous: false })
})

test('a condition and a stop know them', async () => {
  const desk = new Desk(spec('{ a: { count: 3, runs: [p2p, rumour] } }'), await program())
  const { code, stdout, stderr } = await desk.run('up', 'netsplit.yaml', '--until', 'rumours 20', '--json')
  expect(code, stderr).toBe(0)
  expect(JSON.parse(stdout).systems.rumour.begun).toBe(20)
  const wrong = await desk.run('up', 'netsplit.yaml', '--until', 'gossip > 3')
  expect(wrong.code).toBe(2)
})

test('what a spec says of them is checked where it stands, and the plan has it', async () => {
  const desk = new Desk(spec('{ a: { count: 3, runs: [p2p, rumour] } }'), await program())
  const plan = JSON.parse((await desk.run('plan', 'netsplit.yaml')).stdout)
  expect(plan.systems).toEqual({ rumour: { everyMs: 500 } })
  expect(plan.nodes[0].runs).toEqual(['p2p', 'rumour'])
  const bad = new Desk(
    spec('{ a: { count: 3, runs: [p2p, rumour] } }').replace('500ms', '1ms'),
    await program(),
  )
  const { code, stderr } = await bad.run('plan', 'netsplit.yaml')
  expect(code).toBe(2)
  expect(stderr).toMatch(/netsplit\.yaml:6:\d+.*every/s)
  const unknown = await new Desk(spec('{ a: { count: 3, runs: gossip } }'), await program()).run(
    'plan',
    'netsplit.yaml',
  )
  expect(unknown.stderr).toContain('bitcoin, bitcoin-light, p2p, bittorrent, tracker, rumour')
})
