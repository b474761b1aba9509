// The one list of systems.

import { ledger } from './ledger/system.ts'
import type { System } from './system.ts'

export const SYSTEMS: readonly System[] = [ledger]

/** Those that nodes of this network run. */
export function systemsIn({ runs }: { readonly runs: readonly string[] }): readonly System[] {
  return SYSTEMS.filter(({ name }) => runs.includes(name))
}
