// A network in containers beside what the engine itself takes: from the command to N nodes that have their wanted peers and
// stand on one tip, beside N idle containers of the same image started with `docker run -d`, eight at a time; and `down`
// beside `docker rm -f`. `docker compose up` of the same N stands beside them where the machine has it, and so do N containers
// that are made exactly as nodes are (a network of their own, a volume, limits) but sleep: what the engine alone takes
// for what a network asks of it. All meet the same machine in turns. Needs an engine (the first round builds the image).
//
//   BENCH_NODES=20 BENCH_ROUNDS=3 npm run bench -- docker

import { execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { NodeConfig } from '../../node/api.ts'
import { Lanes } from '../../orchestrator/lanes.ts'
import { bundleFile, packageRoot } from '../../orchestrator/machine/paths.ts'
import { containerSpec, endpoint } from '../../orchestrator/runtime/docker/container-spec.ts'
import { readContext, tagOf } from '../../orchestrator/runtime/docker/context.ts'
import { connectEngine, type Engine } from '../../orchestrator/runtime/docker/engine.ts'
import { LABEL, ownerId } from '../../orchestrator/runtime/docker/labels.ts'
import { createNetworks } from '../../orchestrator/runtime/docker/networks.ts'
import { findThings, removeThings } from '../../orchestrator/runtime/docker/sweep.ts'
import { nodeConfig } from '../../orchestrator/runtime/node-config.ts'
import { parseSpec } from '../../orchestrator/spec/load.ts'
import { makePlan } from '../../orchestrator/spec/plan.ts'
import type { Plan, PlannedNode } from '../../orchestrator/spec/types.ts'
import { type BenchResult, machine, median } from './result.ts'
import { says } from './says.ts'

const NODES = Number(process.env.BENCH_NODES ?? 20)
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3)
const LANES = 8
const NAME = 'netsplit-bench-docker'
/** No latency: a handshake over slow links belongs to the spec, not to the engine. Little mining: the rest is starting. */
const SPEC = `
name: ${NAME}
runtime: docker
nodes: { miners: { count: ${NODES}, share: 100% } }
mining: { hashRate: ${NODES}kH/s }
links: { latency: 0ms, jitter: 0ms }
load: { tx: 0/s }
`
const docker = promisify(execFile)

interface Round {
  readonly upMs: number
  readonly downMs: number
}

const NONE: Round = { upMs: Number.NaN, downMs: Number.NaN }

/** What is measured, and the names of its rows. */
interface Subject {
  readonly up: string
  readonly down: string
  readonly round: () => Promise<Round>
}

export async function run(): Promise<BenchResult> {
  const image = tagOf(readContext(packageRoot()))
  await network() // builds the image, and warms up
  const engine = await connectEngine()
  const compose = await findCompose()
  const subjects: Subject[] = [
    { up: `docker run -d × ${NODES}`, down: `docker rm -f × ${NODES}`, round: () => idle(image) },
    {
      up: `engine alone, ${NODES} containers like nodes`,
      down: `engine alone, removing them`,
      round: () => engineAlone(engine, image),
    },
    { up: `netsplit up, ${NODES} nodes`, down: `netsplit down, ${NODES} nodes`, round: network },
    ...(compose ? [composeSubject(compose, image)] : []),
  ]
  const rounds = subjects.map((): Round[] => [])
  for (let round = 0; round < ROUNDS; round++)
    for (const [i, subject] of subjects.entries()) rounds[i]?.push(await subject.round())
  const [bare = NONE, alone = NONE, ours = NONE, composed = NONE] = rounds.map(medians)
  return {
    bench: 'docker',
    machine: machine(`${engine.facts.cores} cores`, `Docker ${engine.facts.version}`),
    rows: (['up', 'down'] as const).flatMap(key =>
      subjects.map((subject, i) => ({
        subject: subject[key],
        value: medians(rounds[i] ?? [])[`${key}Ms`],
        unit: 'ms',
      })),
    ),
    ratios: {
      'up/docker-run': ours.upMs / bare.upMs,
      'down/docker-rm': ours.downMs / bare.downMs,
      'up/engine-alone': ours.upMs / alone.upMs,
      'down/engine-alone': ours.downMs / alone.downMs,
      'engine-alone/docker-run': alone.upMs / bare.upMs,
      'engine-alone/docker-rm': alone.downMs / bare.downMs,
      ...(compose && { 'up/compose': ours.upMs / composed.upMs }),
    },
  }
}

function medians(rounds: readonly Round[]): Round {
  return {
    upMs: median(rounds.map(({ upMs }) => upMs)),
    downMs: median(rounds.map(({ downMs }) => downMs)),
  }
}

