// What a spec says of the engines that its nodes are on (`hosts`), and which of them a group is pinned to (`host`): the schema, what
// cannot be, and what the plan has of it. Which node is where: placement.ts.

import { z } from 'zod'
import { whyReserved } from '../chaos/names.ts'
import { plural } from '../format.ts'
import { tlsIn } from './host-tls.ts'
import { hostLabel, hostName } from './names.ts'
import type { Shared } from './placement.ts'
import type { Problem } from './problem.ts'
import { didYouMean } from './suggest.ts'
import type { Plan, PlannedHost } from './types.ts'

export const MAX_HOSTS = 64
const MAX_SHARE = 1000
const MAX_LABELS = 16
/** Docker's own, for TLS and for ssh. */
const PORTS = { tcp: '2376', ssh: '22' } as const

const MACHINE = '([A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?|\\[[0-9a-fA-F:.]+\\])'
const ENGINE = new RegExp(
  `^(unix:///\\S+|tcp://${MACHINE}(:\\d{1,5})?/?|ssh://([A-Za-z0-9_][A-Za-z0-9._-]*@)?${MACHINE}(:\\d{1,5})?(/\\S*)?)$`,
)

const filePath = z.string().min(1).max(1000)

const engineAddress = z
  .string()
  .max(500)
  .regex(ENGINE, 'expected an engine: unix:///path, tcp://host:port (over TLS) or ssh://user@host')

const host = z.strictObject({
  engine: engineAddress.describe(
    'The container engine: unix:///path, tcp://host:port (over TLS) or ssh://user@host.',
  ),
  name: hostName
    .optional()
    .describe("What it is called, in faults too. Default: the machine's own name in engine, else host-1 …"),
  share: z
    .number()
    .min(0)
    .max(MAX_SHARE)
    .prefault(1)
    .describe(
      'Its part of the nodes beside the other hosts: 2 has twice what 1 has. 0: only what is pinned to it.',
    ),
  labels: z
    .array(hostLabel)
    .max(MAX_LABELS)
    .prefault([])
    .describe('Words by which groups are pinned to it, beside its name.'),
  address: z
    .string()
    .max(253)
    .regex(/^([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?|[0-9a-fA-F:.]+)$/, 'expected an IP address or a name')
    .optional()
    .describe('By which the other hosts reach it. Default: the machine that engine names.'),
  tls: z
    .strictObject({ ca: filePath, cert: filePath, key: filePath })
    .optional()
    .describe(
      'tcp: PEM files, relative to the spec. Default: certs, else the folder that DOCKER_CERT_PATH names.',
    ),
  certs: filePath
    .optional()
    .describe('tcp: a folder with ca.pem, cert.pem and key.pem, as docker has it; relative to the spec.'),
})

/** At the top of a spec. */
export const hostsSchema = z
  .array(host)
  .min(1, 'there is no host: name one, or leave hosts out')
  .max(MAX_HOSTS, `there are at most ${MAX_HOSTS} hosts`)
  .optional()
  .describe(
    'Engines that run the nodes together, in containers. In the other runtimes they are names only. Default: one engine, the one that answers here.',
  )

/** Of a group of nodes. */
export const pinKey = z
  .union([hostName, z.array(hostName).min(1).max(MAX_HOSTS)], {
    error: 'expected the name or label of a host, or a list of them',
  })
  .optional()
  .describe('The hosts that the nodes of the group are on, by name or label. Default: all, by their shares.')

type HostSpec = z.output<typeof host>
export type WrittenHost = z.input<typeof host>

interface Hosted {
  readonly hosts?: readonly HostSpec[] | undefined
  readonly nodes: {
    readonly [group: string]: {
      readonly count: number
      readonly host?: string | readonly string[] | undefined
      readonly region?: string | undefined
    }
  }
}

/** Their names: those that are said, else the machine's where no other host has it, else by their places. */
function hostNames(hosts: readonly HostSpec[]): string[] {
  const own = hosts.map(({ engine, name }) => name ?? machineOf(engine)?.split('.')[0])
  return hosts.map(({ name }, i) => {
    const word = own[i]
    if (name !== undefined) return name
    const usable = hostName.safeParse(word).success && own.indexOf(word) === own.lastIndexOf(word)
    return usable && word !== undefined ? word : `host-${i + 1}`
  })
}

/** The machine that an engine's address names; undefined: this one. */
export function machineOf(engine: string): string | undefined {
  const [, machine] = /^(?:tcp|ssh):\/\/(?:[^@/]*@)?(\[[^\]]*\]|[^:/]+)/.exec(engine) ?? []
  return machine?.replace(/^\[|\]$/g, '')
}

/** With the port that is meant, whoever asks there: two ways to write one place are one. */
function placeOf(engine: string): string {
  const [, scheme, machine = '', port, path = ''] =
    /^(tcp|ssh):\/\/(?:[^@/]*@)?(\[[^\]]*\]|[^:/]+)(?::(\d+))?(.*)$/.exec(engine) ?? []
  if (scheme === undefined) return engine
  return `${machine.toLowerCase()}:${port ?? PORTS[scheme as keyof typeof PORTS]} ${path.replace(/\/$/, '')}`
}

export function sharedHosts({ hosts = [] }: Pick<Hosted, 'hosts'>): Shared[] {
  const names = hostNames(hosts)
  return hosts.map(({ share }, i) => ({ name: names[i] as string, share }))
}

/** By group, the names of the hosts that it is pinned to, in the order of the hosts; of a group that says nothing, nothing. */
export function planPins({ hosts = [], nodes }: Hosted): Readonly<Record<string, readonly string[]>> {
  const names = hostNames(hosts)
  const pins = Object.entries(nodes).flatMap(([group, { host }]) => {
    if (host === undefined) return []
    const words = new Set([host].flat())
    const on = hosts.flatMap(({ labels }, i) => {
      const name = names[i] as string
      return words.has(name) || labels.some(label => words.has(label)) ? [name] : []
    })
    return [[group, on] as const]
  })
  return Object.fromEntries(pins)
}

