// What a fault did, in the same words everywhere: state, documents, screens, report.

import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { nodeTable } from '../../orchestrator/commands/status.ts'
import { documentOf } from '../../orchestrator/observe/document.ts'
import { METRICS } from '../../orchestrator/observe/exporter.ts'
import type { NetworkState } from '../../orchestrator/observe/state.ts'
import { effectOf } from '../../orchestrator/report/html/answers.ts'
import { replay } from '../../orchestrator/report/replay.ts'
import { launched, START_MS } from '../support/network-double.ts'
import { type PaperRun, paperRun } from '../support/paper-run.ts'

let run: PaperRun
beforeAll(async () => {
  run = await paperRun()
})
afterAll(() => run.remove())

test('the state says what the report says, and so do documents and the replay of the record', async () => {
  const { report, paper, directory } = run
  const [fault] = report.report.faults
  if (!fault) throw new Error('there was a partition')
  const words = effectOf(report, fault)
  expect(words).toMatch(/^Nodes stood on 2 tips; 5 blocks were found meanwhile, 2 of them stale/)
  const state = paper.observer.state()
  expect(state.faults[0]?.did).toBe(words)
  expect(documentOf(state)).toMatchObject({ faults: [{ did: words }] })
  const again = await replay(join(directory, 'events.ndjson'), paper.plan, START_MS)
  expect(again.observer.state().faults[0]?.did).toBe(words)
})

test('it is the same object as long as nothing about it changes: screens look by identity', () => {
  const paper = launched(3)
  paper.testnet({ type: 'fault-started', id: 'x', kind: 'link', target: 'all', detail: '' })
  const first = paper.observer.state().faults
  paper.sample()
  expect(paper.observer.state().faults).toBe(first)
  paper.block({ miner: 'miners-1' })
  const second = paper.observer.state().faults
  expect(second).not.toBe(first)
  expect(second[0]?.did).toBe('The nodes kept agreeing; 1 block was found meanwhile, 0 of them stale.')
})

test('it is a metric by kind, and an order by hand is no word about measurement', () => {
  const readings = (name: string, state: NetworkState) =>
    METRICS.find(metric => metric.name === `netsplit_network_${name}`)?.read(state)
  const state = run.paper.observer.state()
  expect(readings('fault_blocks', state)).toEqual([
    { labels: { kind: 'partition', became: 'stale' }, value: 2 },
    { labels: { kind: 'partition', became: 'chain' }, value: 3 },
  ])
  expect(readings('fault_agreed_seconds', state)).toMatchObject([{ labels: { kind: 'partition' } }])
  expect(nodeTable(state).length).toBeGreaterThan(1)
})
