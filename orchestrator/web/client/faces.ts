// Which systems the page shows.

import { PAGE_FACES } from '../../systems/views.ts'
import type { PageFace } from './face.ts'

/** Those of the systems that nodes of the network run. */
export function pageFacesIn({ runs }: { readonly runs: readonly string[] }): readonly PageFace[] {
  return PAGE_FACES.filter(({ system }) => runs.includes(system))
}
