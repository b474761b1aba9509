// What netsplit has made of engines that were in no swarm: written down before it is done, so that it can be undone whatever
// happens, and nothing else is.

import type { PlannedHost } from '../spec/types.ts'
import { readDocument, writeDocument } from './state-document.ts'

/** Not the name of a network. */
const FILE = 'swarms.json'

/** How to reach it again. */
export type MadeHost = Pick<PlannedHost, 'name' | 'engine' | 'tls' | 'address'>

/** A host that netsplit brought into a swarm. */
export interface MadeMember {
  readonly host: MadeHost
  /** It began the swarm, or joined it. */
  readonly how: 'init' | 'join'
  /** As the swarm knows it; absent: that was not heard any more. */
  readonly node?: string
  /** Who manages the swarm, where it was there before: it stays, and its list is to be as it was. */
  readonly via?: MadeHost
  /** What Docker makes for each member and leaves behind was there before. */
  readonly hadBridge: boolean
}

interface SwarmsFile {
  readonly schemaVersion: 1
  readonly made: readonly MadeMember[]
}

export function readMade(): readonly MadeMember[] {
  return readDocument<SwarmsFile>(FILE)?.made ?? []
}

/** The member of this engine is so from now on; `undefined`: it is not there any more. */
export function noteMade(engine: string, member: MadeMember | undefined): void {
  const others = readMade().filter(({ host }) => host.engine !== engine)
  const made = member ? [...others, member] : others
  writeDocument<SwarmsFile>(FILE, made.length === 0 ? undefined : { schemaVersion: 1, made })
}
