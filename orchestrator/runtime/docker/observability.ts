// Prometheus and Grafana as containers beside the gateway, through which they read what there is to read, published on loopback
// only. Both run for as long as we hold their standard input, so they do not outlive the controller.

import { join } from 'node:path'
import type { ContainerCreateOptions } from 'dockerode'
import { ROUTE } from '../../gateway/api.ts'
import { HttpClient } from '../../machine/http.ts'
import { packageRoot } from '../../machine/paths.ts'
import type { Target } from '../../observability/folder.ts'
import { tied } from '../../observability/lifeline.ts'
import { announce, type Host, type Surroundings } from '../../observability/observability.ts'
import { endpoint, ownName } from './container-spec.ts'
import { isLocal } from './discover.ts'
import { type Engine, engineError } from './engine.ts'
import type { Gateway } from './gateway.ts'
import { frontAddress, GATEWAY_PORT } from './gateway-spec.ts'
import { ensureImage } from './image.ts'
import { labelsOf, objectName } from './labels.ts'
import type { TestnetNetwork } from './networks.ts'
import type { DockerRuntime } from './runtime.ts'

/** As docker/compose.yaml names them; docker/base-images.sh makes the first without a registry. */
export const PROMETHEUS_IMAGE = 'prom/prometheus:v2.53.4'
export const GRAFANA_IMAGE = 'grafana/grafana:11.6.0'
const NOBODY = 65_534
/** As in its image. */
const GRAFANA_USER = '472:0'
/** As long as Prometheus waits. */
const METRICS_MS = 10_000
const LOOPBACK = '127.0.0.1'
const MEMORY_BYTES = 512e6
const PIDS = 256

type Role = 'prometheus' | 'grafana'
/** In `front`, behind the gateway. */
const PLACES: { readonly [role in Role]: number } = { prometheus: 1, grafana: 2 }

/** One of the two. */
interface Program {
  readonly role: Role
  readonly title: string
  readonly image: string
  readonly port: number
  readonly readyPath: string
  readonly command: readonly string[]
  readonly user: string
  readonly env?: readonly string[]
  readonly binds: readonly string[]
  readonly tmpfs: { readonly [path: string]: string }
}

export class ContainerObservability implements Host {
  readonly #runtime: DockerRuntime
  readonly #metrics: () => Promise<string>
  readonly #lifelines: NodeJS.ReadWriteStream[] = []

  constructor(runtime: DockerRuntime, metrics: () => Promise<string>) {
    this.#runtime = runtime
    this.#metrics = metrics
  }

  /** It reads metrics of everything, and can do nothing else. */
  get tokens() {
    const token = this.#runtime.metricsToken
    return { network: token, nodes: token }
  }

  /** Root's files are not for a program in a container; anybody else's are read under their own number. */
  get reader() {
    return process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : undefined
  }

