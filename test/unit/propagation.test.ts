// "90 %" means one thing: until 90 % of all running nodes had a block, and over a run the median of that over the blocks of the
// best chain. Worked by hand, and the same figure wherever a run is told of.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { formatDuration } from '../../orchestrator/format.ts'
import { compareReports } from '../../orchestrator/report/compare.ts'
import { ledgerFace } from '../../orchestrator/systems/ledger/face.ts'
import { LEDGER_METRICS } from '../../orchestrator/systems/ledger/metrics.ts'
import { onAged } from '../../orchestrator/systems/ledger/observe/aged.ts'
import { DETAIL_BLOCKS } from '../../orchestrator/systems/ledger/observe/forks.ts'
import { nearestRank, reachOf, reachText } from '../../orchestrator/systems/ledger/observe/propagation.ts'
import {
  add,
  copied,
  emptySketch,
  quantileAmong,
} from '../../orchestrator/systems/ledger/observe/quantiles.ts'
import { ledgerPart } from '../../orchestrator/systems/ledger/page/part.ts'
import { chainPanel } from '../../orchestrator/systems/ledger/panels/chain.ts'
import { propagationPanel } from '../../orchestrator/systems/ledger/panels/propagation.ts'
import { ledgerAnswers } from '../../orchestrator/systems/ledger/report/answers.ts'
import type { BlockState } from '../../orchestrator/systems/ledger/state.ts'
import type { Scene } from '../../orchestrator/tui/panels/panel.ts'
import {
  BITS,
  launched,
  PaperNetwork as Paper,
  type PaperNetwork,
  paperPlan,
  START_MS,
} from '../support/network-double.ts'
import { type PaperRun, paperRun } from '../support/paper-run.ts'

const GENESIS = '0'.repeat(64)
const hashOf = (height: number, branch = 0) => `${branch}${height}`.padStart(64, 'a')

/** `times`: node's number → ms after the block was found; who has it at once found it. */
function travels(paper: PaperNetwork, height: number, times: Record<number, number>, branch = 0): string {
  const hash = hashOf(height, branch)
  const prev = height === 1 ? GENESIS : hashOf(height - 1)
  const header = { hash, prev, height, headerTime: 0, bits: BITS, transactions: 1, bytes: 200 }
  const foundMs = START_MS + 10_000 * height
  for (const [node, ms] of Object.entries(times)) {
    const name = `miners-${node}`
    if (ms === 0) paper.node(name, { type: 'block-mined', hash, height, transactions: 1 }, foundMs)
    paper.node(name, { type: 'block-received', ...header, from: 1 }, foundMs + ms)
    paper.node(name, { type: 'block-connected', hash, height }, foundMs + ms)
  }
  return hash
}

function blockIn(paper: PaperNetwork, hash: string): BlockState {
  const block = paper.observer.state().systems.ledger.blocks.find(block => block.hash === hash)
  if (!block) throw new Error('the block is missing')
  return block
}

const partition = (paper: PaperNetwork) =>
  paper.testnet({
    ...{ type: 'fault-started', id: 'cut', kind: 'partition', target: 'halves', detail: '' },
    sides: [
      ['miners-1', 'miners-2', 'miners-3'],
      ['miners-4', 'miners-5'],
    ],
  } as Parameters<PaperNetwork['testnet']>[0])

