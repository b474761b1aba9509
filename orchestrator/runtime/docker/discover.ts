// Where a container engine may listen, and a quick look whether one does. Loads nothing but Node's own modules,
// because every `up` asks.

import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { request } from 'node:http'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { tlsIn } from '../../spec/host-tls.ts'
import type { HostTls } from '../../spec/types.ts'
import { RuntimeError } from '../runtime.ts'

/** `unix:///path`, `npipe:////./pipe/name` or `tcp://127.0.0.1:port`, and who named it. */
export interface EnginePlace {
  readonly address: string
  readonly from: string
}

/** Time for an answer: a busy engine takes seconds to say a word, and nobody waits for ever for one that is not well. */
export const ENGINE_ANSWER_MS = 10_000

/** Nobody named it. */
const USUAL = 'the usual place'

export type Environment = Readonly<Record<string, string | undefined>>

/** The engine that was asked for, or else those that may be there, likeliest first. */
export function enginePlaces(asked: string | undefined, env: Environment, home = homedir()): EnginePlace[] {
  if (asked !== undefined) return [{ address: asked, from: '--engine' }]
  if (env.DOCKER_HOST) return [{ address: env.DOCKER_HOST, from: 'DOCKER_HOST' }]
  const context = contextPlace(env, home)
  return context ? [context] : usualPlaces(env, home)
}

/** The first place that answers a ping within `timeoutMs`; RuntimeError `no-engine` with the one thing to do otherwise. */
export async function findEngine(
  asked: string | undefined,
  timeoutMs: number,
  env: Environment = process.env,
): Promise<EnginePlace> {
  const places = enginePlaces(asked, env)
  const named = places.filter(({ address }) => !isSocket(address) || existsSync(socketPath(address)))
  const failures = await Promise.all((named.length > 0 ? named : places).map(place => ping(place, timeoutMs)))
  const index = failures.indexOf(undefined)
  const found = (named.length > 0 ? named : places)[index]
  if (found) return found
  throw noEngine(named, failures as string[], places)
}

/** One was named, or a socket is there: it may hold something, whether it answers or not. */
export function isEngineLikely(asked: string | undefined, env: Environment = process.env): boolean {
  return enginePlaces(asked, env).some(
    ({ address, from }) => from !== USUAL || existsSync(socketPath(address)),
  )
}

export function isSocket(address: string): boolean {
  return address.startsWith('unix://') || address.startsWith('npipe://')
}

