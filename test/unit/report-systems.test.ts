// A report tells of the systems that the network ran, and of no others.

import { describe, expect, it } from 'vitest'
import { Chronicle } from '../../orchestrator/report/chronicle.ts'
import { reportFacesIn } from '../../orchestrator/report/html/faces.ts'
import { reportPage } from '../../orchestrator/report/html/page.ts'
import { markdownOf } from '../../orchestrator/report/markdown.ts'
import { makeReport, type Report } from '../../orchestrator/report/model.ts'
import { PaperNetwork, paperPlan, START_MS } from '../support/network-double.ts'

const RUN = {
  schemaVersion: 1,
  startedMs: START_MS,
  versions: { netsplit: '1', node: '1' },
  machine: { system: 's', cpu: 'c', cpus: 1, memoryBytes: 1e9 },
} as const

function reportOf(runs: readonly string[], fault = true): Report {
  const plan = paperPlan()
  const paper = new PaperNetwork({ ...plan, nodes: plan.nodes.map(node => ({ ...node, runs })) })
  const chronicle = new Chronicle(paper.observer)
  paper.launch()
  if (fault) {
    paper.testnet({
      ...{ type: 'fault-started', id: 'split', kind: 'partition', target: 'a | b', detail: '' },
      sides: [['miners-1'], ['miners-2', 'miners-3', 'miners-4', 'miners-5']],
    })
    paper.pass(1000)
    paper.testnet({ type: 'fault-ended', id: 'split' })
  }
  paper.pass(1000)
  return makeReport({
    ...{ run: RUN, state: paper.observer.state(), chronicle },
    ...{ checks: undefined, vacuous: false, runDirectory: '/tmp/run' },
  })
}

const ids = (html: string) => [...html.matchAll(/<section id="(\w+)"/g)].map(([, id]) => id)
const LEDGERS = /height|\btips?\b|hash|\bblocks?\b|payment|mined|mining|reorg|stale/i
/** What it says, without its style. */
const words = (html: string) => html.replace(/<style>.*?<\/style>/s, '').replace(/<[^>]*>/g, ' ')

describe('a report of bare peers', () => {
  it('says nothing of a ledger', () => {
    const html = reportPage(reportOf(['p2p']), 'nodes: {}')
    expect(ids(html)).toEqual(['time', 'faults', 'nodes', 'log', 'run'])
    expect(words(html)).toMatch(/5 nodes · process · seed 7 · \S+ s · 10 connections/)
    expect(words(html)).toMatch(/miners-5\s+running/)
    expect(words(html)).toMatch(/What did the last fault do\?\s+split/)
    expect(words(html)).not.toMatch(LEDGERS)
  })

  it('has no chart where nothing happened', () => {
    expect(ids(reportPage(reportOf(['p2p'], false), ''))).toEqual(['nodes', 'run'])
  })

  it('has figures and faults of its own in the small tables', () => {
    const text = markdownOf(reportOf(['p2p']))
    expect(text).toContain('| connections |\n| --- |\n| 10 |')
    expect(text).toContain('| fault | kind | from | for | verified |\n')
    expect(text).not.toMatch(LEDGERS)
  })
})

it('a report of both tells of both', () => {
  const report = reportOf(['bitcoin', 'p2p'])
  expect(reportFacesIn(report).map(({ system }) => system)).toEqual(['ledger', 'p2p'])
  const html = reportPage(report, '')
  expect(ids(html)).toEqual(['time', 'faults', 'nodes', 'forks', 'log', 'run'])
  expect(words(html)).toMatch(/0 blocks high · 10 connections/)
  expect(markdownOf(report)).toContain('| height | tips at the end |')
})

it('a report from before there were systems is a ledger’s', () => {
  const { systems: _, ...older } = reportOf(['bitcoin'])
  expect(reportPage(older as Report, '')).toBe(reportPage(reportOf(['bitcoin']), ''))
})