/** Nothing where there are none. */
export function planHosts(spec: Hosted): Pick<Plan, 'hosts' | 'pinned'> {
  const { hosts } = spec
  if (!hosts) return {}
  const names = hostNames(hosts)
  const pinned = planPins(spec)
  return {
    hosts: hosts.map((each, i) => plannedHost(each, names[i] as string)),
    ...(Object.keys(pinned).length > 0 && { pinned }),
  }
}

function plannedHost({ engine, share, labels, address, tls, certs }: HostSpec, name: string): PlannedHost {
  const files = tls ?? (certs === undefined ? undefined : tlsIn(certs))
  return {
    ...{ name, engine, share, labels },
    ...(address !== undefined && { address }),
    ...(files && { tls: files }),
  }
}

/** `placed`: how many nodes each host has, by name; asked for only where everything else is right. */
export function hostProblems(
  spec: Hosted,
  taken: { readonly groups: readonly string[]; readonly regions: readonly string[] },
  nodeNames: readonly string[],
  placed: () => readonly string[],
): Problem[] {
  const { hosts = [] } = spec
  const problems = [
    ...hosts.flatMap((_, i) => oneHostProblems(hosts, i)),
    ...nameProblems(hosts, taken, nodeNames),
    ...pinProblems(spec),
  ]
  return problems.length > 0 || hosts.length === 0 ? problems : emptyProblems(spec, placed())
}

function oneHostProblems(hosts: readonly HostSpec[], i: number): Problem[] {
  const { engine, tls, certs } = hosts[i] as HostSpec
  const names = hostNames(hosts)
  const problems: Problem[] = []
  const at = (key: string, message: string) => problems.push({ path: ['hosts', i, key], message })
  const same = hosts.findIndex(other => placeOf(other.engine) === placeOf(engine))
  if (same < i) at('engine', `${names[same]} is this engine already: one host an engine`)
  const port = Number(/:(\d+)(\/|$)/.exec(engine)?.[1] ?? 1)
  if (port < 1 || port > 65_535) at('engine', `${port} is no port`)
  if (tls && certs !== undefined) at('certs', 'tls says which files: give one of the two')
  const key = tls ? 'tls' : certs === undefined ? undefined : 'certs'
  if (key && !engine.startsWith('tcp:')) at(key, `only tcp:// is spoken over TLS: leave ${key} out`)
  return problems
}

/** A name in a fault, or a pin, is to mean one thing. */
function nameProblems(
  hosts: readonly HostSpec[],
  { groups, regions }: { readonly groups: readonly string[]; readonly regions: readonly string[] },
  nodeNames: readonly string[],
): Problem[] {
  const names = hostNames(hosts)
  const nodes = new Set(nodeNames)
  return hosts.flatMap(({ name: said, labels }, i) => {
    const name = names[i] as string
    const path = ['hosts', i, ...(said === undefined ? [] : ['name'])]
    const also = groups.includes(name)
      ? 'group'
      : regions.includes(name)
        ? 'region'
        : nodes.has(name)
          ? 'node'
          : undefined
    const why =
      whyReserved(name) ??
      (names.indexOf(name) < i ? `another host is named ${name}` : undefined) ??
      (also && `${name} is the name of a host and of a ${also}: choose another name`)
    const label = labels.findIndex(each => names.includes(each))
    return [
      ...(why === undefined ? [] : [{ path, message: why }]),
      ...(label === -1
        ? []
        : [
            {
              path: ['hosts', i, 'labels', label],
              message: `${labels[label]} is the name of a host: choose another label`,
            },
          ]),
    ]
  })
}

function pinProblems({ hosts = [], nodes }: Hosted): Problem[] {
  const names = hostNames(hosts)
  const labels = [...new Set(hosts.flatMap(({ labels }) => labels))]
  const known = [...names, ...labels]
  return Object.entries(nodes).flatMap(([group, { host }]) => {
    if (host === undefined) return []
    const unknown = [host].flat().find(word => !known.includes(word))
    if (unknown === undefined) return []
    const path = ['nodes', group, 'host']
    if (hosts.length === 0)
      return [{ path, message: 'there are no hosts: give hosts, such as [{ engine: ssh://user@b }]' }]
    const there = `hosts are ${names.join(', ')}${labels.length === 0 ? '' : `, labels ${labels.join(', ')}`}`
    return [{ path, message: `there is no host ${unknown}: ${didYouMean(unknown, known) ?? there}` }]
  })
}

/** Whoever names a host wants nodes there. */
function emptyProblems({ hosts = [], nodes }: Hosted, placed: readonly string[]): Problem[] {
  const names = hostNames(hosts)
  const free = Object.values(nodes).some(({ count, host }) => count > 0 && host === undefined)
  if (free && hosts.every(({ share }) => share === 0))
    return [{ path: ['hosts'], message: 'no host has a share: nodes that are pinned to none have no place' }]
  const busy = new Set(placed)
  if (placed.length < hosts.length)
    return [
      {
        path: ['hosts'],
        message: `${plural(placed.length, 'node')} on ${hosts.length} hosts: leave a host out, or raise a count`,
      },
    ]
  return hosts.flatMap(({ share }, i) => {
    const name = names[i] as string
    if (busy.has(name)) return []
    const message =
      share === 0
        ? `with a share of 0, ${name} has only what is pinned to it, and nothing is: leave it out`
        : `no node falls to ${name}: raise its share or a count, or leave it out`
    return [{ path: ['hosts', i, 'share'], message }]
  })
}