/** `npipe:////./pipe/x` is the path `//./pipe/x`. */
export function socketPath(address: string): string {
  return address.replace(/^(unix|npipe):\/\//, '')
}

/** Ports that containers publish on loopback are ours only when the engine is on this machine. */
export function isLocal(address: string): boolean {
  return isSocket(address) || /^(tcp|http):\/\/(127\.\d+\.\d+\.\d+|localhost|\[::1\])(:|\/|$)/.test(address)
}

/** The docker command's current context; dockerode does not know of contexts. */
function contextPlace(env: Environment, home: string): EnginePlace | undefined {
  const name = env.DOCKER_CONTEXT || readJson(join(dockerFolder(env, home), 'config.json'))?.currentContext
  if (typeof name !== 'string' || name === '' || name === DEFAULT_CONTEXT) return undefined
  const context = contextNamed(name, env, home)
  return context && { address: context.address, from: `context ${name}` }
}

/** No file says what it is. */
const DEFAULT_CONTEXT = 'default'

/** A context of the docker command: where its engine is, and with what it is spoken to. */
export function contextNamed(
  name: string,
  env: Environment,
  home = homedir(),
): { readonly address: string; readonly tls?: HostTls } | undefined {
  if (name === DEFAULT_CONTEXT) return { address: env.DOCKER_HOST || 'unix:///var/run/docker.sock' }
  const id = createHash('sha256').update(name).digest('hex')
  const folder = join(dockerFolder(env, home), 'contexts')
  const meta = readJson(join(folder, 'meta', id, 'meta.json')) as ContextFile | undefined
  const address = meta?.Endpoints?.docker?.Host
  if (typeof address !== 'string') return undefined
  const tls = tlsIn(join(folder, 'tls', id, 'docker'))
  return { address, ...(existsSync(tls.key) && { tls }) }
}

/** All that there are. */
export function contextNames(env: Environment, home = homedir()): string[] {
  const folder = join(dockerFolder(env, home), 'contexts', 'meta')
  const ids = existsSync(folder) ? readdirSync(folder) : []
  const names = ids.flatMap(id => {
    const { Name } = (readJson(join(folder, id, 'meta.json')) ?? {}) as ContextFile
    return typeof Name === 'string' ? [Name] : []
  })
  return [DEFAULT_CONTEXT, ...names.sort()]
}

interface ContextFile {
  readonly Name?: unknown
  readonly Endpoints?: { readonly docker?: { readonly Host?: unknown } }
}

function dockerFolder(env: Environment, home: string): string {
  return env.DOCKER_CONFIG || join(home, '.docker')
}

function usualPlaces(env: Environment, home: string): EnginePlace[] {
  if (process.platform === 'win32') return [{ address: 'npipe:////./pipe/docker_engine', from: USUAL }]
  const runtime = env.XDG_RUNTIME_DIR
  const sockets = [
    '/var/run/docker.sock',
    ...(runtime ? [join(runtime, 'docker.sock')] : []),
    join(home, '.docker', 'run', 'docker.sock'),
    join(home, '.docker', 'desktop', 'docker.sock'),
    ...(runtime ? [join(runtime, 'podman', 'podman.sock')] : []),
    '/run/podman/podman.sock',
  ]
  return sockets.map(path => ({ address: `unix://${path}`, from: USUAL }))
}

/** Undefined when it answers, else why not. */
async function ping({ address }: EnginePlace, timeoutMs: number): Promise<string | undefined> {
  if (!isLocal(address)) return 'is on another machine, whose loopback ports cannot be reached'
  try {
    const { status } = await askEngine(address, '/_ping', timeoutMs)
    return status === 200 ? undefined : `answers ${status}`
  } catch (error) {
    return why(error as NodeJS.ErrnoException)
  }
}

/** With what status an engine answers, and as what (`Docker/…`, `Libpod/…`); rejects when it does not within `timeoutMs`. */
export function askEngine(
  address: string,
  path: string,
  timeoutMs: number,
): Promise<{ readonly status: number; readonly server: string }> {
  return new Promise((resolve, reject) => {
    const target = isSocket(address)
      ? { socketPath: socketPath(address) }
      : { host: new URL(address).hostname, port: new URL(address).port || '2375' }
    const asking = request({ ...target, path, agent: false }, response => {
      response.resume()
      resolve({ status: response.statusCode ?? 0, server: `${response.headers.server ?? ''}` })
    })
    const late = setTimeout(
      () => asking.destroy(new Error(`does not answer within ${timeoutMs} ms`)),
      timeoutMs,
    )
    asking.once('error', reject)
    asking.once('close', () => clearTimeout(late))
    asking.end()
  })
}

/** Said of an address. */
export function why(error: Pick<NodeJS.ErrnoException, 'code' | 'message'>): string {
  if (error.code === 'EACCES') return 'may not be used by this user'
  if (error.code === 'ENOENT') return 'is not there'
  if (error.code === 'ECONNREFUSED') return 'is there, but no engine listens'
  return error.message
}

function noEngine(
  named: readonly EnginePlace[],
  failures: readonly string[],
  places: readonly EnginePlace[],
): RuntimeError {
  const asked = places.length === 1
  const tried = asked || named.length > 0
  const shown = (named.length > 0 ? named : places).map(
    ({ address, from }, i) => `${address} (${from}) ${failures[i] ?? 'is not there'}`,
  )
  const message = tried
    ? `no container engine: ${shown.join('; ')}`
    : 'no container engine is on this machine'
  return new RuntimeError('no-engine', message, [], advice(failures, tried))
}

function advice(failures: readonly string[], tried: boolean): string {
  if (failures.includes('may not be used by this user'))
    return 'sudo usermod -aG docker "$USER", then log in again; or use --runtime process'
  if (failures.some(failure => failure.startsWith('is on another machine')))
    return 'name an engine of this machine with --engine, or use --runtime process'
  return tried
    ? 'start the engine (sudo systemctl start docker), or use --runtime process'
    : 'install Docker or Podman, or use --runtime process'
}

function readJson(file: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'))
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
