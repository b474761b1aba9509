// Sweeps what dead networks left behind: nodes that outlived their controller, and state directories.
// Only what lies below netsplit's own state directory is touched, and only processes that are proven to be its nodes.

import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { debris, knownNetworks, remove } from './networks.ts'
import { pause } from './node-client.ts'
import { networkDirectory } from './paths.ts'
import { isAlive } from './processes.ts'

const GONE_EVERY_MS = 20

export interface Leftover {
  /** The dead network, or undefined for a folder of a claim that was broken off. */
  readonly network: string | undefined
  readonly directory: string
  /** Nodes that still run. They would stop by themselves within seconds. */
  readonly nodes: readonly { readonly name: string; readonly pid: number }[]
}

/** What `sweep` would remove. */
export function leftovers(): Leftover[] {
  // What is stopped has not been left behind; but its nodes must not run without a controller.
  const dead = knownNetworks().filter(known => !known.alive && !known.kept)
  return [
    ...dead.map(({ network }) => {
      const directory = networkDirectory(network)
      return { network, directory, nodes: orphans(directory) }
    }),
    ...debris().map(directory => ({ network: undefined, directory, nodes: orphans(directory) })),
  ]
}

/** Removes it; returns what was removed. */
export function sweep(): Leftover[] {
  const found = leftovers()
  for (const { network, directory, nodes } of found) {
    for (const { pid } of nodes) kill(pid)
    const dead = knownNetworks().find(known => known.network === network && !known.alive)
    if (dead) remove(dead)
    else if (network === undefined) rmSync(directory, { recursive: true, force: true })
  }
  return found
}

/** Ends what still runs of a network whose controller has died, and waits until it has gone. */
export async function endOrphans(network: string): Promise<void> {
  const directory = networkDirectory(network)
  for (const { pid } of orphans(directory)) kill(pid)
  while (orphans(directory).length > 0) await pause(GONE_EVERY_MS)
}

function orphans(directory: string): { name: string; pid: number }[] {
  const folder = join(directory, 'nodes')
  return list(folder).flatMap(name => {
    const identity = readIdentity(join(folder, name, 'process.json'))
    return identity && isAlive(identity.pid, identity.startedMs) ? [{ name, pid: identity.pid }] : []
  })
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function readIdentity(file: string): { pid: number; startedMs: number } | undefined {
  try {
    const { pid, startedMs } = JSON.parse(readFileSync(file, 'utf8')) as {
      pid?: unknown
      startedMs?: unknown
    }
    return Number.isInteger(pid) && typeof startedMs === 'number'
      ? { pid: pid as number, startedMs }
      : undefined
  } catch {
    return undefined
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It stopped by itself meanwhile.
  }
}
