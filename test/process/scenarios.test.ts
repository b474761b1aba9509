// `netsplit test` as CI runs it: real nodes, real faults, checks, evidence. And every built-in scenario passes.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { BUILT_IN } from '../../orchestrator/scenarios/built-in.ts'
import { builtInScenariosPass } from '../support/built-in-scenarios.ts'
import { Desk } from '../support/cli.ts'

const number = expect.any(Number)

test('partition-heal splits, heals and proves it: one document, JUnit, and a record of the run', async () => {
  const desk = new Desk()
  const { code, stdout, stderr } = await desk.run(
    'test',
    'partition-heal',
    '--seed',
    '7',
    '--json',
    '--junit',
    'out.xml',
  )
  expect(code, stdout + stderr).toBe(0)
  const [directory = ''] = desk.runs()
  const { schemaVersion, scenarios } = JSON.parse(stdout)
  expect(schemaVersion).toBe(1)
  expect(scenarios).toHaveLength(1)
  const [scenario] = scenarios
  expect(scenario).toMatchObject({
    name: 'partition-heal',
    runtime: 'process',
    seed: 7,
    passed: true,
    vacuous: false,
    seconds: number,
    runDirectory: directory,
  })
  expect(scenario.faults).toEqual([
    {
      name: 'split',
      kind: 'partition',
      target: 'miners-1 miners-2 miners-3 | miners-4 miners-5 miners-6',
      from: number,
      to: number,
      verified: true,
      asked: expect.stringMatching(/^\d+ connections silent, \d+ open$/),
      measured: expect.stringMatching(/^(\d+) of \1 silent, (\d+) of \2 open$/),
    },
  ])
  for (const check of scenario.checks)
    expect(check).toEqual({
      name: expect.any(String),
      passed: true,
      asked: expect.any(String),
      measured: expect.any(String),
      message: '',
    })
  expect(scenario.checks.map((check: { name: string }) => check.name)).toEqual(
    expect.arrayContaining(['faults-took', 'one-tip', 'chain', 'supply', 'sides-advance', 'nothing-lost']),
  )
  expect(stderr).toContain('split: partition in force')
  expect(readdirSync(directory).sort()).toEqual([
    'checks.json',
    'events.ndjson',
    'faults.json',
    'junit.xml',
    'logs',
    'plan.json',
    'report.html',
    'report.json',
    'run.json',
    'spec.yaml',
    'verdict.json',
  ])
  expect(JSON.parse(readFileSync(join(directory, 'faults.json'), 'utf8'))).toEqual(scenario.faults)
  expect(JSON.parse(readFileSync(join(directory, 'checks.json'), 'utf8'))).toEqual(scenario.checks)
  const xml = readFileSync(join(desk.folder, 'out.xml'), 'utf8')
  expect(xml).toBe(readFileSync(join(directory, 'junit.xml'), 'utf8'))
  expect(xml).toContain('failures="0"')
  expect(desk.state()).toEqual([])
  expect(desk.nodes()).toEqual([])
})

const QUICK_SCENARIO = `
name: quick
nodes: { miners: { count: 2, share: 100% } }
mining: { hashRate: 100kH/s }
chain: { blockInterval: 500ms }
links: { latency: 0ms, jitter: 0ms }
load: { tx: 0/s }
`

test('a check that fails is exit 3, with what was asked and what was measured', async () => {
  const desk = new Desk()
  writeFileSync(
    join(desk.folder, 'hopeless.yaml'),
    `${QUICK_SCENARIO}faults: { cut: { partition: halves, at: 1s, for: 1s } }\nexpect: { nothing-lost: { depth: 900, within: 1s after heal }, one-tip: {} }`,
  )
  const { code, stdout } = await desk.run('test', 'hopeless.yaml')
  expect(code, stdout).toBe(3)
  expect(stdout).toMatch(/^FAILED {2}quick/)
  expect(stdout).toContain('no block was 900 deep when the faults began')
  expect(desk.nodes()).toEqual([])
})

