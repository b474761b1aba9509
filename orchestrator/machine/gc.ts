// Sweeps what dead networks left behind: nodes that outlived their controller, and state directories.
// Only what lies below netsplit's own state directory is touched, and only processes that are proven to be its nodes.

import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pause } from '../network/node-client.ts'
import { debris, knownNetworks, remove } from './networks.ts'
import { readOwn } from './own-files.ts'
import { networkDirectory } from './paths.ts'
import { type OldIdentity, type ProcessIdentity, readIdentity, standingOf } from './processes.ts'

const GONE_EVERY_MS = 20

export interface Leftover {
  /** The dead network, or undefined for a folder of a claim that was broken off. */
  readonly network: string | undefined
  /** What ran its nodes, as far as its controller wrote it down. */
  readonly runtime?: string
  readonly directory: string
  /** Nodes that still run. They would stop by themselves within seconds. */
  readonly nodes: readonly { readonly name: string; readonly pid: number }[]
}

interface Orphan {
  readonly name: string
  readonly identity: ProcessIdentity | OldIdentity
}

/** What `sweep` would remove. */
export function leftovers(): Leftover[] {
  // What is stopped has not been left behind; but its nodes must not run without a controller.
  const dead = knownNetworks().filter(known => !known.alive && !known.kept && known.foreign === undefined)
  return [
    ...dead.map(({ network, controller }) => {
      const directory = networkDirectory(network)
      const runtime = controller && { runtime: controller.runtime }
      return { network, ...runtime, directory, nodes: orphans(directory).map(told) }
    }),
    ...debris().map(directory => ({ network: undefined, directory, nodes: orphans(directory).map(told) })),
  ]
}

/** What is left alone because somebody else may have written it, and why. */
export function distrusted(): string[] {
  return knownNetworks().flatMap(({ foreign }) => foreign ?? [])
}

/** Removes it; returns what was removed. */
export function sweep(): Leftover[] {
  const found = leftovers()
  for (const { network, directory } of found) {
    const gone = () => knownNetworks().find(known => known.network === network && !known.alive)
    if (network !== undefined && !gone()) continue // somebody has taken the name meanwhile
    for (const orphan of orphans(directory)) kill(orphan)
    const dead = gone()
    if (dead) remove(dead)
    else if (network === undefined) rmSync(directory, { recursive: true, force: true })
  }
  return found
}

/** Ends what still runs of a network whose controller has died, and waits until it has gone. */
export async function endOrphans(network: string): Promise<void> {
  const directory = networkDirectory(network)
  for (const orphan of orphans(directory)) kill(orphan)
  while (orphans(directory).length > 0) await pause(GONE_EVERY_MS)
}

const told = ({ name, identity }: Orphan) => ({ name, pid: identity.pid })

/** Only what is proven: a pid that a file of ours names, of the very process that the file means. */
function orphans(directory: string): Orphan[] {
  const folder = join(directory, 'nodes')
  return list(folder).flatMap(name => {
    const identity = identityIn(join(folder, name, 'process.json'), directory)
    return identity && standingOf(identity) === 'alive' ? [{ name, identity }] : []
  })
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function identityIn(file: string, directory: string): ProcessIdentity | OldIdentity | undefined {
  try {
    return readIdentity(JSON.parse(readOwn(file, directory)))
  } catch {
    return undefined
  }
}

function kill({ identity }: Orphan): void {
  if (standingOf(identity) !== 'alive') return
  try {
    process.kill(identity.pid, 'SIGKILL')
  } catch {
    // It stopped by itself meanwhile.
  }
}
