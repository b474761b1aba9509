// What hosts can do together, tried: each engine and its machine, and between all pairs the ports that a swarm needs. Where an engine is in
// no swarm, a helper listens on the very ports, and another dials them. Where it is in one it holds them itself: TCP is dialled, and an
// overlay for a moment shows that packets come through.

import { randomBytes } from 'node:crypto'
import { packageRoot } from '../../machine/paths.ts'
import { type ClockOffset, offsetOf } from '../../network/clock-offset.ts'
import type { PlannedHost } from '../../spec/types.ts'
import { roomOn } from '../room.ts'
import { readContext, tagOf } from './context.ts'
import { type HostReport, type HostsReport, NO_HELPER, type PairReport, type Try } from './host-findings.ts'
import { type Passage, tryOverlay } from './host-overlay.ts'
import { type HostLook, HostProbe } from './host-probe.ts'
import { addressOf, CLOCK_GRAIN_MS, type Reached, refusal, surveyHosts, twins } from './host-survey.ts'
import { ensureNodeImage, hasImage } from './image.ts'
import { shipImage } from './ship.ts'
import { planJoin, roleOf, whyNoSwarm } from './swarm.ts'

export const PORTS = { manager: 2377, gossip: 7946, packets: 4789 } as const
/** The quickest answer tells a clock best. */
const LOOKS = 5
const DIAL_MS = 3_000
/** Interfaces that an engine makes, and the machine's own. */
const NOT_OUTSIDE = /^(lo|docker|br-|veth|virbr|cni|podman)/

/** A host with a helper on it. */
export interface Patient extends Reached {
  readonly probe: HostProbe | undefined
  readonly look: HostLook | undefined
  readonly address: string | undefined
  readonly report: HostReport
}

/** And how many nodes a spec places there. */
export type ExaminedHost = PlannedHost & { readonly nodes?: number }

/** `bring`: the node image is sent first to whoever lacks it, and that is said. */
export async function examineHosts(
  hosts: readonly ExaminedHost[],
  bring?: (message: string) => void,
): Promise<HostsReport> {
  const { reached, unreached } = await surveyHosts(hosts)
  if (bring) await bringImage(reached, bring)
  const word = randomBytes(16).toString('hex')
  const tag = tagOf(readContext(packageRoot()))
  const patients = await Promise.all(reached.map(each => admit(each, tag, word)))
  try {
    const swarm = oneSwarm(patients)
    const pairs = await tryPorts(patients, swarm.managers)
    const whole = swarm.whole && patients.every(({ look }) => look)
    const packets = whole ? await tryOverlay(patients, tag, word) : undefined
    const reports = [
      ...patients.map(({ report }) => report),
      ...unreached.map(({ host: { name, engine }, why, hint }) => ({
        name,
        engine,
        reachedMs: null,
        why,
        hint,
      })),
    ]
    return {
      image: tag,
      hosts: hosts.flatMap(({ name }) => reports.find(each => each.name === name) ?? []),
      pairs: packets ? pairs.map(pair => withPackets(pair, packets)) : pairs,
      twins: twins(reached),
      ...(swarm.why !== undefined && { swarm: { why: swarm.why, hint: swarm.hint } }),
    }
  } finally {
    await Promise.all(patients.map(({ probe }) => probe?.close()))
  }
}

/** From one that has it, else from the first, which builds it. */
async function bringImage(reached: readonly Reached[], say: (message: string) => void): Promise<void> {
  const engines = reached.map(({ host: { name }, engine: { docker } }) => ({ name, docker }))
  const tag = tagOf(readContext(packageRoot()))
  const had = await Promise.all(engines.map(({ docker }) => hasImage(docker, tag)))
  const from = engines[Math.max(0, had.indexOf(true))]
  if (!from) return
  await ensureNodeImage(from.docker, say)
  await shipImage(from, engines, tag, say)
}

async function admit(reached: Reached, tag: string, word: string): Promise<Patient> {
  const { host, engine, swarm } = reached
  const trouble: string[] = []
  const failed = (what: string) => (error: unknown) => {
    trouble.push(refusal(host, what, error))
    return undefined
  }
  const present = await hasImage(engine.docker, tag)
  const probe = present
    ? await HostProbe.start({ host: host.name, engine, image: tag, word }).catch(failed('has no helper'))
    : undefined
  const seen = probe && (await looksOf(probe).catch(failed('cannot be looked at')))
  const [look, clock] = seen ?? []
  const said = await addressOf(host).catch(failed('has no address'))
  const address = said ?? (swarm.address || (look && outsideOf(look)?.addresses.find(isIPv4)))
  const report = reportOf(reached, { present, look, clock, address, trouble })
  return { ...reached, probe: look && probe, look, address, report }
}

/** And the offset of its clock. */
async function looksOf(probe: HostProbe): Promise<[HostLook, ClockOffset]> {
  let best: [HostLook, ClockOffset] | undefined
  for (let i = 0; i < LOOKS; i++) {
    const askedMs = Date.now()
    const look = await probe.look()
    const clock = offsetOf({ askedMs, answeredMs: Date.now(), theirMs: look.nowMs }, CLOCK_GRAIN_MS)
    if (!best || clock.errorMs < best[1].errorMs) best = [look, clock]
  }
  return best as [HostLook, ClockOffset]
}

