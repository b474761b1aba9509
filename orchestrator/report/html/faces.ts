// Which systems a report tells of.

import { REPORT_FACES } from '../../systems/sections.ts'
import type { Report } from '../model.ts'
import type { ReportFace } from './face.ts'

/** Those of the systems that nodes of the run's network ran. */
export function reportFacesIn({ systems }: Pick<Report, 'systems'>): readonly ReportFace[] {
  // A report from before there were systems is one of a ledger.
  return REPORT_FACES.filter(({ system }) =>
    systems === undefined ? system === 'ledger' : system in systems,
  )
}
