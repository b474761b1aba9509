// Networks that an engine will not remove before it starts anew (stuck.ts), by their ids: told once, and from then on tried once
// a sweep, without waiting for what does not come.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeFolder, stateRoot } from '../../machine/paths.ts'

const FILE = '.lost-networks.json'

/** As the engine puts it. */
export const LOST_WHY = 'has active endpoints'

/** Networks whose last endpoints belong to no container: seen on engine 20.10, which forgets them only when it starts anew. */
export function isLost({ kind, why }: { readonly kind: string; readonly why: string }): boolean {
  return kind === 'network' && /active endpoints/i.test(why)
}

export function knownLost(): ReadonlySet<string> {
  try {
    const ids: unknown = JSON.parse(readFileSync(join(stateRoot(), FILE), 'utf8'))
    return new Set(Array.isArray(ids) ? ids.map(String) : [])
  } catch {
    return new Set()
  }
}

/** Of those that were tried just now these are lost, and the others are not. */
export function rememberLost(tried: readonly string[], lost: readonly string[]): void {
  const known = knownLost()
  const before = [...known].filter(id => !tried.includes(id))
  const now = [...before, ...lost]
  if (now.length === known.size && now.every(id => known.has(id))) return
  try {
    makeFolder(stateRoot(), 0o700)
    writeFileSync(join(stateRoot(), FILE), JSON.stringify(now), { mode: 0o600 })
  } catch {
    // then it is told again
  }
}
