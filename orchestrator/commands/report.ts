// `netsplit report`: makes the report of a recorded run again from its events, and says where it is.

import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { EXIT, type ExitCode } from '../errors.ts'
import { REPORT_PAGE, reportOfRecord, writeReport } from '../report/files.ts'
import type { Options } from './command.ts'
import { print, say } from './say.ts'

export async function run([folder = '.']: readonly string[], options: Options): Promise<ExitCode> {
  const directory = resolve(folder)
  const report = await reportOfRecord(directory)
  await writeReport(report, directory)
  const { unrecorded } = report
  if (unrecorded !== undefined) say(`this record is not whole, and so is its report. Missing: ${unrecorded}`)
  print(options, report, () => [pathToFileURL(`${directory}/${REPORT_PAGE}`).href])
  return EXIT.ok
}
