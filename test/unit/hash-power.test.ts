// Hash power over a run: a miner that is down, frozen or not there yet has none, and is not asked for blocks of that time.

import { describe, expect, test } from 'vitest'
import { Chronicle } from '../../orchestrator/report/chronicle.ts'
import { compareReports } from '../../orchestrator/report/compare.ts'
import { runFacts } from '../../orchestrator/report/files.ts'
import { makeReport } from '../../orchestrator/report/model.ts'
import { expectedBlocks } from '../../orchestrator/systems/ledger/observe/power.ts'
import { powersOf } from '../../orchestrator/systems/ledger/page/powers.ts'
import { hpsOf } from '../../orchestrator/systems/ledger/report/answers.ts'
import { nodeTable } from '../../orchestrator/systems/ledger/report/sections.ts'
import { groundOf, verdictOf } from '../support/ground.ts'
import { PaperNetwork, paperPlan, START_MS } from '../support/network-double.ts'

const EXIT = { code: null, signal: 'SIGKILL', expected: true, lastLines: [] }

function paperOf(miners: number) {
  const paper = new PaperNetwork(paperPlan(miners))
  const chronicle = new Chronicle(paper.observer)
  paper.launch()
  const asked = paper.observer.state().nodes[0]?.systems.ledger.askedHps ?? 0
  /** Seconds in which each miner that runs hashes what it was asked for, to the hash. */
  const pass = (seconds: number) => {
    for (let i = 0; i < seconds; i++) {
      paper.pass(1000)
      for (const { name, phase, systems } of paper.observer.state().nodes) {
        if (phase !== 'running') continue
        const { last } = systems.ledger.hashing
        const hashes = (last?.hashes ?? 0) + (last ? (asked * (paper.nowMs - last.timeMs)) / 1000 : 0)
        const place = { height: 0, tip: 'aa', peers: 1, mempool: 0, rssBytes: 1 }
        paper.testnet({ type: 'node-sampled', node: name, ...place, measuredHps: asked, hashes })
      }
    }
  }
  const end = () => {
    paper.testnet({ type: 'network-stopping', why: 'the time is over' })
    for (const { name, exit } of paper.observer.state().nodes)
      if (!exit) paper.testnet({ type: 'node-exited', node: name, ...EXIT })
    paper.pass(5000)
    const state = paper.observer.state()
    const [checks, vacuous, runDirectory] = [undefined, false, 'runs/x']
    return makeReport({ run: runFacts(START_MS), state, chronicle, checks, vacuous, runDirectory })
  }
  const kill = (node: string) => paper.testnet({ type: 'node-exited', node, ...EXIT })
  return { paper, asked, pass, end, kill }
}

