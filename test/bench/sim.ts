// The simulator: virtual seconds per real one, events a second and memory, at a hundred and a thousand peers.
//
// Blocks of ten minutes, degree 8, no load: a network as quiet as Bitcoin's between two blocks, in which most of what
// happens is the peers' own upkeep. Each size runs in a process of its own, started as its users start it: launch and record are
// counted.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RunSummary } from '../../orchestrator/api.ts'
import { bundleFile } from '../../orchestrator/paths.ts'
import type { BenchResult } from './result.ts'

const SIZES = [
  { nodes: 100, time: '3h' },
  { nodes: 1000, time: '1h' },
] as const
const SPEC = `
runtime: sim
chain: { blockInterval: 10m }
topology: { degree: 8 }
load: { tx: 0/s }
`
const POLL_MS = 100

export async function run(): Promise<BenchResult> {
  const rows: BenchResult['rows'][number][] = []
  for (const { nodes, time } of SIZES) {
    const { summary, events, rssMb } = await simulate(nodes, time)
    const realSeconds = summary.realSeconds ?? Number.NaN
    const row = (what: string, value: number, unit: string) =>
      rows.push({ subject: `${what}, ${nodes} nodes`, value, unit })
    row('virtual seconds per second', summary.seconds / realSeconds, '')
    row('events', events / realSeconds, '1/s')
    row('memory', rssMb, 'MB')
  }
  return { bench: 'sim', rows, ratios: {} }
}

async function simulate(nodes: number, time: string) {
  const folder = mkdtempSync(join(tmpdir(), 'netsplit-bench-'))
  try {
    writeFileSync(join(folder, 'netsplit.yaml'), SPEC)
    const args = ['up', '--nodes', String(nodes), '--for', time, '--json', '--run-dir', join(folder, 'run')]
    const child = spawn(process.execPath, [bundleFile('netsplit.js'), ...args], {
      cwd: folder,
      env: { ...process.env, XDG_STATE_HOME: folder },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    let document = ''
    child.stdout?.setEncoding('utf8').on('data', text => {
      document += text
    })
    let rssMb = 0
    const polling = setInterval(() => {
      rssMb = Math.max(rssMb, peakMb(child.pid))
    }, POLL_MS)
    const [code] = await once(child, 'close')
    clearInterval(polling)
    if (code !== 0) throw new Error(`netsplit up ended with ${code}: ${document}`)
    const events = readFileSync(join(folder, 'run', 'events.ndjson'), 'utf8').split('\n').length - 1
    return { summary: JSON.parse(document) as RunSummary, events, rssMb }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The most that it ever had; 0 where the kernel does not tell. */
function peakMb(pid: number | undefined): number {
  try {
    const [, kb = '0'] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return (Number(kb) * 1024) / 1e6
  } catch {
    return 0
  }
}
