// From the command to a standing network, beside the bare cost of as many Node processes that load nothing.
//
// `up` is measured as its users have it: from the spawn of `netsplit up` to the event that says that every node has its
// wanted peers and all stand on one tip. The demo's network, but with links that add no latency: a handshake over links
// of 50 ms takes 200 ms on any machine, and that time belongs to the spec. Mining is on. Memory is the mean over the nodes
// of what /health reports some seconds later.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundleFile } from '../../orchestrator/machine/paths.ts'
import { type BenchResult, machine, median } from './result.ts'

const SIZES = [5, 20, 50] as const
const ROUNDS = 3
const SPEC = 'runtime: process\nlinks: { latency: 0ms, jitter: 0ms }\n'
/** After the launch, so that memory has grown to what a running node needs. */
const SETTLE = '4s'

export async function run(): Promise<BenchResult> {
  const rows: BenchResult['rows'][number][] = []
  const ratios: Record<string, number> = {}
  for (const nodes of SIZES) {
    const spawnMs: number[] = []
    const ups: Up[] = []
    // In turns, so that both meet the same machine.
    for (let round = 0; round < ROUNDS; round++) {
      spawnMs.push(await spawnBare(nodes))
      ups.push(await up(nodes))
    }
    const upMs = median(ups.map(each => each.ms))
    rows.push({ subject: `spawn ${nodes} × node -e 0`, value: median(spawnMs), unit: 'ms' })
    rows.push({ subject: `up ${nodes} nodes`, value: upMs, unit: 'ms' })
    rows.push({
      subject: `memory of a node, ${nodes} nodes`,
      value: median(ups.map(each => each.rssMb)),
      unit: 'MB',
    })
    ratios[`up/spawn ${nodes}`] = upMs / median(spawnMs)
  }
  return { bench: 'launch', machine: machine(), rows, ratios }
}

/** All at once, until the last has ended. */
async function spawnBare(count: number): Promise<number> {
  const startedMs = performance.now()
  const children = Array.from({ length: count }, () =>
    spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' }),
  )
  await Promise.all(children.map(child => once(child, 'exit')))
  return performance.now() - startedMs
}

export interface Up {
  readonly ms: number
  readonly rssMb: number
}

/** `more`: of its spec. */
export async function up(nodes: number, more = ''): Promise<Up> {
  const folder = mkdtempSync(join(tmpdir(), 'netsplit-bench-'))
  try {
    writeFileSync(join(folder, 'netsplit.yaml'), SPEC + more)
    const args = ['up', '--nodes', String(nodes), '--for', SETTLE, '--json', '--run-dir', join(folder, 'run')]
    const spawnedMs = Date.now()
    const child = spawn(process.execPath, [bundleFile('netsplit.js'), ...args], {
      cwd: folder,
      env: { ...process.env, XDG_STATE_HOME: folder },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    let document = ''
    child.stdout?.setEncoding('utf8').on('data', text => {
      document += text
    })
    const [code] = await once(child, 'close')
    if (code !== 0) throw new Error(`netsplit up ended with ${code}: ${document}`)
    return read(join(folder, 'run', 'events.ndjson'), spawnedMs)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Both from the record of the run. */
function read(file: string, spawnedMs: number): Up {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  const events = lines.map(
    line => JSON.parse(line) as { timeMs: number; event: { type: string; node?: string; rssBytes?: number } },
  )
  const ready = events.find(({ event }) => event.type === 'network-ready')
  const rss = new Map(
    events.flatMap(({ event: { type, node, rssBytes } }) =>
      type === 'node-sampled' && node && rssBytes ? [[node, rssBytes]] : [],
    ),
  )
  if (!ready || rss.size === 0) throw new Error('the record of the run lacks what is measured')
  const meanBytes = [...rss.values()].reduce((sum, bytes) => sum + bytes, 0) / rss.size
  return { ms: ready.timeMs - spawnedMs, rssMb: meanBytes / 1e6 }
}
