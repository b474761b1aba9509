// `netsplit replay`: a run again from its directory, by its plan. In virtual time it is the same to the byte, and that is
// looked at; on real nodes the same faults come to the same network, and the verdicts are set beside each other.

import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { EXIT, UserError } from '../errors.ts'
import { failedChecks, type Recorded, readRecord } from '../fuzz/record.ts'
import { underFreeName } from '../machine/free-name.ts'
import { EndSignals } from '../machine/signals.ts'
import { runScenario } from '../run/scenario.ts'
import type { ScenarioReport } from '../run/scenario-report.ts'
import { parseUntil, type Until } from '../run/until.ts'
import { changedStrategies } from '../spec/strategy-files.ts'
import type { ArgsOf, FlagsOf } from './command.ts'
import { endsOf, progress } from './ends.ts'
import { recordedOr } from './recorded.ts'
import { replayUntil } from './replay-until.ts'
import { reportLines } from './report-lines.ts'
import { type Answered, readAnswered } from './request.ts'
import { print, say } from './say.ts'

export interface ReplayRequest extends Answered {
  /** The folder of the run. */
  readonly name: string
  /** Where time is to stand; undefined: to its end. */
  readonly until: Until | undefined
}

export function read([name]: ArgsOf<'replay'>, flags: FlagsOf<'replay'>): ReplayRequest {
  const until = flags.until === undefined ? undefined : parseUntil(flags.until)
  return { name, until, ...readAnswered([], flags) }
}

export async function run(request: ReplayRequest): Promise<number> {
  const { name, until } = request
  const record = readRecord(name)
  const { plan } = record
  if (until) return await upTo(until, record, request)
  if (plan.faults === undefined && plan.expect === undefined)
    throw new UserError(
      EXIT.usage,
      `${name} is no run of a scenario: it has neither faults nor expect`,
      `netsplit up ${join(name, 'spec.yaml')} launches the same network`,
    )
  for (const line of changedStrategies(plan)) say(line)
  const signals = new EndSignals()
  try {
    const report = await again(record, signals)
    const comparison = await compare(record, report)
    print(request, { schemaVersion: 1, ...comparison, scenario: report }, () => [
      ...reportLines(report),
      ...words(comparison),
    ])
    return recordedOr(report.passed ? EXIT.ok : EXIT.check, [report])
  } finally {
    signals.close()
  }
}

async function upTo(until: Until, record: Recorded, request: Answered): Promise<number> {
  const signals = new EndSignals()
  try {
    return await replayUntil(record, until, signals, request)
  } finally {
    signals.close()
  }
}

function again({ plan, specYaml }: Recorded, signals: EndSignals): Promise<ScenarioReport> {
  const ends = endsOf(signals)
  const say = progress(plan.chain.name)
  // The plan's own name first: it is part of the record.
  return underFreeName(plan, (named, runDirectory) =>
    runScenario({ plan: named, specYaml, runDirectory, say, ...ends }),
  )
}

interface Comparison {
  /** Every check came out as it did; undefined when the first run did not come to its checks. */
  readonly sameVerdicts: boolean | undefined
  /** Checks that failed in one of the two runs only. */
  readonly differing: readonly string[]
  /** In virtual time: the records of events are equal to the byte. */
  readonly sameEvents: boolean | undefined
}

async function compare({ checks, directory, plan }: Recorded, report: ScenarioReport): Promise<Comparison> {
  const [before, now] = [failedChecks(checks ?? []), failedChecks(report.checks)]
  const differing = [
    ...before.filter(each => !now.includes(each)),
    ...now.filter(each => !before.includes(each)),
  ]
  const events = (folder: string) => digest(join(folder, 'events.ndjson'))
  // Of a record that is cut nothing can be said.
  const comparable = plan.runtime === 'sim' && report.unrecorded === undefined
  const sameEvents = comparable
    ? (await events(directory)) === (await events(report.runDirectory))
    : undefined
  return { sameVerdicts: checks && differing.length === 0, differing: checks ? differing : [], sameEvents }
}

async function digest(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

function words({ sameVerdicts, differing, sameEvents }: Comparison): string[] {
  return [
    ...(sameVerdicts === true ? ['every check came out as it did the first time'] : []),
    ...(sameVerdicts === false ? [`came out otherwise than the first time: ${differing.join(', ')}`] : []),
    ...(sameEvents === true ? ['every event is the same, to the byte'] : []),
    ...(sameEvents === false
      ? ['the events differ: another version of netsplit, or something that was done by hand']
      : []),
  ]
}
