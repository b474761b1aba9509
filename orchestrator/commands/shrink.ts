// `netsplit shrink`: from a run that failed to the smallest spec that still fails in the same way.

import { join, resolve } from 'node:path'
import { EXIT, type ExitCode, UserError } from '../errors.ts'
import { plural } from '../format.ts'
import { failures } from '../fuzz/attempt.ts'
import { failedChecks, readRecord } from '../fuzz/record.ts'
import { shrink, withChecks } from '../fuzz/shrink.ts'
import { EndSignals } from '../machine/signals.ts'
import { makeRoomFor, writeTarget } from '../machine/target.ts'
import { parseSpec, specToYaml } from '../spec/load.ts'
import type { Spec } from '../spec/schema.ts'
import type { ArgsOf, FlagsOf } from './command.ts'
import { endsOf } from './ends.ts'
import { wholeOf } from './numbers.ts'
import { type Answered, readAnswered } from './request.ts'
import { print, say } from './say.ts'

const DEFAULT_RUNS = 200
const RUNS = { least: 1, most: 100_000 }
const TRIES = { least: 1, most: 100 }
/** What happens on real nodes does not happen every time. */
const DEFAULT_TRIES = 3

export interface ShrinkRequest extends Answered {
  /** The folder of the run. */
  readonly name: string
  /** No more than so many. */
  readonly maxRuns: number
  /** Runs of each candidate; undefined: as many as its runtime needs. */
  readonly tries: number | undefined
  /** Where the spec goes; undefined: into the folder of the run. */
  readonly target: string | undefined
}

export function read([name]: ArgsOf<'shrink'>, flags: FlagsOf<'shrink'>): ShrinkRequest {
  const { runs, tries, out } = flags
  return {
    name,
    maxRuns: runs === undefined ? DEFAULT_RUNS : wholeOf('--runs', runs, RUNS),
    tries: tries === undefined ? undefined : wholeOf('--tries', tries, TRIES),
    target: out === undefined ? undefined : resolve(out),
    ...readAnswered([], flags),
  }
}

export async function run(request: ShrinkRequest): Promise<ExitCode> {
  const { name, maxRuns, target } = request
  const record = readRecord(name)
  const wanted = failedChecks(record.checks ?? [])
  if (wanted.length === 0)
    throw new UserError(EXIT.usage, `${name}: no check failed in this run, so there is nothing to shrink`)
  const first = withChecks(parseSpec(record.specYaml, join(name, 'spec.yaml'), {}), wanted)
  const tries = request.tries ?? (first.runtime === 'sim' ? 1 : DEFAULT_TRIES)
  const file = target ?? resolve(name, 'shrunk.yaml')
  if (target !== undefined) makeRoomFor(target)
  const signals = new EndSignals()
  try {
    const fails = failsAs(wanted, tries, endsOf(signals))
    if (!(await fails(first)))
      throw new UserError(
        EXIT.failure,
        `${wanted.join(', ')} did not fail again in ${tries} ${tries === 1 ? 'run' : 'runs'}`,
        'what happens by chance needs more: --tries 20',
      )
    const { spec, runs, minimal } = await shrink(first, {
      fails,
      maxRuns,
      onSimpler: (simpler, runs) => {
        writeTarget(file, specToYaml(simpler)) // whatever becomes of the search
        say(`${plural(runs, 'run')}: ${sizeOf(simpler)}`)
      },
    })
    writeTarget(file, specToYaml(spec))
    const document = {
      schemaVersion: 1,
      from: sizeOf(first),
      to: sizeOf(spec),
      runs,
      minimal,
      checks: wanted,
      spec: file,
    }
    print(request, document, () => [
      `${sizeOf(first)} → ${sizeOf(spec)}, in ${plural(runs, 'run')}${minimal ? '' : ' (there may be a smaller one: --runs)'}`,
      `again: netsplit test ${file}`,
    ])
    return EXIT.ok
  } finally {
    signals.close()
  }
}

/** One try that fails in one of the checks that failed before is enough. */
function failsAs(wanted: readonly string[], tries: number, ends: ReturnType<typeof endsOf>) {
  return async (spec: Spec): Promise<boolean> => {
    for (let i = 0; i < tries; i++) {
      const failed = await failures(spec, { say: () => {}, ...ends })
      if (failed.some(name => wanted.includes(name))) return true
    }
    return false
  }
}

function sizeOf({ faults = {}, nodes }: Spec): string {
  const count = Object.values(nodes).reduce((sum, group) => sum + group.count, 0)
  return `${plural(Object.keys(faults).length, 'fault')} on ${plural(count, 'node')}`
}
