// `netsplit report`: makes the report of a recorded run again from its events, and says where it is.

import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { EXIT, type ExitCode } from '../errors.ts'
import { REPORT_PAGE, reportOfRecord, writeReport } from '../report/files.ts'
import type { ArgsOf, FlagsOf } from './command.ts'
import { type Answered, readAnswered } from './request.ts'
import { print, say } from './say.ts'

export interface ReportRequest extends Answered {
  readonly directory: string
}

export function read([folder]: ArgsOf<'report'>, flags: FlagsOf<'report'>): ReportRequest {
  return { directory: resolve(folder), ...readAnswered([], flags) }
}

export async function run(request: ReportRequest): Promise<ExitCode> {
  const { directory } = request
  const report = await reportOfRecord(directory)
  await writeReport(report, directory)
  const { unrecorded } = report
  if (unrecorded !== undefined) say(`this record is not whole, and so is its report. Missing: ${unrecorded}`)
  print(request, report, () => [pathToFileURL(`${directory}/${REPORT_PAGE}`).href])
  return EXIT.ok
}
