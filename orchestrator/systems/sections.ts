// How the systems are shown in a run's report, in the order of the systems.

import type { ReportFace } from '../report/html/face.ts'
import type { Report } from '../report/model.ts'
import { ledgerReportFace } from './ledger/report/face.ts'
import { p2pReportFace } from './p2p/report.ts'

const REPORT_FACES: readonly ReportFace[] = [ledgerReportFace, p2pReportFace]

/** Those of the systems that nodes of the run's network ran. */
export function reportFacesIn({ systems }: Pick<Report, 'systems'>): readonly ReportFace[] {
  // A report from before there were systems is one of a ledger.
  return REPORT_FACES.filter(({ system }) =>
    systems === undefined ? system === 'ledger' : system in systems,
  )
}
