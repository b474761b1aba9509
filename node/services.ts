// The services that a node can run: the one list of them.

import { bitcoin } from './bitcoin.ts'
import type { ServiceKind } from './kind.ts'

export const SERVICES: readonly ServiceKind[] = [bitcoin]

export function kindOf(name: string): ServiceKind | undefined {
  return SERVICES.find(kind => kind.name === name)
}
