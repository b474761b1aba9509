// The controller's side of an hour: 50 nodes, a block every 5 s, 20 payments a second, a partition every ten minutes.
//
// Events have the shape and the rate of a real run (most are payments, accepted by every node). They go, as lines of text,
// the way that they go in a run: parsed, observed, recorded to the disk, kept for readers of the API, told to a web page
// five times a second, snapshots ten times a second, a scrape every 15 s. Time is virtual, so the hour passes as fast as
// this machine can; what it took is processor time. Not in it: the nodes' HTTP (a stream each, a poll a second).

import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { EventLog } from '../../orchestrator/network/event-log.ts'
import type { TestnetEvent } from '../../orchestrator/observe/events.ts'
import { Observer } from '../../orchestrator/observe/observer.ts'
import { Recorder } from '../../orchestrator/observe/recorder.ts'
import { Chronicle } from '../../orchestrator/report/chronicle.ts'
import { runFacts } from '../../orchestrator/report/files.ts'
import { reportPage } from '../../orchestrator/report/html/page.ts'
import { makeReport } from '../../orchestrator/report/model.ts'
import { difference, pageOf } from '../../orchestrator/web/page.ts'
import { edgesOf } from '../../orchestrator/web/stream.ts'
import { BusyNetwork, type Told } from '../support/busy-network.ts'
import { paperPlan, START_MS } from '../support/network-double.ts'
import { type BenchResult, machine } from './result.ts'

const NODES = 50
const HOUR_S = Number(process.env.OBSERVE_SECONDS ?? 3600)
const SCRAPE_EVERY_S = 15
const PAGES_A_SECOND = 5
const MAX_CORE_PERCENT = 10
const MAX_RSS_MB = 250

export async function run(): Promise<BenchResult> {
  const folder = await mkdtemp(join(tmpdir(), 'netsplit-observe-'))
  try {
    return await hour(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function hour(folder: string): Promise<BenchResult> {
  const controller = new PaperController(folder, await Recorder.create(folder))
  const network = new BusyNetwork(controller.plan)
  let cpuS = 0
  let events = 0
  const rss: number[] = []
  for (const told of network.launch()) controller.take(told)
  for (let second = 1; second <= HOUR_S; second++) {
    const told = network.second(second)
    events += told.length
    const before = process.cpuUsage()
    await controller.second(told, second)
    const { user, system } = process.cpuUsage(before)
    cpuS += (user + system) / 1e6
    if (second % 60 === 0) rss.push(process.memoryUsage().rss / 1e6)
  }
  const { reportS, reportKb } = controller.report()
  await controller.recorder.close()
  const { size } = await stat(join(folder, 'events.ndjson'))
  const percent = (cpuS / HOUR_S) * 100
  const peak = Math.max(...rss)
  const row = (subject: string, value: number, unit: string) => ({ subject, value, unit })
  return {
    bench: 'observe',
    machine: machine(),
    rows: [
      row('events in an hour', (events / HOUR_S) * 3600, ''),
      row('processor time for them', (cpuS / HOUR_S) * 3600, 's'),
      row('of one core', percent, '%'),
      row('each event', (cpuS / events) * 1e6, 'µs'),
      row('memory after ten minutes', rss[Math.min(9, rss.length - 1)] ?? 0, 'MB'),
      row('memory, the most', peak, 'MB'),
      row('record on the disk', size / 1e6, 'MB'),
      row('report of the hour, made in', reportS, 's'),
      row('report of the hour', reportKb, 'kB'),
    ],
    ratios: { 'core used/allowed': percent / MAX_CORE_PERCENT, 'memory used/allowed': peak / MAX_RSS_MB },
  }
}

/** What a controller does with events, without the network around it. */
class PaperController {
  readonly plan = paperPlan(NODES)
  readonly recorder: Recorder
  readonly #folder: string
  readonly #observer: Observer
  readonly #chronicle: Chronicle
  readonly #log = new EventLog()
  readonly #due: { readonly atMs: number; readonly task: () => void }[] = []
  #nowMs = START_MS
  #page: ReturnType<typeof pageOf>
  #written = 0

  constructor(folder: string, recorder: Recorder) {
    this.#folder = folder
    this.recorder = recorder
    this.#observer = new Observer({
      plan: this.plan,
      runtime: 'process',
      clock: () => this.#nowMs,
      after: (ms, task) => this.#due.push({ atMs: this.#nowMs + ms, task }),
    })
    this.#observer.tap(event => recorder.event(event))
    this.#observer.tap(event => this.#log.append(event))
    this.#chronicle = new Chronicle(this.#observer)
    this.#observer.subscribe(() => {}) // a screen
    this.#page = pageOf(this.#observer.state(), edgesOf(this.plan))
  }

  take({ node, line, timeMs }: Told): void {
    this.#pass(timeMs)
    if (node !== undefined) this.#observer.observe(node, JSON.parse(line))
    else this.#observer.observe(undefined, JSON.parse(line) as TestnetEvent)
  }

  async second(told: readonly Told[], second: number): Promise<void> {
    const share = Math.ceil(told.length / PAGES_A_SECOND)
    for (let i = 0; i < PAGES_A_SECOND; i++) {
      for (const one of told.slice(i * share, (i + 1) * share)) this.take(one)
      this.#tellPage()
      await turn() // lets the recorder write
    }
    if (second % SCRAPE_EVERY_S === 0) this.#written += (await this.#observer.metrics()).length
  }

  report(): { reportS: number; reportKb: number } {
    const before = process.cpuUsage()
    const report = makeReport({
      ...{ run: runFacts(START_MS), state: this.#observer.state() },
      ...{ chronicle: this.#chronicle, checks: undefined, vacuous: false, runDirectory: this.#folder },
    })
    const page = reportPage(report, '')
    const { user, system } = process.cpuUsage(before)
    return { reportS: (user + system) / 1e6, reportKb: page.length / 1000 }
  }

  #tellPage(): void {
    const after = pageOf(this.#observer.state(), edgesOf(this.plan))
    this.#written += JSON.stringify(difference(this.#page, after)).length
    this.#page = after
  }

  #pass(timeMs: number): void {
    this.#nowMs = Math.max(this.#nowMs, timeMs)
    while (this.#due[0] && this.#due[0].atMs <= this.#nowMs) this.#due.shift()?.task()
  }
}
