// A network over three container engines beside the same network on one of them: from the command to N nodes that have their wanted
// peers and stand on one tip, and down again; and what one node more costs, from networks of N/3, 2 N/3 and N nodes on one
// engine (least squares): time, processor time and memory of the controller, processor time of the whole machine. The engines have
// namespaces of their own on one machine, so they share its cores, and what three take longer is what several hosts cost, with
// nothing gained by their machines. Needs root.
//
//   BENCH_NODES=30 BENCH_ROUNDS=3 npm run bench -- hosts

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { usageOf } from '../../node/host/usage.ts'
import { bundleFile } from '../../orchestrator/machine/paths.ts'
import { connectEngine } from '../../orchestrator/runtime/docker/engine.ts'
import { ensureNodeImage } from '../../orchestrator/runtime/docker/image.ts'
import { type TestEngine, TestEngines } from '../support/engines.ts'
import { type BenchResult, machine, median } from './result.ts'
import { says } from './says.ts'

const NODES = Number(process.env.BENCH_NODES ?? 30)
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3)
const SIZES = [1, 2, 3].map(third => Math.max(1, Math.round((third * NODES) / 3)))
/** So long it is watched once it stands. */
const WATCHED_MS = 20_000

const ROW_UNITS = {
  upMs: 'ms',
  downMs: 'ms',
  upCpuMs: 'ms',
  machineUpCpuMs: 'ms',
  runCpuShare: '% of a core',
  controllerMb: 'MB',
} as const

type Round = { readonly [figure in keyof typeof ROW_UNITS]: number }

export async function run(): Promise<BenchResult> {
  const hindrance = TestEngines.hindrance()
  if (hindrance !== undefined) throw new Error(hindrance)
  const all = await TestEngines.start(3)
  try {
    const { docker } = await connectEngine()
    await all.load(docker, await ensureNodeImage(docker, () => {}))
    await all.swarm()
    return await measure(all.engines)
  } finally {
    await all.close()
  }
}

async function measure(engines: readonly TestEngine[]): Promise<BenchResult> {
  const three: Round[] = []
  const one = SIZES.map((): Round[] => [])
  await network(engines.slice(0, 1), SIZES[0] as number) // warms up
  for (let round = 0; round < ROUNDS; round++) {
    three.push(await network(engines, NODES))
    for (const [i, nodes] of SIZES.entries()) one[i]?.push(await network(engines.slice(0, 1), nodes))
  }
  const [many, largest] = [medians(three), medians(one.at(-1) ?? [])]
  const perNode = slopes(one.map(medians))
  const rows = (subject: string, round: Round) =>
    figures.map(figure => ({
      subject: `${subject}: ${figure}`,
      value: round[figure],
      unit: ROW_UNITS[figure],
    }))
  return {
    bench: 'hosts',
    machine: machine(`${cpus().length} cores`),
    rows: [
      ...rows(`${NODES} nodes over three engines`, many),
      ...rows(`${SIZES.at(-1)} nodes on one`, largest),
      ...rows('one node more, on one', perNode),
    ],
    ratios: {
      'up, three/one': many.upMs / largest.upMs,
      'down, three/one': many.downMs / largest.downMs,
      'machine, three/one': many.machineUpCpuMs / largest.machineUpCpuMs,
      'controller, three/one': many.upCpuMs / largest.upCpuMs,
    },
  }
}

const figures = Object.keys(ROW_UNITS) as (keyof Round)[]

function ofEach(value: (figure: keyof Round) => number): Round {
  return Object.fromEntries(figures.map(figure => [figure, value(figure)])) as Round
}

function medians(rounds: readonly Round[]): Round {
  return ofEach(figure => median(rounds.map(round => round[figure])))
}

/** By how much each figure grows with a node: the slope of the line with the least squares through all sizes. */
function slopes(bySize: readonly Round[]): Round {
  const meanSize = SIZES.reduce((sum, size) => sum + size, 0) / SIZES.length
  const spread = SIZES.reduce((sum, size) => sum + (size - meanSize) ** 2, 0)
  return ofEach(
    figure =>
      SIZES.reduce((sum, size, i) => sum + (size - meanSize) * (bySize[i]?.[figure] ?? Number.NaN), 0) /
      spread,
  )
}

/** The whole command: from its spawn to `the network stands`, a while on, and from SIGTERM to its end. */
async function network(engines: readonly TestEngine[], nodes: number): Promise<Round> {
  const folder = mkdtempSync(join(tmpdir(), 'netsplit-bench-'))
  try {
    writeFileSync(join(folder, 'netsplit.yaml'), specOf(engines, nodes))
    const startedMs = performance.now()
    const busyBeforeMs = busyMs()
    const args = ['up', '--no-tui', '--no-observability', '--run-dir', join(folder, 'run')]
    const child = spawn(process.execPath, [bundleFile('netsplit.js'), ...args], {
      cwd: folder,
      env: { ...process.env, XDG_STATE_HOME: folder },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const ended = once(child, 'exit')
    const pid = child.pid as number
    await says(child.stderr, 'the network stands', ended)
    const [upMs, stood] = [performance.now() - startedMs, usageOf([pid])]
    const machineUpCpuMs = busyMs() - busyBeforeMs
    await new Promise(resolve => setTimeout(resolve, WATCHED_MS))
    const { rssBytes, cpuSeconds } = usageOf([pid])
    const upCpuMs = 1_000 * stood.cpuSeconds
    const runCpuShare = (100 * (1_000 * cpuSeconds - upCpuMs)) / WATCHED_MS
    const controllerMb = rssBytes / 1e6
    const stoppedMs = performance.now()
    child.kill('SIGTERM')
    await ended
    if (child.exitCode !== 130 && child.exitCode !== 143 && child.exitCode !== 0)
      throw new Error(`netsplit up ended with exit code ${child.exitCode}`)
    return { upMs, downMs: performance.now() - stoppedMs, upCpuMs, machineUpCpuMs, runCpuShare, controllerMb }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** As the bench `docker` has it: the rest is starting. */
function specOf(engines: readonly TestEngine[], nodes: number): string {
  const hosts = engines.map(({ name, address }) => `  - { name: ${name}, engine: '${address}' }`)
  return `
name: netsplit-bench-hosts
runtime: docker
nodes: { miners: { count: ${nodes}, share: 100% } }
mining: { hashRate: ${nodes}kH/s }
links: { latency: 0ms, jitter: 0ms }
load: { tx: 0/s }
hosts:
${hosts.join('\n')}
`
}

/** All cores of the machine, whoever had them. */
function busyMs(): number {
  return cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0)
}
