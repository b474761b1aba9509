// A network in containers under load, for minutes: comes up, and is asked once a second what its nodes stand on. One tip means
// that no two nodes differ; for as long as a block travels they do, so the share of the time and the longest split count.
//
//   BENCH_NODES=50 BENCH_SECONDS=300 npm run bench -- docker-hold

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, freemem, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { RunSummary } from '../../orchestrator/control/api.ts'
import { RemoteTestnet } from '../../orchestrator/control/client.ts'
import { bundleFile } from '../../orchestrator/machine/paths.ts'
import { pause } from '../../orchestrator/network/node-client.ts'
import type { NetworkState } from '../../orchestrator/observe/state.ts'
import { type BenchResult, machine, median } from './result.ts'

const NODES = Number(process.env.BENCH_NODES ?? 50)
const SECONDS = Number(process.env.BENCH_SECONDS ?? 300)
const NAME = 'netsplit-bench-hold'
/** The demo's network, only larger, and with little mining: the cores are for what the nodes say to each other. */
const SPEC = `
name: ${NAME}
runtime: docker
nodes: { miners: { count: ${NODES}, share: 100% } }
mining: { hashRate: ${NODES}kH/s }
load: { tx: 5/s }
`
const SAMPLE_MS = 1_000

interface Sample {
  readonly timeMs: number
  readonly tips: number
  readonly running: number
  readonly usedMb: number
}

export async function run(): Promise<BenchResult> {
  const folder = mkdtempSync(join(tmpdir(), 'netsplit-bench-'))
  process.env.XDG_STATE_HOME = folder
  try {
    return await measure(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function measure(folder: string): Promise<BenchResult> {
  writeFileSync(join(folder, 'netsplit.yaml'), SPEC)
  const usedBeforeMb = usedMb()
  const startedMs = performance.now()
  const args = [
    'up',
    '--json',
    '--no-observability',
    '--for',
    `${SECONDS}s`,
    '--run-dir',
    join(folder, 'run'),
  ]
  const child = spawn(process.execPath, [bundleFile('netsplit.js'), ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  const printed = text(child.stdout)
  const testnet = await connect(ended)
  const samples: Sample[] = []
  let stoodMs = Number.NaN
  const end = testnet.subscribe(state => {
    if (state.phase === 'running' && Number.isNaN(stoodMs)) stoodMs = performance.now()
    if (state.phase !== 'running' || performance.now() - (samples.at(-1)?.timeMs ?? 0) < SAMPLE_MS) return
    samples.push(sample(state))
  })
  await ended
  end()
  testnet.close()
  const said = await printed
  if (child.exitCode !== 0) throw new Error(`the network did not hold: ${said.trim()}`)
  const summary = JSON.parse(said) as RunSummary
  return result(samples, summary, { upMs: stoodMs - startedMs, usedBeforeMb })
}

async function connect(ended: Promise<unknown>): Promise<RemoteTestnet> {
  let over = false
  void ended.then(() => {
    over = true
  })
  for (;;) {
    const testnet = await RemoteTestnet.connect(NAME).catch(() => undefined)
    if (testnet) return testnet
    if (over) throw new Error('netsplit up ended early')
    await pause(100)
  }
}

function sample({ nodes }: NetworkState): Sample {
  const running = nodes.filter(node => node.phase === 'running')
  const tips = new Set(running.map(node => node.systems.ledger.tip)).size
  return { timeMs: performance.now(), tips, running: running.length, usedMb: usedMb() }
}

function result(
  samples: readonly Sample[],
  summary: RunSummary,
  { upMs, usedBeforeMb }: { readonly upMs: number; readonly usedBeforeMb: number },
): BenchResult {
  const one = samples.filter(({ tips }) => tips === 1)
  const row = (subject: string, value: number, unit: string) => ({ subject, value, unit })
  const usedMb = median(samples.map(sample => sample.usedMb)) - usedBeforeMb
  return {
    bench: 'docker-hold',
    machine: machine(`${cpus().length} cores`, `${Math.round(totalmem() / 2 ** 30)} GiB`),
    rows: [
      row(`up, ${NODES} nodes`, upMs, 'ms'),
      row('nodes that ran, at least', Math.min(...samples.map(({ running }) => running)), ''),
      row('time on one tip', (100 * one.length) / samples.length, '%'),
      row('longest split', longestSplitMs(samples) / 1000, 's'),
      row('tips at the end', summary.tips, ''),
      row('blocks', summary.blocks, ''),
      row('stale blocks', summary.staleBlocks, ''),
      row('payments sent', summary.transactions.sent, ''),
      row('payments confirmed', summary.transactions.confirmed, ''),
      row('propagation, 90 %', summary.propagation.p90Ms ?? Number.NaN, 'ms'),
      row('memory, engine included, a node', usedMb / NODES, 'MB'),
    ],
    ratios: { 'confirmed/sent': summary.transactions.confirmed / summary.transactions.sent },
  }
}

function longestSplitMs(samples: readonly Sample[]): number {
  let longest = 0
  let sinceMs: number | undefined
  for (const { timeMs, tips } of samples) {
    if (tips === 1) sinceMs = undefined
    else {
      sinceMs ??= timeMs
      longest = Math.max(longest, timeMs - sinceMs + SAMPLE_MS)
    }
  }
  return longest
}

function usedMb(): number {
  return (totalmem() - freemem()) / 1e6
}
