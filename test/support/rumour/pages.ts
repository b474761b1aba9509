// What the page is sent of the rumours, in the place of orchestrator/systems/pages.ts.

import { PAGE_PARTS as OWN } from '../../../orchestrator/systems/pages.ts'
import { smallPart } from '../../../orchestrator/web/part.ts'

export const PAGE_PARTS = { ...OWN, rumour: smallPart(({ systems }) => systems.rumour) }
