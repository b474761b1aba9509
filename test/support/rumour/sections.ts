// The rumours in a report, in the place of orchestrator/systems/sections.ts.

import type { ReportFace } from '../../../orchestrator/report/html/face.ts'
import { REPORT_FACES as OWN } from '../../../orchestrator/systems/sections.ts'

const rumourFace: ReportFace = {
  system: 'rumour',
  sections: ({ systems }) => [
    `<section id="rumours"><h2>Rumours</h2><p>${(systems.rumour as { begun: number }).begun} were begun.</p></section>`,
  ],
}

export const REPORT_FACES: readonly ReportFace[] = [...OWN, rumourFace]
