// A container engine that answered: its client, its version, and what it can do.

import type Docker from 'dockerode'
import type { PlannedHost } from '../../spec/types.ts'
import { RuntimeError } from '../runtime.ts'
import { engineClient, nameHost, unnamed } from './client.ts'
import { ENGINE_ANSWER_MS, type EnginePlace, findEngine, why } from './discover.ts'
import { withPatience } from './engine-calls.ts'
import { refusesForMemory, tooMuchInUse } from './evidence.ts'

/** Docker 19.03: mounts with labels, and all else that is asked of an engine here. */
const LEAST_API = [1, 40] as const
/** From here on a container can be made with more than one network at once. */
const TWO_NETWORKS_API = [1, 44] as const

export interface Engine {
  readonly docker: Docker
  readonly place: EnginePlace
  readonly facts: EngineFacts
}

export interface EngineFacts {
  readonly version: string
  readonly apiVersion: string
  readonly cores: number
  readonly memoryBytes: number
  readonly cgroup: string
  readonly rootless: boolean
  /** A container can be created with both its networks, which saves one call a node. */
  readonly twoNetworks: boolean
  /** A volume that a container brings gets the labels that its mount names; podman forgets them. */
  readonly labelsVolumes: boolean
  /** Its machine has no address on a network that is to have none; podman knows no such networks. */
  readonly isolates: boolean
}

/** `callMs`: so long it may take to answer a call. RuntimeError `no-engine` when there is none, it may not be used, or it is too old. */
export async function connectEngine(asked?: string, callMs?: () => number): Promise<Engine> {
  const place = await findEngine(asked, ENGINE_ANSWER_MS)
  return await known(place, withPatience(await engineClient(place), callMs))
}

/** The engine of a host. RuntimeError `no-engine` that names it, when it does not answer or is too old. */
export async function connectHost(
  host: Pick<PlannedHost, 'name' | 'engine' | 'tls'>,
  callMs?: () => number,
): Promise<Engine> {
  const { name, engine: address, tls } = host
  try {
    const docker = await engineClient({ address, tls })
    await Promise.race([docker.ping(), noAnswer()])
    return await known({ address, from: name }, nameHost(withPatience(docker, callMs), name))
  } catch (error) {
    const { code = 'no-engine', message, hint } = error as Partial<RuntimeError> & Error
    const said = unnamed(message, name)
    if (error instanceof RuntimeError) throw new RuntimeError(error.code, `${name}: ${said}`, [], hint)
    throw new RuntimeError('no-engine', `${name}: ${address}: ${reason({ code, message: said })}`)
  }
}

function reason(error: { readonly code: string; readonly message: string }): string {
  const words = why(error)
  return words === error.message && !/^(is|does) /.test(words) ? `cannot be reached: ${words}` : words
}

function noAnswer(): Promise<never> {
  const error = new Error(`does not answer within ${ENGINE_ANSWER_MS / 1000} s`)
  return new Promise((_, reject) => setTimeout(reject, ENGINE_ANSWER_MS, error).unref())
}

async function known(place: EnginePlace, docker: Docker): Promise<Engine> {
  const [info, version] = await Promise.all([docker.info(), docker.version()])
  if (!atLeast(version.ApiVersion, LEAST_API))
    throw new RuntimeError(
      'no-engine',
      `the engine at ${place.address} is too old: ${version.Version} speaks API ${version.ApiVersion}`,
      [],
      `update it to API ${LEAST_API.join('.')} or newer, or use --runtime process`,
    )
  return { docker, place, facts: factsOf(info, version) }
}

interface Info {
  readonly NCPU?: number
  readonly MemTotal?: number
  readonly CgroupVersion?: string
  readonly SecurityOptions?: readonly string[]
}

interface Version {
  readonly Version: string
  readonly ApiVersion: string
  readonly Components?: readonly { readonly Name: string }[]
}

function factsOf(info: Info, version: Version): EngineFacts {
  const isPodman = (version.Components ?? []).some(({ Name }) => Name.startsWith('Podman'))
  return {
    version: version.Version,
    apiVersion: version.ApiVersion,
    cores: info.NCPU ?? 1,
    memoryBytes: info.MemTotal ?? 0,
    cgroup: info.CgroupVersion ?? '1',
    rootless: (info.SecurityOptions ?? []).some(option => option.includes('rootless')),
    twoNetworks: atLeast(version.ApiVersion, TWO_NETWORKS_API),
    labelsVolumes: !isPodman,
    isolates: !isPodman,
  }
}

export function atLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [ours = 0, minorOurs = 0] = version.split('.').map(Number)
  return ours > major || (ours === major && minorOurs >= minor)
}

/** The status code of an engine's refusal; undefined when it did not answer at all. */
export function statusOf(error: unknown): number | undefined {
  return (error as { statusCode?: number }).statusCode
}

/** The promise, but an answer with one of these codes means that it was so already. */
export async function unless(codes: readonly number[], asked: Promise<unknown>): Promise<void> {
  try {
    await asked
  } catch (error) {
    if (!codes.includes(statusOf(error) ?? 0)) throw error
  }
}

/** The engine's own words, without what the client puts around them. */
export function engineError(what: string, error: unknown): RuntimeError {
  if (error instanceof RuntimeError) return error
  const { json, message } = error as { json?: { message?: string }; message?: string }
  const words = json?.message ?? message ?? String(error)
  const hint = refusesForMemory(words)
    ? 'give it more memory: limits.memory, or what the fault leaves it'
    : undefined
  const why = tooMuchInUse(words) ?? words.replace(/^\(HTTP code \d+\) [\w ]* - /, '')
  return new RuntimeError('engine', `${what}: ${why}`, [], hint)
}
