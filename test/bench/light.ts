// A light client beside a full node: each a fresh process that meets a chain of 10,000 blocks, each with a signed payment, at two
// peers over loopback. How long it takes, what it downloads, and what memory it has when it is done.

import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { BitcoinConfig, NodeConfig, NodeHealth } from '../../node/api.ts'
import { amongPeers, BLOCKS, CHAIN, configOf, readyOf, start, TOKEN } from './ibd.ts'
import { type BenchResult, machine, median } from './result.ts'

const ROUNDS = 3
const TIMEOUT_MS = 180_000
const POLL_MS = 20

type Kind = 'light' | 'full'

interface Outcome {
  /** Until it had all headers, and until it was done. */
  readonly headersMs: number
  readonly ms: number
  readonly receivedBytes: number
  readonly rssBytes: number
}

export function run(): Promise<BenchResult> {
  return amongPeers(config => withPart(config, 'full'), compare)
}

async function compare(folder: string, addresses: readonly string[]): Promise<BenchResult> {
  // The index of filters is made by then: both kinds meet the same peers.
  await measure(folder, addresses, 'light')
  const light: Outcome[] = []
  const full: Outcome[] = []
  for (let round = 0; round < ROUNDS; round++) {
    light.push(await measure(folder, addresses, 'light'))
    full.push(await measure(folder, addresses, 'full'))
  }
  return resultOf(light, full)
}

function resultOf(light: readonly Outcome[], full: readonly Outcome[]): BenchResult {
  const of = (runs: readonly Outcome[], value: keyof Outcome) => median(runs.map(run => run[value]))
  const perSecond = (runs: readonly Outcome[], value: 'headersMs' | 'ms') => (1000 * BLOCKS) / of(runs, value)
  const ratio = (value: keyof Outcome) => of(full, value) / of(light, value)
  return {
    bench: 'light',
    machine: machine(),
    rows: [
      { subject: 'light: headers', value: perSecond(light, 'headersMs'), unit: 'headers/s' },
      { subject: 'light: headers and filters', value: perSecond(light, 'ms'), unit: 'blocks/s' },
      { subject: 'full: blocks', value: perSecond(full, 'ms'), unit: 'blocks/s' },
      { subject: 'light: received', value: of(light, 'receivedBytes') / 1e6, unit: 'MB' },
      { subject: 'full: received', value: of(full, 'receivedBytes') / 1e6, unit: 'MB' },
      { subject: 'light: memory', value: of(light, 'rssBytes') / 1e6, unit: 'MB' },
      { subject: 'full: memory', value: of(full, 'rssBytes') / 1e6, unit: 'MB' },
    ],
    ratios: {
      'time, full/light': ratio('ms'),
      'received, full/light': ratio('receivedBytes'),
      'memory, full/light': ratio('rssBytes'),
    },
  }
}

/** The same node as one kind or the other. */
function withPart(config: NodeConfig, kind: Kind): NodeConfig {
  const { ledger, ...peer } = config.services.bitcoin as BitcoinConfig & { readonly ledger: object }
  const bitcoin =
    kind === 'light'
      ? { ...peer, light: { chain: CHAIN } }
      : { ...peer, ledger: { ...ledger, blockFilters: true } }
  return { ...config, services: { bitcoin: bitcoin as BitcoinConfig } }
}

async function measure(folder: string, peers: readonly string[], kind: Kind): Promise<Outcome> {
  const node = start(folder, withPart(configOf(folder, 'fresh', peers), kind))
  try {
    const { control } = await readyOf(node)
    const startMs = performance.now()
    let headersMs = 0
    for (;;) {
      const health = await healthOf(control)
      const { ledger, light, receivedBytes = 0 } = health.services.bitcoin ?? {}
      const ms = performance.now() - startMs
      if (headersMs === 0 && (ledger?.headers ?? light?.height ?? 0) >= BLOCKS) headersMs = ms
      if ((ledger?.height ?? light?.scanned ?? 0) >= BLOCKS)
        return { headersMs, ms, receivedBytes, rssBytes: health.rssBytes }
      if (ms > TIMEOUT_MS) throw new Error(`${kind}: not done after ${TIMEOUT_MS / 1000} s`)
      await new Promise(resolve => setTimeout(resolve, POLL_MS))
    }
  } finally {
    node.kill('SIGKILL')
    rmSync(join(folder, 'fresh'), { recursive: true, force: true })
  }
}

async function healthOf(control: string): Promise<NodeHealth> {
  const answer = await fetch(`${control}/health`, { headers: { authorization: `Bearer ${TOKEN}` } })
  return (await answer.json()) as NodeHealth
}
