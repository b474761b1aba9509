// `netsplit sweep`: every combination of some values in a spec, each with as many seeds, as simulations over the cores.

import { EXIT, UserError } from '../errors.ts'
import { EndSignals } from '../machine/signals.ts'
import { readParameters } from '../research/parameters.ts'
import { ROW_KINDS, type RowKind } from '../research/rows.ts'
import { makeSweep } from '../research/sweep.ts'
import type { SweepRequest } from '../research/sweep-run.ts'
import { parseUntil } from '../run/until.ts'
import { loadSpec } from '../spec/load.ts'
import { didYouMean } from '../spec/suggest.ts'
import type { ArgsOf, FlagsOf } from './command.ts'
import { countOf, processesOf } from './numbers.ts'
import { readAnswered } from './request.ts'

const DEFAULT_RUNS = '10'
const MAX_RUNS = 1_000_000

/** Every combination is checked before anything runs. */
export function read([file]: ArgsOf<'sweep'>, flags: FlagsOf<'sweep'>): SweepRequest {
  const { seed, for: lasts, tx, set = [], csv, parquet, dir } = flags
  const sweep = makeSweep({
    load: assignments => loadSpec(file, { seed, for: lasts, tx, set: assignments }),
    parameters: readParameters(set),
    runs: countOf('--runs', flags.runs ?? DEFAULT_RUNS, MAX_RUNS),
    until: flags.until === undefined ? undefined : parseUntil(flags.until),
    rows: rowsOf(flags.rows ?? 'runs'),
    force: flags.force === true,
  })
  const processes = processesOf(flags.parallel)
  return { sweep, set, processes, directory: dir, csv, parquet, ...readAnswered([], flags) }
}

export async function run(request: SweepRequest): Promise<number> {
  const signals = new EndSignals({ shownOnStderr: true })
  try {
    // The nodes' code, which a wrong value does without.
    const { runSweep } = await import('../research/sweep-run.ts')
    return await runSweep(request, signals)
  } finally {
    signals.close()
  }
}

function rowsOf(word: string): RowKind {
  const kind = ROW_KINDS.find(each => each === word)
  if (kind) return kind
  throw new UserError(EXIT.usage, `--rows is one of ${ROW_KINDS.join(', ')}`, didYouMean(word, ROW_KINDS))
}