describe('a block', () => {
  it('is at a share of the nodes when so many of all that run have it, its miner among them', () => {
    const paper = launched(10)
    const times = { 1: 0, 2: 10, 3: 20, 4: 30, 5: 40, 6: 50, 7: 60, 8: 70, 9: 80, 10: 90 }
    const hash = travels(paper, 1, times)
    expect(reachOf(blockIn(paper, hash))).toEqual({
      ...{ running: 10, reached: 10, had: 10 },
      ...{ p50Ms: 40, p90Ms: 80, p99Ms: 90, allMs: 90 },
    })
  })

  it('has 90 % and no 99 % where nine of ten have it', () => {
    const paper = launched(10)
    const hash = travels(paper, 1, { 1: 0, 2: 10, 3: 20, 4: 30, 5: 40, 6: 50, 7: 60, 8: 70, 9: 80 })
    expect(reachOf(blockIn(paper, hash))).toMatchObject({ reached: 9, p90Ms: 80, p99Ms: undefined })
  })

  it('that a partition keeps at three of five has no percentile, nor after it has healed', () => {
    const paper = launched()
    partition(paper)
    const hash = travels(paper, 1, { 1: 0, 2: 100, 3: 117 })
    const nowhere = { p50Ms: undefined, p90Ms: undefined, p99Ms: undefined, allMs: undefined }
    const before = reachOf(blockIn(paper, hash))
    expect(before).toEqual({ running: 5, reached: 3, had: 3, ...nowhere })
    expect(reachText(before)).toBe('3 of 5')
    expect(rows(paper).chain).toMatch(/ 3\/5 /)
    expect(rows(paper).propagation).toMatch(/^ 1 +3 of 5 /)
    paper.pass(60_000)
    paper.testnet({ type: 'fault-ended', id: 'cut' })
    travels(paper, 1, { 4: 50_000, 5: 50_010 })
    expect(reachOf(blockIn(paper, hash))).toEqual({ running: 5, reached: 3, had: 5, ...nowhere })
    expect(paper.observer.state().systems.ledger.propagation).toEqual({ ...nowhere, blocks: 0, short: 1 })
  })

  it('waits for nobody who was down, paused or without a ledger when it was found', () => {
    const plan = paperPlan(5)
    const nodes = plan.nodes.map((node, i) => (i === 4 ? { ...node, runs: ['torrent'] } : node))
    const paper = new Paper({ ...plan, nodes } as typeof plan)
    paper.launch()
    const exit = { code: 0, signal: null, expected: true, lastLines: [] }
    paper.testnet({ type: 'node-exited', node: 'miners-3', ...exit })
    paper.testnet({ type: 'node-paused', node: 'miners-4' })
    const hash = travels(paper, 1, { 1: 0, 2: 40 })
    expect(reachOf(blockIn(paper, hash))).toMatchObject({ running: 2, reached: 2, p50Ms: 0, p90Ms: 40 })
  })

  it('of a lone node travels nowhere', () => {
    const paper = launched(1)
    expect(reachOf(blockIn(paper, travels(paper, 1, { 1: 0 })))).toMatchObject({
      reached: 1,
      p50Ms: undefined,
    })
  })

  function rows(paper: PaperNetwork) {
    const scene = { state: { ...paper.observer.state(), nowMs: START_MS + 60_000 }, scrolled: 0 } as Scene
    const text = (drawn: ReturnType<typeof chainPanel>, at: number) =>
      (drawn.lines[at] ?? []).map(span => span.text).join('')
    return { chain: text(chainPanel(scene, 80, 5), 0), propagation: text(propagationPanel(scene, 80, 5), 2) }
  }
})

describe('a run', () => {
  it('says 500 for 500 ms, by its middle block; stale blocks and those of one side do not count', () => {
    const paper = launched()
    const all = (ms: number) => ({ 1: 0, 2: 1, 3: 2, 4: 3, 5: ms })
    for (const [i, ms] of [100, 500, 900].entries()) travels(paper, i + 1, all(ms))
    travels(paper, 3, { 2: 0, 1: 6, 3: 7, 4: 8, 5: 7000 }, 1) // a rival that lost
    expect(paper.observer.state().systems.ledger.propagation).toEqual({
      ...{ p50Ms: 2, p90Ms: 500, p99Ms: 500, allMs: 500 },
      ...{ blocks: 3, short: 0 },
    })
    travels(paper, 4, { 1: 0, 2: 1, 3: 2 })
    expect(paper.observer.state().systems.ledger.propagation).toMatchObject({
      p90Ms: 500,
      blocks: 3,
      short: 1,
    })
  })

  it('keeps old blocks within 0.1 %, whether it was looked at meanwhile or not', () => {
    const looked = launched(2)
    const alone = launched(2)
    const exact: number[] = []
    for (let height = 1; height <= 2 * DETAIL_BLOCKS; height++) {
      const ms = 3 + ((height * 7919) % 1000)
      exact.push(ms)
      for (const paper of [looked, alone]) travels(paper, height, { 1: 0, 2: ms })
      looked.observer.state()
    }
    const found = looked.observer.state().systems.ledger.propagation
    expect(alone.observer.state().systems.ledger.propagation).toEqual(found)
    expect(found).toMatchObject({ blocks: 2 * DETAIL_BLOCKS, p50Ms: 0 })
    expect(Math.abs((found.p90Ms ?? 0) / (nearestRank(exact, 0.5) ?? 1) - 1)).toBeLessThan(0.001)
  })

  it('counts blocks that leave as they were told of before', () => {
    const paper = launched(2)
    const left: number[] = []
    onAged(paper.observer, blocks => left.push(...blocks.map(block => reachOf(block).p90Ms ?? -1)))
    for (let height = 1; height <= DETAIL_BLOCKS + 2; height++) travels(paper, height, { 1: 0, 2: height })
    expect(left).toEqual([1, 2])
  })
})