  async nodeTarget(node: string): Promise<Target> {
    const { networks, gateway } = await this.#runtime.ground()
    const path = `/${node}/metrics`
    // Of a node elsewhere the gateway knows nothing, and asks us.
    const own = await this.#runtime.gatewayOf(node)
    if (own !== gateway) gateway.answers(path, () => metricsThrough(own, path, this.#runtime.metricsToken))
    return { address: `${frontAddress(networks)}:${GATEWAY_PORT}`, path }
  }

  /** The gateway asks us for them. */
  async observerTarget(): Promise<Target> {
    const { networks, gateway } = await this.#runtime.ground()
    gateway.answers(ROUTE.metrics, this.#metrics)
    return { address: `${frontAddress(networks)}:${GATEWAY_PORT}`, path: ROUTE.metrics }
  }

  async start(surroundings: Surroundings): Promise<void> {
    const { engine } = await this.#runtime.ground()
    if (!isLocal(engine.place.address)) {
      surroundings.say(
        'warn',
        'no Prometheus and no Grafana: they run on the first host, which is another machine',
      )
      return
    }
    const user = userOf(engine)
    const programs = [prometheus(surroundings.folder.path, user), grafana()]
    const started = programs.map(program =>
      this.#run(program, surroundings).catch(error => {
        const { message, hint } = error as { message: string; hint?: string }
        if (!surroundings.signal.aborted)
          surroundings.say('warn', `no ${program.title}: ${message}${hint ? `; ${hint}` : ''}`)
      }),
    )
    await Promise.all(started)
  }

  /** The containers carry the run's label and go with it. */
  async close(): Promise<void> {
    for (const lifeline of this.#lifelines) lifeline.end()
  }

  async #run(program: Program, surroundings: Surroundings): Promise<void> {
    const { engine, networks, identity } = await this.#runtime.ground()
    const { docker } = engine
    const { signal } = surroundings
    await orAborted(
      ensureImage(docker, program.image, () => {}),
      signal,
    )
    if (signal.aborted) return
    try {
      const container = await docker.createContainer({
        ...programSpec(program, networks.front),
        name: objectName(identity, ownName(program.role)),
        Labels: { ...labelsOf(identity, program.role) },
      })
      const lifeline = await container.attach({ stream: true, stdin: true, hijack: true })
      lifeline.on('error', () => {}) // the container has ended
      this.#lifelines.push(lifeline)
      const ended = container.wait({ condition: 'next-exit' })
      ended.catch(() => {}) // looked at below, if it comes to that
      await container.start()
      const { NetworkSettings } = await container.inspect()
      const port = NetworkSettings.Ports[`${program.port}/tcp`]?.[0]?.HostPort
      const failed = ended.then(({ StatusCode }) => {
        throw new Error(`it ended with exit code ${StatusCode}`)
      })
      const announced = announce(program.title, `http://${LOOPBACK}:${port}`, program.readyPath, surroundings)
      await Promise.race([announced, failed])
    } catch (error) {
      throw engineError('its container cannot be started', error)
    }
  }
}

async function metricsThrough(gateway: Gateway, path: string, token: string): Promise<string> {
  const client = new HttpClient(await gateway.ready(), token)
  try {
    const { status, body } = await client.ask({ method: 'GET', path, timeoutMs: METRICS_MS })
    if (status !== 200) throw new Error(`${path}: answered ${status}`)
    return body
  } finally {
    client.close()
  }
}

function programSpec(program: Program, network: TestnetNetwork): ContainerCreateOptions {
  const port = `${program.port}/tcp`
  return {
    Image: program.image,
    Hostname: program.role,
    Entrypoint: tied(program.command),
    Cmd: [],
    Env: [...(program.env ?? [])],
    User: program.user,
    OpenStdin: true,
    StdinOnce: true,
    AttachStdin: true,
    ExposedPorts: { [port]: {} },
    HostConfig: {
      NetworkMode: network.name,
      PortBindings: { [port]: [{ HostIp: LOOPBACK, HostPort: '' }] },
      AutoRemove: true,
      Init: true,
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      Binds: [...program.binds],
      Tmpfs: { ...program.tmpfs, '/tmp': 'rw,noexec,nosuid,nodev,size=16m' },
      Memory: MEMORY_BYTES,
      MemorySwap: MEMORY_BYTES,
      PidsLimit: PIDS,
      LogConfig: { Type: 'json-file', Config: { 'max-size': '1m', 'max-file': '2' } },
    },
    // Not the next that is free: it may be that of a gateway which has ended and comes back.
    NetworkingConfig: {
      EndpointsConfig: {
        [network.name]: {
          Aliases: [program.role],
          ...endpoint(network.subnet, PLACES[program.role]),
        },
      },
    },
  }
}

/** Whose the folder is must be said: its mode the engine takes from the image, and that may shut others out. */
function memoryFolder(user: string, megabytes: number): string {
  const [uid, gid] = user.split(':')
  return `rw,nosuid,nodev,uid=${uid},gid=${gid},size=${megabytes}m`
}

function prometheus(folder: string, user: string): Program {
  return {
    role: 'prometheus',
    title: 'Prometheus',
    image: PROMETHEUS_IMAGE,
    port: 9090,
    readyPath: '/-/ready',
    command: [
      '/bin/prometheus',
      '--config.file=/etc/prometheus/prometheus.yml',
      '--storage.tsdb.path=/prometheus',
      '--storage.tsdb.retention.size=200MB',
      '--log.level=warn',
    ],
    user,
    binds: [`${folder}:/etc/prometheus:ro`],
    tmpfs: { '/prometheus': memoryFolder(user, 320) },
  }
}

function grafana(): Program {
  const folder = join(packageRoot(), 'grafana')
  return {
    role: 'grafana',
    title: 'Grafana',
    image: GRAFANA_IMAGE,
    port: 3000,
    readyPath: '/api/health',
    command: ['/run.sh'],
    user: GRAFANA_USER,
    env: [
      'GF_AUTH_ANONYMOUS_ENABLED=true',
      'GF_AUTH_ANONYMOUS_ORG_ROLE=Viewer',
      'GF_AUTH_DISABLE_LOGIN_FORM=true',
      'GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION=true',
      'GF_ANALYTICS_REPORTING_ENABLED=false',
      'GF_ANALYTICS_CHECK_FOR_UPDATES=false',
    ],
    binds: [
      `${join(folder, 'provisioning')}:/etc/grafana/provisioning:ro`,
      `${join(folder, 'dashboards')}:/var/lib/grafana/dashboards:ro`,
    ],
    tmpfs: { '/var/lib/grafana': memoryFolder(GRAFANA_USER, 128) },
  }
}

/** Prometheus reads files that only we may read. In a rootless engine, root inside is us outside. */
function userOf({ facts }: Engine): string {
  if (facts.rootless) return '0:0'
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0]
  return uid === 0 ? `${NOBODY}:${NOBODY}` : `${uid}:${gid}`
}

/** Whatever comes first; a pull that nobody waits for any more ends by itself. */
async function orAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  promise.catch(() => {})
  const aborted = new Promise<void>(resolve => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
  await Promise.race([promise, aborted])
}
