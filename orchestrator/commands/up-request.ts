// What `netsplit up` is asked: one network, or many runs of it. Read at the door, and written again as arguments for the
// controller in the background.

import { EXIT, UserError } from '../errors.ts'
import type { RunsRequest } from '../research/command.ts'
import { parseUntil, type Until, untilText } from '../run/until.ts'
import { loadSpec, type Overrides } from '../spec/load.ts'
import type { Spec } from '../spec/schema.ts'
import type { RuntimeName } from '../spec/types.ts'
import type { FlagsOf } from './command.ts'
import { namedHosts, refuseEngine } from './hosts-asked.ts'
import { countOf, processesOf } from './numbers.ts'
import { type Answered, readAnswered } from './request.ts'

/** One network, from launch to end. */
export interface LaunchRequest extends Answered {
  /** With the flags on top; its runtime is chosen if it says none. */
  readonly spec: Spec
  /** What the spec was made of. */
  readonly source: { readonly file: string | undefined; readonly overrides: Overrides }
  readonly until: Until | undefined
  readonly engine: string | undefined
  /** The folder asked for. */
  readonly runDirectory: string | undefined
  readonly observability: boolean | undefined
  /** More nodes than there is room for. */
  readonly force: boolean
  readonly detach: boolean
  /** The full screen, where there is a terminal for it. */
  readonly screen: boolean
  readonly screenReader: boolean
  /** For whoever sees a network for the first time. */
  readonly demo: boolean
  /** The file that the outcome goes behind. */
  readonly summary: string | undefined
}

export type UpRequest =
  | { readonly kind: 'one'; readonly launch: LaunchRequest }
  | { readonly kind: 'many'; readonly runs: RunsRequest }

const MAX_RUNS = 100_000
const ONE_RUN_ONLY = [
  ['detach', '--detach'],
  ['runDir', '--run-dir'],
  ['summary', '--summary'],
] as const

export function readUp(file: string | undefined, flags: FlagsOf<'up'>): UpRequest {
  const overrides = readOverrides(flags)
  const spec = loadSpec(file, overrides)
  const until = flags.until === undefined ? undefined : parseUntil(flags.until)
  if (flags.runs !== undefined) return { kind: 'many', runs: readRuns(spec, until, flags.runs, flags) }
  for (const flag of ['parallel', 'csv'] as const)
    if (flags[flag] !== undefined)
      throw new UserError(EXIT.usage, `--${flag} is for many runs`, 'such as --runs 32 --parallel')
  const { engine, runDir, observability, force, detach, tui, screenReader, demo, summary } = flags
  if (engine !== undefined && spec.hosts) refuseEngine()
  const launch = {
    ...{ spec, source: { file, overrides }, until, engine, runDirectory: runDir, observability, summary },
    ...{ force: force === true, detach: detach === true, demo: demo === true },
    ...{ screen: tui !== false, screenReader: screenReader === true },
    ...readAnswered([], flags),
  }
  return { kind: 'one', launch }
}

function readRuns(spec: Spec, until: Until | undefined, runs: string, flags: FlagsOf<'up'>): RunsRequest {
  const count = countOf('--runs', runs, MAX_RUNS)
  if (spec.runtime !== 'sim')
    throw new UserError(EXIT.usage, '--runs is for simulations', 'add --runtime sim')
  if (spec.duration === undefined && !until)
    throw new UserError(EXIT.usage, 'runs need an end', 'add --for 3h, or --until "height 100"')
  for (const [flag, words] of ONE_RUN_ONLY)
    if (flags[flag] !== undefined)
      throw new UserError(EXIT.usage, `${words} is for a single run: --runs keeps figures and no records`)
  const { parallel, csv } = flags
  return { spec, until, count, processes: processesOf(parallel), csv, ...readAnswered([], flags) }
}

function readOverrides({
  name,
  nodes,
  seed,
  runtime,
  for: lasts,
  tx,
  logLevel,
  hosts,
  demo,
}: FlagsOf<'up'>): Overrides {
  const named = hosts === undefined ? undefined : namedHosts(hosts)
  return { name, nodes, seed, runtime, for: lasts, tx, logLevel, hosts: named, demo }
}

/** Flags that make the network; the others are about this terminal. Read again, they ask for the same. */
export function launchArguments(
  { source: { file, overrides }, until, engine, observability, force, demo }: LaunchRequest,
  runtime: RuntimeName,
): string[] {
  const { name, nodes, seed, for: lasts, tx, logLevel, hosts } = overrides
  const given = {
    ...{ '--name': name, '--nodes': nodes, '--seed': seed, '--runtime': runtime, '--engine': engine },
    ...{ '--for': lasts, '--until': until && untilText(until), '--tx': tx, '--log-level': logLevel },
    ...{ '--hosts': hosts?.text },
  }
  return [
    ...['up', ...(file === undefined ? [] : [file])],
    ...Object.entries(given).flatMap(([flag, value]) => (value === undefined ? [] : [flag, value])),
    ...(demo ? ['--demo'] : []),
    ...(observability === undefined ? [] : [observability ? '--observability' : '--no-observability']),
    ...(force ? ['--force'] : []),
  ]
}
