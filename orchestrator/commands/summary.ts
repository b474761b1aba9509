// How a run that is over is told: its summary, as a document or in lines.

import type { RunSummary } from '../control/api.ts'
import { err, outJson } from '../terminal/outlet.ts'
import { summaryLines } from '../tui/status.ts'
import type { Answered } from './request.ts'

export function printSummary(summary: RunSummary, { json }: Answered): void {
  if (json) outJson(summary)
  else for (const line of summaryLines(summary)) err(line)
}
