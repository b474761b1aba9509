// On which hosts something of a network may lie: written down before anything is made there, struck out when all of it is gone. What
// a host that is away keeps is so remembered until netsplit gc has been there, whatever became of the network.

import { readdirSync } from 'node:fs'
import type { PlannedHost } from '../spec/types.ts'
import { isNetworkName, stateRoot } from './paths.ts'
import { readDocument, writeDocument } from './state-document.ts'

/** How to reach it again. */
export type UsedHost = Pick<PlannedHost, 'name' | 'engine' | 'tls'>

/** Not the name of a network. */
const FILE = /^\.hosts-(.+)\.json$/

interface HostsFile {
  readonly schemaVersion: 1
  readonly hosts: readonly UsedHost[]
}

/** Every network that may have something somewhere. */
export function networksOnHosts(): { readonly network: string; readonly hosts: readonly UsedHost[] }[] {
  const networks = entries().flatMap(name => FILE.exec(name)?.[1] ?? [])
  return networks
    .filter(isNetworkName)
    .sort()
    .map(network => ({ network, hosts: hostsOf(network) }))
}

/** Where something of this network may lie; nowhere but on this machine where none is named. */
export function hostsOf(network: string): readonly UsedHost[] {
  return readDocument<HostsFile>(fileOf(network))?.hosts ?? []
}

/** Something of it may lie there from now on. */
export function noteUsed(network: string, hosts: readonly UsedHost[]): void {
  const engines = new Set(hosts.map(({ engine }) => engine))
  const before = hostsOf(network).filter(({ engine }) => !engines.has(engine))
  write(network, [
    ...before,
    ...hosts.map(({ name, engine, tls }) => ({ name, engine, ...(tls && { tls }) })),
  ])
}

/** Nothing of it lies there any more. */
export function noteClean(network: string, engine: string): void {
  const before = hostsOf(network)
  if (before.some(host => host.engine === engine))
    write(
      network,
      before.filter(host => host.engine !== engine),
    )
}

function write(network: string, hosts: readonly UsedHost[]): void {
  writeDocument<HostsFile>(fileOf(network), hosts.length === 0 ? undefined : { schemaVersion: 1, hosts })
}

function fileOf(network: string): string {
  return `.hosts-${network}.json`
}

function entries(): string[] {
  try {
    return readdirSync(stateRoot())
  } catch {
    return []
  }
}
