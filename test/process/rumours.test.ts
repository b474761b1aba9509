// A system that nothing outside of test/support/rumour knows, in processes and in containers: beside the ledger and without it, with
// a workload, a check, a partition that provokes something, a kill, and its part of every document.

import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Desk } from '../support/cli.ts'
import { RUNTIME } from '../support/real-network.ts'
import { rumourVariant } from '../support/rumour/variant.ts'

const spec = (nodes: string) => `
name: rumours
runtime: ${RUNTIME}
nodes: ${nodes}
chain: { blockInterval: 2s }
links: { latency: 10ms, jitter: 0ms }
rumour: { every: 200ms }
faults:
  split: { partition: halves, at: 2s, for: 6s }
  gone: { kill: a-1, when: rumours > 50, for: 1s }
expect: { provoked: {}, no-error-logs: {}, rumours-reach: { least: 40, whom: running, within: 60s after heal } }
`

interface Report {
  readonly passed: boolean
  readonly vacuous: boolean
  readonly checks: readonly { readonly name: string; readonly passed: boolean; readonly measured: string }[]
}

test.each([
  ['beside a ledger', '{ a: { count: 3, share: 100%, runs: [bitcoin, rumour] } }'],
  ['alone among peers', '{ a: { count: 4, runs: [p2p, rumour] } }'],
  ['alone', '{ a: { count: 4, runs: rumour } }'],
])('rumours come to everybody, %s', async (_, nodes) => {
  const desk = new Desk(spec(nodes), join(await rumourVariant(), 'dist', 'netsplit.js'))
  const { code, stdout, stderr } = await desk.run('test', 'netsplit.yaml', '--json')
  expect(code, stderr).toBe(0)
  const [report] = (JSON.parse(stdout) as { readonly scenarios: readonly Report[] }).scenarios
  expect(report).toMatchObject({ passed: true, vacuous: false })
  const reach = report?.checks.find(({ name }) => name === 'rumours-reach')
  expect(reach).toMatchObject({ passed: true, measured: expect.stringMatching(/ begun, 0 behind$/) })
})
