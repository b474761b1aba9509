// Which systems a screen shows.

import { FACES } from '../systems/faces.ts'
import type { Face } from './face.ts'

/** Those of the systems that nodes of the network run. */
export function facesIn({ runs }: { readonly runs: readonly string[] }): readonly Face[] {
  return FACES.filter(({ system }) => runs.includes(system))
}
