// The report's side of the run directory: what it reads there, and what it writes. Everything comes from the directory,
// so that a report can be made again, or of a run whose controller was killed.

import { createReadStream, existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { cpus, release, totalmem, type } from 'node:os'
import { join } from 'node:path'
import packageJson from '../../package.json' with { type: 'json' }
import { EXIT, UserError } from '../errors.ts'
import { plural } from '../format.ts'
import { appendTarget, writeTarget } from '../machine/target.ts'
import type { NetworkState } from '../observe/state.ts'
import type { Plan } from '../spec/types.ts'
import type { Chronicle } from './chronicle.ts'
import { reportPage } from './html/page.ts'
import { markdownOf } from './markdown.ts'
import { makeReport, REPORT_DATA, type Report, type RunFacts } from './model.ts'
import { replay } from './replay.ts'
import { parseStored, type Stored } from './stored.ts'

export const REPORT_PAGE = 'report.html'

/** For run.json. */
export function runFacts(startedMs: number): RunFacts {
  const processors = cpus()
  return {
    schemaVersion: 1,
    startedMs,
    versions: { netsplit: packageJson.version, node: process.versions.node },
    machine: {
      system: `${type()} ${release()} ${process.arch}`,
      cpu: processors[0]?.model.trim() ?? 'unknown',
      cpus: processors.length,
      memoryBytes: totalmem(),
    },
  }
}

/** The report of a run that was just observed. Its facts and checks are in the directory already. */
export async function reportOfRun(
  directory: string,
  plan: Plan,
  state: NetworkState,
  chronicle: Chronicle,
): Promise<Report> {
  return makeReport({ state, chronicle, runDirectory: directory, ...(await small(directory, plan)) })
}

/** The report of a recorded run, made of its events. Throws UserError (exit 2) when it is none. */
export async function reportOfRecord(directory: string): Promise<Report> {
  const events = join(directory, 'events.ndjson')
  if (!existsSync(events))
    throw new UserError(
      EXIT.usage,
      `${directory} is no run: it has no events.ndjson`,
      'runs are in netsplit-runs/',
    )
  const plan = await readPlan(directory)
  const files = await small(directory, plan)
  const { observer, chronicle, events: read, ...cut } = await replay(events, plan, files.run.startedMs)
  if (read === 0) throw new UserError(EXIT.usage, `${events} holds no event: nothing of this run can be told`)
  const made = makeReport({ state: observer.state(), chronicle, runDirectory: directory, ...files })
  const before = await optional('report.json', directory)
  const unrecorded = before?.unrecorded ?? lacking(cut)
  const report = { ...made, ...(unrecorded !== undefined && { unrecorded }) }
  if (before?.realSeconds === undefined) return report
  // What virtual time really took is in no event.
  const { realSeconds, simulatedEvents } = before
  return { ...report, realSeconds, ...(simulatedEvents !== undefined && { simulatedEvents }) }
}

function lacking({ broken, missing }: { readonly broken: number; readonly missing: number }) {
  const gone = missing + broken
  return gone > 0 ? `${plural(gone, 'event')} in events.ndjson` : undefined
}

/** What report.json holds if it is there and of this form; else made of the events. */
export async function readReport(directory: string): Promise<Report> {
  const report = await optional('report.json', directory)
  return report?.report?.blocks === undefined ? await reportOfRecord(directory) : report
}

/** Both files, as `write` writes files. The page first: the data says what the record lacks, the page included. */
export async function writeReport(
  report: Report | (() => Report),
  directory: string,
  write: (name: string, content: string) => Promise<void> = async (name, content) =>
    writeTarget(join(directory, name), content),
): Promise<void> {
  const now = () => (typeof report === 'function' ? report() : report)
  await write(REPORT_PAGE, reportPage(now(), await specOf(directory)))
  await write(REPORT_DATA, `${JSON.stringify(now())}\n`)
}

/** The whole spec of a run, as it was recorded; empty where there is none. */
export function specOf(directory: string): Promise<string> {
  return readFile(join(directory, 'spec.yaml'), 'utf8').catch(() => '')
}

async function readPlan(directory: string): Promise<Plan> {
  const plan = await optional('plan.json', directory)
  if (plan === undefined) throw new UserError(EXIT.usage, `${directory} is no run: it has no plan.json`)
  return plan
}

async function small(directory: string, plan: Plan) {
  const facts = await optional('run.json', directory)
  const checks = await optional('checks.json', directory)
  const verdict = await optional('verdict.json', directory)
  return {
    checks,
    vacuous: verdict?.vacuous ?? false,
    run: facts ?? unknownFacts(await startOf(directory, plan)),
  }
}

/** Of a run recorded before there was a run.json. */
function unknownFacts(startedMs: number): RunFacts {
  const unknown = 'unknown'
  return {
    schemaVersion: 1,
    startedMs,
    versions: { netsplit: unknown, node: unknown },
    machine: { system: unknown, cpu: unknown, cpus: 0, memoryBytes: 0 },
  }
}

async function startOf(directory: string, plan: Plan): Promise<number> {
  let head = ''
  const stream = createReadStream(join(directory, 'events.ndjson'), { encoding: 'utf8', end: 4095 })
  for await (const part of stream) head += part
  const told = /"timeMs":([0-9.]+)/.exec(head)
  return told ? Number(told[1]) : plan.chain.genesisTime * 1000
}

async function optional<Name extends keyof Stored>(
  name: Name,
  directory: string,
): Promise<Stored[Name] | undefined> {
  const file = join(directory, name)
  const text = await readFile(file, 'utf8').catch(() => undefined)
  return text === undefined ? undefined : parseStored(name, file, text)
}

/** Appends the runs to a Markdown file, as the page of a CI job wants it. Throws UserError (exit 4) when it cannot. */
export async function appendMarkdown(file: string, directories: readonly string[]): Promise<void> {
  const parts: string[] = []
  for (const directory of directories) parts.push(markdownOf(await readReport(directory)))
  appendTarget(file, `${parts.join('\n')}\n`)
}
