// How long a content takes to come to twenty peers, processes with shared uplinks of 2 Mbit/s, beside what no swarm can beat
// (Kurose and Ross: the seed's line must carry it once, and all lines together a copy for each). The run is a scenario, as users
// have it, and the ratio is what its check measures; all peers are told at once.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundleFile } from '../../orchestrator/machine/paths.ts'
import { type BenchResult, machine, median } from './result.ts'

const ROUNDS = 3
const PEERS = 20
/** More than it is: the check is to measure, not to fail. */
const FACTOR = 10
const SPEC = `
name: swarm-bound
runtime: process
nodes:
  seeds: { count: 1, runs: bittorrent }
  peers: { count: ${PEERS}, runs: bittorrent }
links: { access: { up: 2Mbit, down: 100Mbit } }
bittorrent:
  content: [{ name: film, size: 8MB, pieceLength: 32KiB }]
expect:
  content-verified: { within: 300s }
  swarm-bound: { within: 300s, factor: ${FACTOR} }
`

export async function run(): Promise<BenchResult> {
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round++) times.push(await timesBound())
  const ratio = median(times)
  const subject = `${PEERS} peers, 8 MB, uplinks of 2 Mbit/s`
  return {
    bench: 'swarm-bound',
    machine: machine(),
    rows: [{ subject, value: ratio, unit: 'times the bound' }],
    ratios: { 'time/bound': ratio },
  }
}

interface Document {
  readonly scenarios: readonly {
    readonly checks: readonly { readonly name: string; readonly measured: string }[]
  }[]
}

async function timesBound(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'netsplit-bench-'))
  try {
    writeFileSync(join(folder, 'swarm-bound.yaml'), SPEC)
    const child = spawn(process.execPath, [bundleFile('netsplit.js'), 'test', 'swarm-bound.yaml', '--json'], {
      cwd: folder,
      env: { ...process.env, XDG_STATE_HOME: join(folder, 'state') },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    let said = ''
    child.stdout.on('data', part => {
      said += part
    })
    const [code] = await once(child, 'close')
    const { scenarios } = JSON.parse(said) as Document
    const measured = scenarios[0]?.checks.find(({ name }) => name === 'swarm-bound')?.measured ?? ''
    const times = Number(/([\d.]+) ×/.exec(measured)?.[1])
    if (code !== 0 || !(times > 0)) throw new Error(`the scenario ended with ${code}: ${said}`)
    return times
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