test('Ctrl-C in the middle of a fault heals it, goes down, keeps what was done before, and leaves nothing else', async () => {
  const desk = new Desk()
  writeFileSync(
    join(desk.folder, 'long.yaml'),
    `${QUICK_SCENARIO}faults: { cut: { partition: halves, at: 0s, for: 1h } }\nexpect: { converges: {}, supply: {}, chain: {} }`,
  )
  writeFileSync(join(desk.folder, 'short.yaml'), 'name: short\nruntime: sim\nexpect: { one-tip: {} }')
  const running = desk.start('test', 'short.yaml', 'long.yaml', '--junit', 'junit.xml')
  await running.says('cut: partition in force')
  running.signal('SIGINT')
  const { code, stderr } = await running.ended
  expect(code, stderr).toBe(130)
  expect(stderr, 'a check that was thrown out').not.toContain('FAILED')
  const evidence = readFileSync(join(desk.folder, 'junit.xml'), 'utf8')
  expect(evidence, 'what was done before').toContain('<testsuite name="short"')
  const directory = desk.runs().find(run => run.endsWith('quick')) ?? ''
  const events = readFileSync(join(directory, 'events.ndjson'), 'utf8')
  expect(events).toContain('"type":"fault-ended","id":"cut"')
  expect(desk.state()).toEqual([])
  expect(desk.nodes()).toEqual([])
})

test('up carries out the faults of its spec; when its time is over first, they are healed before it goes down', async () => {
  const desk = new Desk()
  writeFileSync(
    join(desk.folder, 'long.yaml'),
    `${QUICK_SCENARIO}faults: { cut: { partition: halves, at: 0s, for: 1h } }`,
  )
  const { code, stdout, stderr } = await desk.run('up', 'long.yaml', '--for', '15s', '--json')
  expect(code, stderr).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ converged: true })
  const [directory = ''] = desk.runs()
  const events = readFileSync(join(directory, 'events.ndjson'), 'utf8')
  expect(events).toContain('"type":"fault-verified","id":"cut","ok":true')
  expect(events).toContain('"type":"fault-ended","id":"cut"')
  expect(desk.nodes()).toEqual([])
})

test('what is no scenario is refused before anything runs', async () => {
  const desk = new Desk()
  const unknown = await desk.run('test', 'partition-heel')
  expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining('did you mean partition-heal?') })
  const none = await desk.run('test', 'bridge', 'netsplit.yaml')
  expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('neither faults nor expect') })
  expect(desk.runs()).toEqual([])
  const list = await desk.run('test')
  for (const name of Object.keys(BUILT_IN)) expect(list.stdout).toContain(name)
})

test('a scenario that runs twice at once has two networks, two records, and one name', async () => {
  const desk = new Desk()
  writeFileSync(
    join(desk.folder, 'quick.yaml'),
    `${QUICK_SCENARIO}faults: { cut: { partition: halves, at: 1s, for: 1s } }\nexpect: { one-tip: {}, chain: {} }`,
  )
  const asked = ['test', 'quick.yaml', 'quick.yaml', '--parallel', '--json']
  const both = await Promise.all([desk.run(...asked), desk.run(...asked)])
  const scenarios = both.flatMap(({ code, stdout, stderr }) => {
    expect(code, stdout + stderr).toBe(0)
    return JSON.parse(stdout).scenarios as { name: string; runDirectory: string }[]
  })
  expect(scenarios.map(({ name }) => name)).toEqual(['quick', 'quick', 'quick', 'quick'])
  expect(new Set(scenarios.map(({ runDirectory }) => runDirectory)).size).toBe(4)
  expect(desk.runs()).toHaveLength(4)
  expect(desk.state()).toEqual([])
  expect(desk.nodes()).toEqual([])
})

/** It wants control groups, which not every user may make. Containers have them: the project `docker` runs it there. */
test('memory-squeeze passes, or says what it wants', async () => {
  const desk = new Desk()
  const { code, stdout, stderr } = await desk.run('test', 'memory-squeeze', '--json')
  if (code === 4)
    expect(JSON.parse(stdout).error.message).toMatch(/only where this user may make control groups/)
  else expect(code, stdout + stderr).toBe(0)
  expect(desk.nodes()).toEqual([])
})

builtInScenariosPass('the built-in scenarios pass on processes', {
  atOnce: 3,
  without: ['partition-heal', 'memory-squeeze'], // see above and below
  desk: () => new Desk(),
})
