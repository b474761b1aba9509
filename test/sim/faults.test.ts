// Faults in virtual time: what the simulator can break is measured as anywhere, and what it cannot is said.

import { expect, test } from 'vitest'
import { reportLines } from '../../orchestrator/commands/report-lines.ts'
import { rehearse } from '../../orchestrator/fuzz/rehearse.ts'
import { junit } from '../../orchestrator/report/junit.ts'
import { parseSpec } from '../../orchestrator/spec/load.ts'
import { makePlan } from '../../orchestrator/spec/plan.ts'
import { simulate } from '../support/simulation.ts'

const THREE =
  'chain: { blockInterval: 1s, maturity: 3 }\nload: { tx: 0/s }\nnodes: { miners: { count: 3, share: 100% } }'

test.each([
  [{ kind: 'partition', cut: 'random' }, /^\d of \d silent/],
  [
    { kind: 'flapping', cut: 'isolate miners-1', periodMs: 2000 },
    /^4 of 4 silent, 2 of 2 open; 0 of 0 silent, 6 of 6/,
  ],
  [{ kind: 'link', on: 'all', worse: { bandwidthBps: 500_000 } }, /^6 of 6 as slow/],
  [{ kind: 'link', on: 'miners-1', worse: { loss: 0.03 } }, /^4 of 4 as slow/],
  [{ kind: 'reset', on: 'miners-1' }, /^4 of 4 closed; 2 of 2 there/],
  [{ kind: 'rolling-restart', nodes: 'all' }, /^3 of 3 restarted; 3 of 3 running; 3 of 3 there/],
  [{ kind: 'churn', nodes: 'all', perMinute: 60, downMs: 500 }, /^1 of 1 down/],
  [{ kind: 'pause', nodes: 'miners-2' }, /^1 of 1 frozen/],
  [{ kind: 'clock-skew', nodes: 'miners-3', byMs: 60_000 }, /^1 of 1 so, ahead by 60.0 s/],
] as const)('%j is measured, and leaves a whole network behind', async (fault, measured) => {
  const { testnet } = await simulate(`seed: 3\n${THREE}`)
  await testnet.wait(3000)
  const report = await testnet.inject(fault)
  expect(report).toMatchObject({ verified: true, measured: expect.stringMatching(measured) })
  await testnet.wait(10_000)
  for (const healed of await testnet.heal()) expect(healed).toMatchObject({ verified: true })
  await testnet.wait(10_000)
  expect(testnet.state().nodes.map(({ phase }) => phase)).toEqual(['running', 'running', 'running'])
  expect(
    new Set(
      testnet.state().nodes.map(
        ({
          systems: {
            ledger: { height },
          },
        }) => height,
      ),
    ).size,
  ).toBeLessThanOrEqual(2)
  await testnet.down('the test is over')
})

test('one seed draws one random cut', async () => {
  const targets = new Set<string>()
  for (const seed of [1, 1, 2, 3]) {
    const { testnet } = await simulate(`seed: ${seed}\nnodes: { miners: { count: 9, share: 100% } }`)
    const { target } = await testnet.inject({ kind: 'partition', cut: 'random' })
    targets.add(target)
    await testnet.down('the test is over')
  }
  expect(targets.size).toBe(3)
})

test('a simulated machine has no disk, no processor and no memory of its own', async () => {
  const { testnet } = await simulate(THREE)
  for (const fault of [
    { kind: 'disk-full', nodes: 'all' },
    { kind: 'cpu', nodes: 'all', cpus: 0.5 },
    { kind: 'memory', nodes: 'all', bytes: 64e6 },
  ] as const)
    await expect(testnet.inject(fault)).rejects.toMatchObject({ exitCode: 4 })
  await testnet.down('the test is over')
})

// Found on processes: with a clock that was behind for long, a node took its honest peers for a flood of headers.
test('a node whose clock is behind for long blames nobody, and follows when it is right again', async () => {
  const { testnet, events } = await simulate(`seed: 1\n${THREE}`)
  await testnet.wait(5000)
  await testnet.inject({ kind: 'clock-skew', nodes: 'miners-3', byMs: -3 * 3_600_000 })
  await testnet.wait(60_000)
  const [first, , third] = testnet.state().nodes
  expect(first?.systems.ledger.height).toBeGreaterThan((third?.systems.ledger.height ?? 0) + 10)
  expect(await testnet.heal()).toMatchObject([{ verified: true }])
  await testnet.wait(20_000)
  expect(events.filter(({ event }) => event.type === 'misbehaviour')).toEqual([])
  const [one, , three] = testnet.state().nodes
  expect(
    Math.abs((one?.systems.ledger.height ?? 0) - (three?.systems.ledger.height ?? 0)),
  ).toBeLessThanOrEqual(1)
  await testnet.down('the test is over')
})

test('two cuts of the same links hide each other: neither fails the run, which was put to no test and says so', async () => {
  const cut = (ms: number) => `{ partition: isolate miners-1, at: 5s, for: ${ms}ms }`
  const faults = `faults: { one: ${cut(10_000)}, two: ${cut(60_000)} }`
  const yaml = `seed: 3\nruntime: sim\n${THREE}\n${faults}\nexpect: { one-tip: {} }`
  const report = await rehearse(makePlan(parseSpec(yaml, 'the test', {})))
  expect(report.faults).toMatchObject([
    { name: 'one', verified: false, disturbedBy: ['two'] },
    { name: 'two', verified: false, disturbedBy: ['one'] },
  ])
  expect(report).toMatchObject({ passed: true, vacuous: true })
  expect(report.checks[0]).toMatchObject({ name: 'faults-took', measured: '0 of 2, 2 disturbed' })
  expect(junit([report])).toContain('<property name="disturbed" value="2"/>')
  expect(reportLines(report)).toContain('  one: disturbed by two, not measured')
})
