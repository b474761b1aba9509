// What is found of hosts, and what to do about it: from what was tried (host-doctor.ts) to sentences. Pure.

import type { Finding } from '../../finding.ts'
import { plural } from '../../format.ts'
import type { Room } from '../room.ts'
import type { SwarmRole } from './swarm.ts'

export interface HostReport {
  readonly name: string
  readonly engine: string
  /** How long it took; null: it does not answer. */
  readonly reachedMs: number | null
  readonly why?: string
  readonly hint?: string | undefined
  readonly version?: string
  readonly apiVersion?: string
  readonly cgroup?: string
  readonly cores?: number
  /** Why it can be in no swarm. */
  readonly noSwarm?: string | undefined
  readonly memoryBytes?: number
  /** Only a look at the machine itself tells. */
  readonly freeBytes?: number | undefined
  readonly room?: Room
  /** That a spec places there. */
  readonly nodes?: number | undefined
  /** By how much it is ahead of ours. */
  readonly clock?: { readonly offsetMs: number; readonly errorMs: number }
  /** Of its interface to the others. */
  readonly mtu?: number | undefined
  readonly address?: string | undefined
  /** The node image is there. */
  readonly image?: boolean
  readonly swarm?: SwarmRole
  readonly trouble?: readonly string[]
}

/** `what`: `7946/udp`. */
export interface Try {
  readonly what: string
  readonly outcome: 'open' | 'closed' | 'untried'
  readonly why?: string
}

export interface PairReport {
  readonly from: string
  readonly to: string
  readonly at: string | undefined
  readonly tries: readonly Try[]
}

export interface HostsReport {
  /** The node image of this version. */
  readonly image: string
  readonly hosts: readonly HostReport[]
  readonly pairs: readonly PairReport[]
  /** Of hosts that are one engine. */
  readonly twins: readonly string[]
  /** Why they cannot be one swarm. */
  readonly swarm?: { readonly why: string; readonly hint: string | undefined }
}

/** Why it was not tried: that there is no image, another finding says. */
export const NO_HELPER = 'no helper'

/** More than this a run corrects, and certificates and logs do not. */
const CLOCK_MS = 1_000
/** An overlay takes 50 bytes of it. */
const USUAL_MTU = 1_500

export function findingsOf(report: HostsReport): Finding[] {
  const { hosts, twins, swarm, image } = report
  const without = hosts.filter(each => each.image === false).map(({ name }) => name)
  const several: Finding[] = [
    ...twins.map(found =>
      fail('hosts', found, 'one host an engine; machines that were copied need names of their own'),
    ),
    ...(swarm ? [fail('swarm', swarm.why, swarm.hint)] : []),
    ...(without.length > 0 ? [withoutImage(image, without)] : []),
    ...differences(hosts, 'version', ({ version }) => version, 'engines work best together in one version'),
    ...differences(hosts, 'MTU', ({ mtu }) => mtu, 'the least of them is what all can carry'),
  ]
  return [...hosts.flatMap(hostFindings), ...several, ...ways(report)]
}

function hostFindings(host: HostReport): Finding[] {
  const { name, clock } = host
  if (host.reachedMs === null) return [fail(name, host.why ?? 'does not answer', host.hint)]
  const findings: Finding[] = []
  if (host.noSwarm !== undefined)
    findings.push(fail(name, `${name} ${host.noSwarm}`, 'install Docker there, run as root'))
  if (host.swarm === 'not well')
    findings.push(note(name, `${name} is in a swarm, and not well there`, undefined))
  if (clock && Math.abs(clock.offsetMs) - clock.errorMs > CLOCK_MS) {
    const seconds = (Math.abs(clock.offsetMs) / 1000).toFixed(1)
    const found = `the clock of ${name} is ${seconds} s ${clock.offsetMs > 0 ? 'ahead' : 'behind'}`
    findings.push(note(name, found, `set it by NTP; figures are corrected for it, logs are not`))
  }
  if (host.room && host.nodes !== undefined && host.nodes > host.room.nodes)
    findings.push(
      fail(
        name,
        `${host.nodes} nodes are too many for ${name}: there is room for about ${plural(host.room.nodes, 'node')}, as ${host.room.because}`,
        'give it a smaller share, or launch fewer',
      ),
    )
  for (const each of host.trouble ?? []) findings.push(note(name, each, undefined))
  return findings
}

function withoutImage(image: string, hosts: readonly string[]): Finding {
  const found = `${image} is not on ${hosts.join(', ')}: what a helper made of it shows was not tried there`
  return note(
    'node image',
    found,
    'netsplit doctor --hosts --images sends it there first, as netsplit up does',
  )
}

/** Which hosts have what, where it is not the same. */
function differences<V extends string | number>(
  hosts: readonly HostReport[],
  what: string,
  of: (host: HostReport) => V | undefined,
  advice: string,
): Finding[] {
  const by = new Map<V, string[]>()
  for (const host of hosts) {
    const value = of(host)
    if (value !== undefined) by.set(value, [...(by.get(value) ?? []), host.name])
  }
  if (by.size < 2) return []
  const found = [...by].map(([value, names]) => `${value} (${names.join(', ')})`).join(', ')
  return [note(what, `it is not the same everywhere: ${found}`, advice)]
}

/** What does not come through, by the port and the host that nobody, or somebody, reaches. */
function ways({ pairs, hosts }: HostsReport): Finding[] {
  const closed = pairs.flatMap(({ from, to, at, tries }) =>
    tries.filter(({ outcome }) => outcome === 'closed').map(each => ({ from, to, at, ...each })),
  )
  const findings = closed.map(({ from, to, at, what, why }) =>
    fail(`${from} → ${to}`, `${what} at ${at}: ${why}`, adviceOn(from, to, what, why ?? '', hosts)),
  )
  if (closed.length > 0 || pairs.length === 0) return findings
  const all = pairs.flatMap(({ tries }) => tries)
  const words = (outcome: Try['outcome'], told: (each: Try) => string) =>
    [...new Set(all.filter(each => each.outcome === outcome).map(told))].join(', ')
  const open = words('open', ({ what }) => what)
  const untried = words('untried', ({ what, why }) => (why === NO_HELPER ? what : `${what} (${why})`))
  if (untried === '') return [{ what: 'ways', verdict: 'ok', found: `${open} between all pairs` }]
  return [note('ways', `${open || 'nothing'} came through; not proven: ${untried}`, undefined)]
}

function adviceOn(from: string, to: string, what: string, why: string, hosts: readonly HostReport[]): string {
  if (/has something else there/.test(why)) return `find out what uses ${what} on ${to}: a swarm needs it`
  if (/bytes came back/.test(why)) {
    const mtu = Math.min(...hosts.flatMap(each => each.mtu ?? []), USUAL_MTU)
    return `small packets pass and large ones do not: the way carries less than the ${mtu} bytes of its interfaces; lower their MTU`
  }
  if (why === 'ECONNREFUSED') return `nothing listens there: is ${to}'s address right? Say address in hosts`
  return `let ${what} through from ${from} to ${to} in the firewalls of both and between them; or say another address of ${to} in hosts`
}

const fail = (what: string, found: string, advice: string | undefined): Finding => ({
  ...{ what, verdict: 'fail', found },
  ...(advice !== undefined && { advice }),
})
const note = (what: string, found: string, advice: string | undefined): Finding => ({
  ...{ what, verdict: 'note', found },
  ...(advice !== undefined && { advice }),
})
