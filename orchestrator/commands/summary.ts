// How a run that is over is told: its summary, as a document or in lines.

import type { RunSummary } from '../control/api.ts'
import { err, outJson } from '../terminal/outlet.ts'
import { summaryLines } from '../tui/words.ts'
import type { Options } from './command.ts'

export function printSummary(summary: RunSummary, options: Options): void {
  if (options.json === true) outJson(summary)
  else for (const line of summaryLines(summary)) err(line)
}
