// Which hosts a command is about: those of a spec, or a list of engines and names of docker contexts.

import { existsSync, statSync } from 'node:fs'
import { EXIT, UserError } from '../errors.ts'
import { contextNamed, contextNames } from '../runtime/docker/discover.ts'
import { MAX_HOSTS, planHosts, type WrittenHost } from '../spec/host-spec.ts'
import { loadSpec, type NamedHosts, parseSpec } from '../spec/load.ts'
import { hostName } from '../spec/names.ts'
import { hostsOf } from '../spec/placed.ts'
import { didYouMean } from '../spec/suggest.ts'
import type { PlannedHost } from '../spec/types.ts'

const USUAL_FILE = 'netsplit.yaml'

/** Of `--hosts a,b`. UserError (exit 2) for a word that is neither an engine nor a context. */
export function namedHosts(text: string, flag = '--hosts'): NamedHosts {
  const words = text.split(',').map(word => word.trim())
  return { text, hosts: words.map(word => (word.includes('://') ? { engine: word } : ofContext(word, flag))) }
}

/** Of several hosts each has its own. */
export function refuseEngine(): never {
  throw new UserError(
    EXIT.usage,
    '--engine is for networks on one engine',
    'hosts have their own; leave it out',
  )
}

/** `words`: what they would be said behind. */
export function whichHosts(words: string): UserError {
  return new UserError(
    EXIT.usage,
    'which hosts? There is no netsplit.yaml here that has any',
    `such as ${words} ssh://a,ssh://b, or ${words} net.yaml`,
  )
}

/** A host, and how many nodes a spec places there. */
export interface AskedHost extends PlannedHost {
  readonly nodes?: number
}

/** Of a file or a list; nothing said: of the spec that lies here, if it has any. */
export function askedHosts(text: string | undefined, flag: string): readonly AskedHost[] | undefined {
  if (text === undefined) return existsSync(USUAL_FILE) ? ofSpec(USUAL_FILE) : undefined
  if (!isFile(text)) return listed(text, flag)
  const hosts = ofSpec(text)
  if (hosts) return hosts
  throw new UserError(EXIT.usage, `${text} has no hosts`, 'such as hosts: [{ engine: ssh://user@b }]')
}

function ofSpec(file: string): readonly AskedHost[] | undefined {
  const spec = loadSpec(file)
  const placed = hostsOf(spec)
  const { hosts } = planHosts(spec)
  return hosts?.map(host => ({ ...host, nodes: placed.filter(name => name === host.name).length }))
}

function isFile(text: string): boolean {
  return (
    /\.ya?ml$/.test(text) ||
    (!text.includes('://') && (statSync(text, { throwIfNoEntry: false })?.isFile() ?? false))
  )
}

/** As a spec would have them, whatever else there is in it. */
function listed(text: string, flag: string): readonly PlannedHost[] {
  const nodes = `nodes: { nodes: { count: ${MAX_HOSTS} } }`
  const { hosts = [] } = planHosts(parseSpec(nodes, flag, { hosts: namedHosts(text, flag) }))
  return hosts
}

function ofContext(name: string, flag: string): WrittenHost {
  const context = contextNamed(name, process.env)
  if (context) {
    const { address: engine, tls } = context
    return { engine, ...(hostName.safeParse(name).success && { name }), ...(tls && { tls }) }
  }
  const known = contextNames(process.env)
  throw new UserError(
    EXIT.usage,
    `${flag}: ${JSON.stringify(name)} is no engine (unix:///…, tcp://…, ssh://…), and no docker context has this name`,
    didYouMean(name, known) ?? `contexts: ${known.join(', ')}`,
  )
}
