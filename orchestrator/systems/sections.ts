// How the systems are shown in a run's report, in the order of the systems.

import type { ReportFace } from '../report/html/face.ts'
import { bittorrentReportFace } from './bittorrent/report/face.ts'
import { ledgerReportFace } from './ledger/report/face.ts'
import { lightReportFace } from './light/report.ts'
import { p2pReportFace } from './p2p/report.ts'
import { trackerReportFace } from './tracker/report.ts'

export const REPORT_FACES: readonly ReportFace[] = [
  ledgerReportFace,
  lightReportFace,
  p2pReportFace,
  bittorrentReportFace,
  trackerReportFace,
]
