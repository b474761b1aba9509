// The engines of hosts, all asked at once: how long they take, what they are, whose clock is where, what swarm they are in.

import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { EXIT, UserError } from '../../errors.ts'
import { type ClockOffset, offsetOf } from '../../network/clock-offset.ts'
import { machineOf } from '../../spec/host-spec.ts'
import type { PlannedHost } from '../../spec/types.ts'
import { unnamed } from './client.ts'
import { connectHost, type Engine, engineError } from './engine.ts'
import { type SwarmState, swarmState } from './swarm.ts'

/** The quickest answer tells a clock best. */
const ASKED = 3
/** Of Date.now(), and of what engines say. */
export const CLOCK_GRAIN_MS = 1

/** A host whose engine answers. */
export interface Reached {
  readonly host: PlannedHost
  readonly engine: Engine
  /** Of the engine itself: two hosts that have it in common are one. Its ID alone is copied with a machine's disk. */
  readonly id: string
  /** How long it took to be there and know it. */
  readonly reachedMs: number
  readonly clock: ClockOffset
  readonly swarm: SwarmState
}

export interface Unreached {
  readonly host: PlannedHost
  readonly why: string
  readonly hint: string | undefined
}

export interface Survey {
  readonly reached: readonly Reached[]
  readonly unreached: readonly Unreached[]
}

export async function surveyHosts(hosts: readonly PlannedHost[]): Promise<Survey> {
  const looked = await Promise.all(hosts.map(look))
  return {
    reached: looked.flatMap(each => ('engine' in each ? [each] : [])),
    unreached: looked.flatMap(each => ('engine' in each ? [] : [each])),
  }
}

/** All of them, or UserError (exit 4) that names those that are not there, and those that are one. */
export async function reachAll(hosts: readonly PlannedHost[]): Promise<readonly Reached[]> {
  const { reached, unreached } = await surveyHosts(hosts)
  if (unreached.length > 0)
    throw new UserError(EXIT.environment, unreached.map(({ why }) => why).join('\n'), unreached[0]?.hint)
  const [twin] = twins(reached)
  if (twin) throw new UserError(EXIT.environment, twin, 'one host an engine')
  return reached
}

/** What is said of hosts whose engine is one. */
export function twins(reached: readonly Pick<Reached, 'host' | 'id'>[]): string[] {
  return reached.flatMap(({ host, id }, i) => {
    const first = reached.findIndex(other => other.id === id)
    return first < i ? [`${reached[first]?.host.name} and ${host.name} are one engine`] : []
  })
}

async function look(host: PlannedHost): Promise<Reached | Unreached> {
  const startedMs = performance.now()
  try {
    const engine = await connectHost(host)
    const reachedMs = performance.now() - startedMs
    const first = await askInfo(engine)
    let { clock } = first
    for (let i = 1; i < ASKED; i++) {
      const again = await askInfo(engine)
      if (again.clock.errorMs < clock.errorMs) clock = again.clock
    }
    return { host, engine, id: first.id, reachedMs, clock, swarm: first.swarm }
  } catch (error) {
    const { hint } = engineError(host.name, error)
    return { host, why: refusal(host, '', error), hint }
  }
}

/** What an engine refused, in its own words; that it is this host's, the sentence says once. */
export function refusal({ name }: Pick<PlannedHost, 'name'>, what: string, error: unknown): string {
  const said = unnamed(engineError('', error).message.replace(/^: /, ''), name)
  const words = said.replace(/^rpc error: code = \w+ desc = /, '')
  return what === '' ? `${name}: ${words}` : `${name} ${what}: ${words}`
}

interface Info {
  readonly ID: string
  readonly Name: string
  readonly DockerRootDir: string
  readonly SystemTime: string
  readonly Swarm?: unknown
}

async function askInfo({ docker }: Engine): Promise<Pick<Reached, 'id' | 'clock' | 'swarm'>> {
  const askedMs = Date.now()
  const { ID, Name, DockerRootDir, SystemTime, Swarm } = (await docker.info()) as Info
  const answeredMs = Date.now()
  const clock = offsetOf({ askedMs, answeredMs, theirMs: Date.parse(SystemTime) }, CLOCK_GRAIN_MS)
  return { id: [ID, Name, DockerRootDir].join(' '), clock, swarm: swarmState(Swarm) }
}

/** The IP address by which the others reach a host; undefined where nobody said any and its engine has to choose. */
export async function addressOf(host: PlannedHost): Promise<string | undefined> {
  const said = host.address ?? machineOf(host.engine)
  if (said === undefined || isLoopback(said)) return undefined
  if (isIP(said) !== 0) return said
  try {
    const { address } = await lookup(said, { order: 'ipv4first' })
    return isLoopback(address) ? undefined : address
  } catch {
    throw new UserError(
      EXIT.environment,
      `${host.name}: nobody here knows the address of ${said}`,
      `give ${host.name} an address in hosts, by which the others reach it`,
    )
  }
}

/** A tunnel, or this very machine: no way for others. */
function isLoopback(address: string): boolean {
  return address === 'localhost' || address === '::1' || /^127\./.test(address)
}