function reportOf(
  { host, engine: { facts }, reachedMs, clock, swarm }: Reached,
  seen: {
    readonly present: boolean
    readonly look: HostLook | undefined
    readonly clock: ClockOffset | undefined
    readonly address: string | undefined
    readonly trouble: readonly string[]
  },
): HostReport {
  const { look, address } = seen
  const way = look?.interfaces.find(({ addresses }) => address !== undefined && addresses.includes(address))
  const { mtu } = way ?? (look && outsideOf(look)) ?? {}
  const best = seen.clock && seen.clock.errorMs < clock.errorMs ? seen.clock : clock
  const memoryBytes = look?.freeBytes ?? facts.memoryBytes
  const { version, apiVersion, cgroup, cores } = facts
  return {
    ...{ name: host.name, engine: host.engine, reachedMs: Math.round(reachedMs) },
    ...{ version, apiVersion, cgroup, cores, noSwarm: whyNoSwarm(facts) },
    ...{ memoryBytes: facts.memoryBytes, freeBytes: look?.freeBytes, room: roomOn(memoryBytes) },
    nodes: (host as ExaminedHost).nodes,
    clock: { offsetMs: Math.round(best.offsetMs), errorMs: Math.ceil(best.errorMs) },
    ...{ mtu, address, image: seen.present, trouble: seen.trouble },
    swarm: roleOf(swarm),
  }
}

function outsideOf({ interfaces }: HostLook): HostLook['interfaces'][number] | undefined {
  return interfaces.find(({ name, addresses }) => !NOT_OUTSIDE.test(name) && addresses.some(isIPv4))
}

const isIPv4 = (address: string) => /^\d+\.\d+\.\d+\.\d+$/.test(address)

/** Whether they are one already, and who manages it or will. */
function oneSwarm(patients: readonly Patient[]): {
  readonly whole: boolean
  readonly managers: readonly string[]
  readonly why?: string
  readonly hint?: string | undefined
} {
  const members = patients.map(({ host: { name }, swarm }) => ({ name, swarm }))
  const managing = members.filter(({ swarm }) => swarm.manager).map(({ name }) => name)
  if (members.length === 0) return { whole: false, managers: [] }
  try {
    const plan = planJoin(members)
    if (plan.kind === 'whole') return { whole: true, managers: managing }
    return { whole: false, managers: plan.init ? [plan.manager.name] : managing }
  } catch (error) {
    const { message, hint } = error as { message: string; hint?: string }
    return { whole: false, managers: managing, why: message, hint }
  }
}

/** From each to each other, each pair by itself: what cannot be asked is untried, and the others are told all the same. */
export async function tryPorts(
  patients: readonly Patient[],
  managers: readonly string[],
): Promise<PairReport[]> {
  const opened = new Map<string, { readonly [port: string]: string | null }>()
  const listening = patients.map(async ({ host, probe, swarm }) => {
    if (!probe || swarm.state !== 'inactive') return
    const tcp = [PORTS.gossip, ...(managers.includes(host.name) ? [PORTS.manager] : [])]
    const listens = probe.listen({ tcp, udp: [PORTS.gossip, PORTS.packets] })
    // A helper that has just ended is one that is not there.
    const ports = await listens.catch(() => undefined)
    if (ports) opened.set(host.name, ports)
  })
  await Promise.all(listening)
  const pairs = patients.flatMap(from =>
    patients.filter(to => to !== from).map(to => tryPair(from, to, opened.get(to.host.name), managers)),
  )
  return await Promise.all(pairs)
}

async function tryPair(
  from: Patient,
  to: Patient,
  opened: { readonly [port: string]: string | null } | undefined,
  managers: readonly string[],
): Promise<PairReport> {
  const wanted = [
    ...(managers.includes(to.host.name) ? ([['tcp', PORTS.manager]] as const) : []),
    ...([
      ['tcp', PORTS.gossip],
      ['udp', PORTS.gossip],
      ['udp', PORTS.packets],
    ] as const),
  ]
  const tries = wanted.map(async ([protocol, port]): Promise<Try> => {
    const what = `${port}/${protocol}`
    const untried = (why: string): Try => ({ what, outcome: 'untried', why })
    if (!from.probe) return untried(NO_HELPER)
    if (to.address === undefined) return untried(`nobody knows the address of ${to.host.name}`)
    if (to.swarm.state === 'inactive') {
      if (!opened) return untried(NO_HELPER)
      const held = opened[what]
      if (held) return { what, outcome: 'closed', why: `${to.host.name} has something else there (${held})` }
    } else if (protocol === 'udp') return untried('its engine holds the port')
    const why = await dial(from.probe, to, protocol, port).catch((error: Error) => untried(error.message))
    if (typeof why === 'object') return why
    return why === undefined ? { what, outcome: 'open' } : { what, outcome: 'closed', why }
  })
  return { from: from.host.name, to: to.host.name, at: to.address, tries: await Promise.all(tries) }
}

/** Undefined when it got there. That an answer to UDP came back is not asked for: the other way has a port of its own. */
async function dial(
  probe: HostProbe,
  { host, address = '', swarm, probe: there }: Patient,
  protocol: 'tcp' | 'udp',
  port: number,
): Promise<string | undefined> {
  const where = { host: address, port, timeoutMs: DIAL_MS }
  if (protocol === 'tcp') return await probe.dial({ ...where, protocol, echo: swarm.state === 'inactive' })
  const tag = randomBytes(8).toString('hex')
  const why = await probe.dial({ ...where, protocol, tag })
  if (why === undefined || !there) return why
  return (await there.heard()).includes(tag) ? undefined : `it did not get to ${host.name}`
}

/** What the overlay has shown, in the place of what could not be asked. */
function withPackets(pair: PairReport, packets: Passage): PairReport {
  const key = `${pair.from} ${pair.to}`
  if (!packets.has(key)) return pair
  const why = packets.get(key)
  const what = `${PORTS.packets}/udp`
  const shown: Try =
    why === undefined ? { what, outcome: 'open', why: 'by an overlay' } : { what, outcome: 'closed', why }
  return { ...pair, tries: pair.tries.map(each => (each.what === what ? shown : each)) }
}
