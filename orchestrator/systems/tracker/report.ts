// Trackers in a run's report.

import type { ReportFace } from '../../report/html/face.ts'
import type { Report } from '../../report/model.ts'
import type { TrackerState } from './state.ts'
import { askedText, knowsText } from './words.ts'

const stateOf = ({ systems }: Pick<Report, 'systems'>) => systems.tracker as TrackerState

export const trackerReportFace: ReportFace = {
  system: 'tracker',
  facts: report => [['tracker', `knew ${knowsText(stateOf(report))}, ${askedText(stateOf(report))}`]],
}
