// A network whose controller has died, told to the process that sweeps what it left in its engine (warden.ts).

import type { ProcessIdentity } from '../../machine/processes.ts'
import type { UsedHost } from '../../machine/used-hosts.ts'

/** In the environment of that process: an Orphan. */
export const ORPHAN_MARK = 'NETSPLIT_ORPHAN'

export interface Orphan {
  readonly network: string
  /** The address of its engine. */
  readonly engine: string
  /** Where that is, of several. */
  readonly host?: UsedHost
  readonly controller: ProcessIdentity
}

/** What this process is to sweep, when it is that one. */
export function orphanOf(env: NodeJS.ProcessEnv): Orphan | undefined {
  const text = env[ORPHAN_MARK]
  return text === undefined ? undefined : (JSON.parse(text) as Orphan)
}
