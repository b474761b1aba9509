// A network that is stopped and keeps its chain: all that it needs to come up again lies in its state directory, beside its
// nodes' data, and outlives its controller and the machine's restart.

import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Plan } from '../spec/types.ts'
import { readOwn } from './own-files.ts'
import { networkDirectory } from './paths.ts'

const FILE = 'kept.json'

export interface KeptNetwork {
  readonly schemaVersion: 1
  /** With all who joined since it was planned. */
  readonly plan: Plan
  readonly specYaml: string
  /** As it was asked for. */
  readonly engine?: string | undefined
  readonly observability?: boolean | undefined
  /** Where its API was: pages and terminals that knew it find it again. */
  readonly address?: KeptAddress | undefined
}

export interface KeptAddress {
  /** Of loopback. */
  readonly port: number
  readonly token: string
}

export function writeKept(kept: KeptNetwork): void {
  const file = join(networkDirectory(kept.plan.network), FILE)
  writeFileSync(`${file}.new`, JSON.stringify(kept), { mode: 0o600 })
  renameSync(`${file}.new`, file)
}

/** Undefined: there is none of this name, or it keeps nothing. */
export function readKept(network: string): KeptNetwork | undefined {
  try {
    const directory = networkDirectory(network)
    const value = JSON.parse(readOwn(join(directory, FILE), directory)) as KeptNetwork
    return value.schemaVersion === 1 ? value : undefined
  } catch {
    return undefined
  }
}
