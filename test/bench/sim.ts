// The simulator: virtual seconds per second of processor time, what an event costs, and memory, at 100, 1,000 and 10,000 peers.
//
// Blocks of ten minutes, degree 8, the map of 2019, no load. Each size runs in a process of its own, started as its users start
// it: launch and record are counted. An event is a message that arrives or a timer that runs out. What one costs is counted from
// the moment at which the network stands, by a second run that ends there. Processor time of all threads, so that what else the
// machine does counts little. Then SimBlock's own setting, 144 blocks at degree 17, beside a workload that never changes
// (abstract-network.ts): that ratio holds on any machine.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RunSummary } from '../../orchestrator/control/api.ts'
import { bundleFile } from '../../orchestrator/machine/paths.ts'
import { flood } from './abstract-network.ts'
import { type BenchResult, machine } from './result.ts'

/** About as many events each of the small ones: what it takes until all code is compiled is then the same part of both. */
const SIZES = [
  { nodes: 100, time: '240h' },
  { nodes: 1000, time: '24h' },
  { nodes: 10_000, time: '6h' },
] as const
const DEGREE = 8
/** As SimBlock has it: the mean degree, and a day of blocks. */
const FLOODED = { nodes: 1000, degree: 17, blocks: 144, time: '24h' } as const

const specOf = (degree: number) => `
runtime: sim
chain: { blockInterval: 10m }
topology: { degree: ${degree} }
links: { regions: 2019 }
load: { tx: 0/s }
`
/** Linux counts a process's time in hundredths of a second. */
const TICKS_PER_SECOND = 100
const POLL_MS = 100

export async function run(): Promise<BenchResult> {
  const rows: BenchResult['rows'][number][] = []
  const costs: number[] = []
  for (const { nodes, time } of SIZES) {
    const launch = await simulate(nodes, '1s')
    const whole = await simulate(nodes, time)
    const row = (what: string, value: number, unit: string) =>
      rows.push({ subject: `${what}, ${nodes} nodes`, value, unit })
    const cpuSeconds = whole.cpuSeconds - launch.cpuSeconds
    const events = whole.events - launch.events
    row(`processor time of ${time}`, whole.cpuSeconds, 's')
    row('of it launch and end', launch.cpuSeconds, 's')
    row('virtual seconds per processor second', whole.summary.seconds / whole.cpuSeconds, '')
    row('events', events / cpuSeconds, '1/s')
    row('memory', whole.rssMb, 'MB')
    costs.push(cpuSeconds / events)
  }
  const { nodes, degree, blocks, time } = FLOODED
  const day = await simulate(nodes, time, degree)
  const abstract = flood(nodes, degree, blocks)
  rows.push({
    subject: `processor time of ${time}, ${nodes} nodes at degree ${degree}`,
    value: day.cpuSeconds,
    unit: 's',
  })
  rows.push({ subject: 'its events', value: day.events, unit: '' })
  rows.push({ subject: 'its memory', value: day.rssMb, unit: 'MB' })
  rows.push({
    subject: 'abstract network of that size, processor time',
    value: abstract.cpuSeconds,
    unit: 's',
  })
  rows.push({ subject: 'abstract network, events', value: abstract.events, unit: '' })
  const [few = Number.NaN, some = Number.NaN, many = Number.NaN] = costs
  const ratios = {
    'cost of an event, 1000 nodes / 100 nodes': some / few,
    'cost of an event, 10000 nodes / 100 nodes': many / few,
    'processor time, simulator / abstract network': day.cpuSeconds / abstract.cpuSeconds,
    'cost of an event, simulator / abstract network':
      day.cpuSeconds / day.events / (abstract.cpuSeconds / abstract.events),
  }
  return { bench: 'sim', machine: machine(), rows, ratios }
}

async function simulate(nodes: number, time: string, degree: number = DEGREE) {
  const folder = mkdtempSync(join(tmpdir(), 'netsplit-bench-'))
  try {
    writeFileSync(join(folder, 'netsplit.yaml'), specOf(degree))
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
    let cpuSeconds = 0
    const polling = setInterval(() => {
      rssMb = Math.max(rssMb, peakMb(child.pid))
      cpuSeconds = Math.max(cpuSeconds, cpuSecondsOf(child.pid))
    }, POLL_MS)
    const [code] = await once(child, 'close')
    clearInterval(polling)
    if (code !== 0) throw new Error(`netsplit up ended with ${code}: ${document}`)
    const summary = JSON.parse(document) as RunSummary
    return { summary, events: summary.simulatedEvents ?? Number.NaN, rssMb, cpuSeconds }
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

/** Processor time so far, of all threads; 0 where the kernel does not tell. */
function cpuSecondsOf(pid: number | undefined): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
  } catch {
    return 0
  }
}
