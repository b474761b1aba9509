// Bare peers in a run's report.

import { plural } from '../../format.ts'
import type { ReportFace } from '../../report/html/face.ts'
import type { Report } from '../../report/model.ts'

const connections = ({ systems }: Report) => (systems.p2p as { readonly connections: number }).connections

export const p2pReportFace: ReportFace = {
  system: 'p2p',
  standing: report => [plural(connections(report), 'connection')],
  figures: [{ title: 'connections', text: report => String(connections(report)) }],
}