/** The whole command: from its spawn to `the network stands`, and from SIGTERM to its end. */
async function network(): Promise<Round> {
  const folder = mkdtempSync(join(tmpdir(), 'netsplit-bench-'))
  try {
    writeFileSync(join(folder, 'netsplit.yaml'), SPEC)
    const startedMs = performance.now()
    const args = ['up', '--no-tui', '--no-observability', '--run-dir', join(folder, 'run')]
    const child = spawn(process.execPath, [bundleFile('netsplit.js'), ...args], {
      cwd: folder,
      env: { ...process.env, XDG_STATE_HOME: folder },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const ended = once(child, 'exit')
    await says(child.stderr, 'the network stands', ended)
    const upMs = performance.now() - startedMs
    child.kill('SIGTERM')
    await ended
    return { upMs, downMs: performance.now() - startedMs - upMs }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** As many containers that sleep, from the same image, started eight at a time; removed with one command. */
async function idle(image: string): Promise<Round> {
  const names = Array.from({ length: NODES }, (_, i) => `${NAME}-idle-${i}`)
  const lanes = new Lanes(LANES)
  const startedMs = performance.now()
  const started = names.map(name =>
    lanes.run(() =>
      docker('docker', ['run', '-d', '--name', name, '--entrypoint', 'sleep', image, 'infinity']),
    ),
  )
  await Promise.all(started)
  const upMs = performance.now() - startedMs
  await docker('docker', ['rm', '-f', ...names])
  return { upMs, downMs: performance.now() - startedMs - upMs }
}

/** Containers made as nodes' are, on networks of their own; in the node's place something sleeps. */
async function engineAlone({ docker, facts }: Engine, image: string): Promise<Round> {
  const plan = makePlan(parseSpec(SPEC, 'the bench', {}))
  const run = randomBytes(6).toString('hex')
  const identity = { network: `${NAME}-engine`, run, data: run, owner: ownerId() }
  const lanes = new Lanes(LANES)
  const startedMs = performance.now()
  const networks = await createNetworks(docker, identity)
  const start = async (node: PlannedNode, index: number) => {
    const wish = { identity, networks, image, index, config: configOf(plan, node), limits: plan.limits }
    const spec = containerSpec({ ...wish, token: '', cores: facts.cores, bothNetworks: facts.twoNetworks })
    const container = await docker.createContainer({ ...spec, Entrypoint: ['sleep'], Cmd: ['infinity'] })
    if (!facts.twoNetworks && networks.data !== networks.control)
      await docker.getNetwork(networks.data.id).connect({
        Container: container.id,
        EndpointConfig: endpoint(networks.data.subnet, index),
      })
    await container.start()
  }
  await Promise.all(plan.nodes.map((node, index) => lanes.run(() => start(node, index))))
  const upMs = performance.now() - startedMs
  await removeThings(docker, await findThings(docker, { [LABEL.run]: run }))
  return { upMs, downMs: performance.now() - startedMs - upMs }
}

/** As long as a node's, and read by nobody. */
function configOf(plan: Plan, node: PlannedNode): NodeConfig {
  const anywhere = { host: '127.0.0.1', port: 0 }
  return nodeConfig(
    plan,
    node,
    {},
    { default: plan.defaultLink, peers: {} },
    {
      ...{ listen: () => anywhere, control: anywhere },
      ...{ tokenFile: 'env:NONE', dataDirectory: '/data', heartbeatTimeoutMs: 0 },
    },
  )
}

/** The engine's own plugin, or the older program of that name. */
async function findCompose(): Promise<readonly [string, ...string[]] | undefined> {
  for (const command of [['docker', 'compose'], ['docker-compose']] as const) {
    const [program, ...args] = command
    const found = await docker(program, [...args, 'version']).catch(() => undefined)
    if (found) return command
  }
  return undefined
}

function composeSubject(command: readonly [string, ...string[]], image: string): Subject {
  return {
    up: `docker compose up, ${NODES} containers`,
    down: `docker compose down, ${NODES} containers`,
    round: () => composeUp(command, image),
  }
}

async function composeUp([program, ...first]: readonly [string, ...string[]], image: string): Promise<Round> {
  const folder = mkdtempSync(join(tmpdir(), 'netsplit-bench-'))
  try {
    const services = Array.from(
      { length: NODES },
      (_, i) => `  idle-${i}: { image: '${image}', entrypoint: [sleep, infinity] }`,
    )
    const file = join(folder, 'compose.yaml')
    writeFileSync(file, `version: '3'\nservices:\n${services.join('\n')}\n`)
    const compose = (...args: string[]) => docker(program, [...first, '-f', file, '-p', NAME, ...args])
    const startedMs = performance.now()
    await compose('up', '-d')
    const upMs = performance.now() - startedMs
    await compose('down', '-t', '0')
    return { upMs, downMs: performance.now() - startedMs - upMs }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