describe('quantiles', () => {
  it('of a sketch are within 0.1 % from a tenth of a millisecond to a day; exact times stay exact', () => {
    for (const ms of [0.1, 0.11, 1, 45, 500, 999, 61_234, 3_600_000, 86_400_000]) {
      const sketch = emptySketch()
      add(sketch, ms)
      expect(Math.abs((quantileAmong(sketch, [], 0.5) ?? 0) / ms - 1)).toBeLessThan(0.001)
      expect(quantileAmong(emptySketch(), [ms], 0.5)).toBe(ms)
    }
    const small = emptySketch()
    add(small, 0.05)
    expect(quantileAmong(small, [], 1)).toBe(0)
    expect(quantileAmong(emptySketch(), [], 0.5)).toBeUndefined()
  })

  it('are of both together by nearest rank, what never ended last', () => {
    const sketch = emptySketch()
    for (const ms of [10, 30, undefined]) add(sketch, ms)
    const own = copied(sketch)
    add(own, 1)
    const of = (share: number) => quantileAmong(sketch, [20, 40, undefined], share)
    expect([0.2, 0.3, 0.6, 0.66].map(share => of(share) && Math.round(of(share) ?? 0))).toEqual([
      20, 20, 40, 40,
    ])
    expect(Math.round(of(0.1) ?? 0)).toBe(10)
    expect(Math.round(of(0.5) ?? 0)).toBe(30)
    expect(of(0.7)).toBeUndefined()
  })
})

describe('one run has one figure', () => {
  let run: PaperRun
  beforeAll(async () => {
    run = await paperRun()
  })
  afterAll(() => run.remove())

  it.each(['p50Ms', 'p90Ms'] as const)('of %s in state, summary, report and compare', figure => {
    const { paper, report } = run
    const state = paper.observer.state()
    const ms = Math.round((state.systems.ledger.propagation[figure] ?? 0) * 10) / 10
    expect(ms).toBeGreaterThan(0)
    expect(paper.observer.summary('').propagation[figure]).toBe(ms)
    expect(report.propagation[figure]).toBe(ms)
    const name = `block at ${figure === 'p50Ms' ? 50 : 90} % of the nodes`
    const { a } = compareReports(report, report).comparisons.find(row => row.name === name) ?? {}
    expect(a?.value).toBe(ms)
    const { active, ...columns } = report.report.blocks
    const lines = columns[figure].filter((time, i) => time !== null && active[i] === 1) as number[]
    expect(nearestRank(lines, 0.5)).toBe(ms)
  })

  it('of 90 % on the screen, in status, on the page, in the report’s head and in metrics', () => {
    const { paper, report } = run
    const state = paper.observer.state()
    const { p50Ms = 0, p90Ms = 0 } = state.systems.ledger.propagation
    const [half, most] = [formatDuration(p50Ms), formatDuration(p90Ms)]
    expect(
      ledgerFace
        .speed?.(state)
        .slice(0, 2)
        .map(({ value }) => value),
    ).toEqual([half, most])
    expect(ledgerFace.status?.(state)).toContain(`half reached in ${half}`)
    expect(ledgerPart.of(state).propagation).toBe(state.systems.ledger.propagation)
    expect(ledgerAnswers(report)[1]?.[1]).toBe(most)
    const metric = LEDGER_METRICS.find(({ name }) => name.endsWith('propagation_quantile_seconds'))
    expect(metric?.read(state)[1]).toEqual({ labels: { share: '0.9' }, value: p90Ms / 1000 })
  })
})
