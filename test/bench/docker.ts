// A network in containers beside what the engine itself takes: from the command to N nodes that have their wanted peers and
// stand on one tip, beside N idle containers of the same image started with `docker run -d`, eight at a time; and `down`
// beside `docker rm -f`. Both meet the same machine in turns. Needs an engine with the image (the first round builds it).
// `docker compose up` of the same N stands beside them where the machine has it.
//
//   BENCH_NODES=20 BENCH_ROUNDS=3 npm run bench -- docker

import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Lanes } from '../../orchestrator/lanes.ts'
import { bundleFile, packageRoot } from '../../orchestrator/paths.ts'
import { readContext, tagOf } from '../../orchestrator/runtime/docker/context.ts'
import { type BenchResult, median } from './result.ts'

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

export async function run(): Promise<BenchResult> {
  const image = tagOf(readContext(packageRoot()))
  await network() // builds the image, and warms up
  const ours: Round[] = []
  const bare: Round[] = []
  const composed: Round[] = []
  const compose = await findCompose()
  for (let round = 0; round < ROUNDS; round++) {
    bare.push(await idle(image))
    ours.push(await network())
    if (compose) composed.push(await composeUp(compose, image))
  }
  const of = (rounds: readonly Round[], key: keyof Round) => median(rounds.map(round => round[key]))
  const row = (subject: string, value: number) => ({ subject, value, unit: 'ms' })
  return {
    bench: 'docker',
    rows: [
      row(`docker run -d × ${NODES}`, of(bare, 'upMs')),
      row(`netsplit up, ${NODES} nodes`, of(ours, 'upMs')),
      ...(compose ? [row(`docker compose up, ${NODES} nodes`, of(composed, 'upMs'))] : []),
      row(`docker rm -f × ${NODES}`, of(bare, 'downMs')),
      row(`netsplit down, ${NODES} nodes`, of(ours, 'downMs')),
      ...(compose ? [row(`docker compose down, ${NODES} nodes`, of(composed, 'downMs'))] : []),
    ],
    ratios: {
      'up/docker-run': of(ours, 'upMs') / of(bare, 'upMs'),
      'down/docker-rm': of(ours, 'downMs') / of(bare, 'downMs'),
      ...(compose && { 'up/compose': of(ours, 'upMs') / of(composed, 'upMs') }),
    },
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

/** The engine's own plugin, or the older program of that name. */
async function findCompose(): Promise<readonly [string, ...string[]] | undefined> {
  for (const command of [['docker', 'compose'], ['docker-compose']] as const) {
    const [program, ...args] = command
    const found = await docker(program, [...args, 'version']).catch(() => undefined)
    if (found) return command
  }
  return undefined
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

async function says(
  stream: NodeJS.ReadableStream | null,
  text: string,
  ended: Promise<unknown>,
): Promise<void> {
  let said = ''
  const heard = new Promise<void>(resolve => {
    stream?.setEncoding('utf8').on('data', part => {
      said += part
      if (said.includes(text)) resolve()
    })
  })
  const failed = ended.then(() => {
    if (!said.includes(text)) throw new Error(`netsplit up ended early:\n${said}`)
  })
  await Promise.race([heard, failed])
}
