// A run on paper with everything in it that a report shows: payments, a partition, a fork, a reorganisation, a death.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ObservedEvent } from '../../orchestrator/observe/events.ts'
import { Chronicle } from '../../orchestrator/report/chronicle.ts'
import { runFacts } from '../../orchestrator/report/files.ts'
import { makeReport, type Report } from '../../orchestrator/report/model.ts'
import { PaperNetwork, paperPlan, START_MS } from './network-double.ts'

export const WEST = ['miners-1', 'miners-2']
export const EAST = ['miners-3', 'miners-4', 'miners-5']

export interface PaperRun {
  readonly paper: PaperNetwork
  readonly report: Report
  /** As a recorder left it. */
  readonly directory: string
  readonly remove: () => Promise<void>
}

const CHECKS = [
  { name: 'one-tip', passed: true, asked: '5 of 5 nodes on one tip', measured: '5 of 5', message: '' },
  {
    ...{ name: 'nothing-lost', passed: false, asked: 'no block lost', measured: '1 missing' },
    message: 'the block <b>x</b> is gone',
  },
]

export async function paperRun(
  options: { blocks?: number; nodes?: number; delayMs?: number } = {},
): Promise<PaperRun> {
  const { blocks = 30, nodes = 5, delayMs = 20 } = options
  const paper = new PaperNetwork(paperPlan(nodes))
  const chronicle = new Chronicle(paper.observer)
  const events: ObservedEvent[] = []
  paper.observer.tap(event => events.push(structuredClone(event)))
  play(paper, blocks, delayMs)
  const directory = await mkdtemp(join(tmpdir(), 'netsplit-report-'))
  const run = runFacts(START_MS)
  await Promise.all([
    write(directory, 'plan.json', paper.plan),
    write(directory, 'run.json', run),
    write(directory, 'checks.json', CHECKS),
    write(directory, 'verdict.json', { passed: false, vacuous: true }),
    writeFile(join(directory, 'spec.yaml'), 'name: demo\nseed: 7\n'),
    writeFile(join(directory, 'events.ndjson'), events.map(event => `${JSON.stringify(event)}\n`).join('')),
  ])
  const state = paper.observer.state()
  const [checks, vacuous] = [CHECKS, true]
  const report = makeReport({
    run,
    state,
    chronicle,
    checks,
    vacuous,
    runDirectory: directory,
  })
  return { paper, report, directory, remove: () => rm(directory, { recursive: true }) }
}

function play(paper: PaperNetwork, blocks: number, delayMs: number): void {
  const [one = '', two = '', three = '', four = ''] = paper.names
  paper.launch()
  const mine = (count: number, miner: string, reach?: readonly string[]) => {
    for (let i = 0; i < count; i++) {
      paper.pass(3000)
      paper.sample()
      paper.testnet({ type: 'load-sent', node: one, txid: `${i}` })
      paper.node(two, { type: 'tx-accepted', txid: `${i}`, bytes: 200, feeSat: 1, from: 1 })
      paper.block({ miner, delayMs, ...(reach && { reach }) })
    }
  }
  mine(blocks, two)
  const sides = [WEST, paper.names.filter(name => !WEST.includes(name))]
  const fault = { id: 'cut', kind: 'partition', target: sides.map(side => side.join(' ')).join(' | ') }
  paper.testnet({ type: 'fault-started', ...fault, detail: '', sides })
  paper.testnet({ type: 'fault-verified', id: 'cut', ok: true, asked: '12 silent', measured: '12 silent' })
  mine(2, one, WEST)
  mine(3, three, sides[1])
  paper.testnet({ type: 'fault-ended', id: 'cut' })
  const exit = { code: null, signal: 'SIGKILL', expected: false, lastLines: ['<out of cheese>'] }
  mine(blocks, three)
  paper.testnet({ type: 'node-exited', node: four, ...exit })
  mine(1, one)
  paper.pass(2000)
  paper.testnet({ type: 'network-stopping', why: 'the time is over' })
}

const write = (directory: string, name: string, value: unknown) =>
  writeFile(join(directory, name), JSON.stringify(value))