describe('a miner that was not there', () => {
  test('had no hash power for so long: killed at 153 of 261 s it is no 200 kH/s', () => {
    const { asked, pass, end, kill } = paperOf(5)
    pass(153)
    kill('miners-5')
    pass(108)
    const report = end()
    const [one, , , , five] = report.report.nodes
    expect(one?.measuredHps).toBeCloseTo(asked, -2)
    expect((five?.measuredHps ?? 0) / asked).toBeCloseTo(153 / 261, 2)
    expect(five?.downMs).toBe(108_000)
    expect(report.hashRate.measuredHps / report.hashRate.askedHps).toBeCloseTo((4 + 153 / 261) / 5, 2)
    const power = report.report.nodes.map(node => hpsOf(node, report.report))
    const share = (power[4] ?? 0) / power.reduce((sum, hps) => sum + hps, 0)
    expect(share).toBeCloseTo(153 / (4 * 261 + 153), 3)
    const { columns, cells } = nodeTable(report)
    const row = five ? cells(five) : []
    const at = (title: string) => row[columns.findIndex(column => column.title === title)]
    expect(at('of the power')).toBe('12.8 %')
    expect(at('down')).toContain('1m 48s')
  })

  test.each([
    ['killed and started', { type: 'node-exited', ...EXIT } as const, undefined],
    ['paused and resumed', { type: 'node-paused' } as const, { type: 'node-resumed' } as const],
  ])('%s, is missed in between only', (_, away, back) => {
    const { paper, asked, pass, end } = paperOf(2)
    pass(60)
    paper.testnet({ ...away, node: 'miners-2' })
    pass(40)
    if (back) paper.testnet({ ...back, node: 'miners-2' })
    else paper.up('miners-2', 1)
    pass(100)
    const [, two] = end().report.nodes
    expect(two?.downMs).toBe(40_000)
    expect((two?.measuredHps ?? 0) / asked).toBeCloseTo(0.8, 2)
  })

  test('that joined at half time had half of its power, and half of its share to find', () => {
    const { paper, pass, end, asked } = paperOf(1)
    const mine = (count: number) => {
      for (let i = 0; i < count; i++) {
        pass(10)
        paper.block({ miner: 'miners-1', reach: [] })
      }
    }
    mine(10)
    paper.testnet({ type: 'node-added', node: 'late', group: 'miners', askedHps: asked })
    paper.up('late', 7)
    mine(10)
    const { nodes } = end().report
    expect(nodes.map(({ expectedBlocks }) => expectedBlocks)).toEqual([15, 5])
    expect((nodes[1]?.measuredHps ?? 0) / asked).toBeCloseTo(0.5, 1)
    expect(nodes[0]?.downMs).toBe(0)
  })

  test('is not asked for blocks of that time, whatever the difficulty: check, page and sums say so', async () => {
    const { paper, pass, kill } = paperOf(2)
    // In its time 40 blocks, half of them its own; then 160 without it.
    for (let i = 0; i < 200; i++) {
      if (i === 40) kill('miners-2')
      pass(1)
      paper.block({ miner: i < 40 && i % 2 === 0 ? 'miners-2' : 'miners-1' })
    }
    const state = paper.observer.state()
    const due = state.nodes.map(node => expectedBlocks(node.systems.ledger, state.systems.ledger))
    expect(due).toEqual([180, 20].map(count => expect.closeTo(count, 6)))
    expect(powersOf(state).map(({ expected }) => Math.round(expected))).toEqual([180, 20])
    const ground = groundOf({ plan: paper.plan, state: () => state })
    expect(await verdictOf('hash-share', ground, { level: 0.999, blocks: 50 })).toMatchObject({
      passed: true,
    })
  })

  test('is asked for what its rate was when each block was found, where that changes', async () => {
    const { paper, asked, pass, kill } = paperOf(2)
    const mine = (count: number) => {
      for (let i = 0; i < count; i++) {
        pass(1)
        paper.block({ miner: 'miners-1' })
      }
    }
    mine(20)
    paper.node('miners-2', { type: 'hash-rate-set', hashRateHps: 3 * asked })
    mine(40)
    paper.node('miners-2', { type: 'hash-rate-set', hashRateHps: 0 })
    mine(5)
    const due = () => {
      const { nodes, systems } = paper.observer.state()
      return nodes.map(node => expectedBlocks(node.systems.ledger, systems.ledger))
    }
    expect(due()).toEqual([10 + 10 + 5, 10 + 30].map(count => expect.closeTo(count, 6)))
    // It goes away and comes back as if it had never had another rate.
    kill('miners-2')
    paper.up('miners-2', 1)
    paper.node('miners-2', { type: 'hash-rate-set', hashRateHps: asked })
    mine(10)
    expect(due()).toEqual([25 + 5, 40 + 5].map(count => expect.closeTo(count, 6)))
  })

  test('stands among the miners that two runs are compared by, though it hashed nothing', () => {
    const { pass, end, kill } = paperOf(3)
    kill('miners-3')
    pass(20)
    const report = end()
    const line = compareReports(report, report).comparisons.find(
      ({ name }) => name === 'miner, measured of asked',
    )
    expect(line?.a).toMatchObject({ samples: 3, p10: 0 })
  })
})
