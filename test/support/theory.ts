// Experiments that theory has an answer to, on the real core in virtual time: small networks, many blocks, many seeds. The
// tests hold them against the formulas with few blocks, `npm run theory` draws them with many.

import type { NodeEvent } from '../../node/api.ts'
import { staleRate } from '../../orchestrator/research/formulas.ts'
import { simulate } from './simulation.ts'

export const INTERVAL_MS = 10_000

export interface Found {
  readonly atMs: number
  /** Name of the node. */
  readonly miner: string
  /** It is on the chain in the end. */
  readonly onChain: boolean
}

/** The blocks that a network finds in so much virtual time, up to the last one that all nodes agree on in the end. */
export async function mine(spec: string, durationMs: number): Promise<Found[]> {
  const { testnet, events } = await simulate(spec, type => type === 'block-mined')
  await testnet.elapse(durationMs)
  const chains = testnet.plan.nodes.map(({ name }) => testnet.node(name).ledger.chain)
  const hashAt = (height: number) => chains[0]?.at(height)?.hash
  let settled = Math.min(...chains.map(chain => chain.tip.height))
  while (chains.some(chain => chain.at(settled)?.hash !== hashAt(settled))) settled--
  const found: Found[] = []
  for (const { timeMs, node = '', event } of events) {
    const { hash, height } = event as Extract<NodeEvent, { type: 'block-mined' }>
    if (height <= settled) found.push({ atMs: timeMs, miner: node, onChain: hashAt(height) === hash })
  }
  await testnet.down('measured')
  return found
}

export const isStale = ({ onChain }: Found) => !onChain

export interface Mesh {
  readonly seed: number
  readonly shares: readonly number[]
  readonly latencyMs: number
  readonly intervalMs?: number
  readonly relay?: string
  /** Synthetic blocks, and the bandwidth that they take. */
  readonly block?: { readonly bytes: number; readonly bandwidthBps: number }
}

/** Miners m0-1, m1-1 … in a full mesh of equal links without jitter, at a difficulty that never changes. */
export function meshSpec({ seed, shares, latencyMs, intervalMs = INTERVAL_MS, relay, block }: Mesh): string {
  const nodes = shares.map((share, i) => `m${i}: { share: ${+(100 * share).toFixed(6)}% }`)
  const size = block ? `, blockSize: ${block.bytes}B` : ''
  const bandwidth = block ? `, bandwidth: ${block.bandwidthBps}bit` : ''
  return `
seed: ${seed}
nodes: { ${nodes.join(', ')} }
chain: { blockInterval: ${intervalMs}ms, difficulty: { rule: fixed }${size} }
topology: { kind: full }
links: { latency: ${latencyMs}ms, jitter: 0ms${bandwidth} }
relay: ${relay ?? 'unsolicited'}
load: { tx: 0/s }
`
}

/** How often a message crosses the link until a new block is there: by each way of relay. */
export const CROSSINGS = { inv: 5, headers: 3, unsolicited: 1, compact: 1 } as const

/** When a block of this mesh is there, in ms: crossings, and the block's own time on the line. */
export function delayOf({ latencyMs, relay = 'unsolicited', block }: Omit<Mesh, 'seed'>): number {
  const serialisationMs = block ? (block.bytes * 8000) / block.bandwidthBps : 0
  return CROSSINGS[relay as keyof typeof CROSSINGS] * latencyMs + serialisationMs
}

/** Four equal miners, 40 ms apart: the ways of relay differ at a block a second, and an inventory's five crossings are a fifth of it. */
export const RELAY = { shares: [0.25, 0.25, 0.25, 0.25], latencyMs: 40 } as const

/**
 * What goes stale of this mesh's blocks where Δ is no longer small beside T: with x = (Δ/T)(1 − Σh²), a block of the chain takes
 * T + Δ(1 − Σh²) of all mining, since for Δ only its finder goes on from it; so x / (1 + x), which is x for small x.
 */
export function relayStaleRate(mesh: Omit<Mesh, 'seed'>): number {
  const x = staleRate(delayOf(mesh), mesh.intervalMs ?? INTERVAL_MS, mesh.shares)
  return x / (1 + x)
}

/** One selfish miner of share `alpha` and three honest ones; a hundredth of a percent of the interval between any two. */
export function selfishSpec(seed: number, alpha: number, gamma: number | undefined): string {
  const strategy = gamma === undefined ? 'selfish' : `{ selfish: { gamma: ${gamma} } }`
  return `
seed: ${seed}
nodes: { evil: { share: ${+(100 * alpha).toFixed(6)}%, strategy: ${strategy} }, good: { count: 3, share: ${+(100 - 100 * alpha).toFixed(6)}% } }
chain: { blockInterval: ${INTERVAL_MS}ms, difficulty: { rule: fixed } }
topology: { kind: full }
links: { latency: 1ms, jitter: 0ms }
load: { tx: 0/s }
`
}

export interface SelfishOutcome {
  /** What part of all blocks found is the selfish miner's: α, and luck. */
  readonly found: number
  /** And of the blocks of the chain. */
  readonly revenue: number
}

export async function selfishOutcome(
  alpha: number,
  gamma: number | undefined,
  seeds: readonly number[],
  blocks: number,
): Promise<SelfishOutcome> {
  const found: Found[] = []
  for (const seed of seeds) found.push(...(await mine(selfishSpec(seed, alpha, gamma), blocks * INTERVAL_MS)))
  const share = (some: readonly Found[]) =>
    some.filter(({ miner }) => miner === 'evil-1').length / some.length
  return { found: share(found), revenue: share(found.filter(({ onChain }) => onChain)) }
}

/** Two miners that never hear of each other: who found each block, in order. */
export async function apart(seed: number, q: number, blocks: number): Promise<string[]> {
  const { testnet, events } = await simulate(apartSpec(seed, q), type => type === 'block-mined')
  await testnet.elapse(blocks * INTERVAL_MS)
  const miners = events.map(({ node = '' }) => node)
  await testnet.down('measured')
  return miners
}

export function apartSpec(seed: number, q: number): string {
  return `
seed: ${seed}
nodes: { evil: { share: ${+(100 * q).toFixed(6)}% }, good: { share: ${+(100 - 100 * q).toFixed(6)}% } }
chain: { blockInterval: ${INTERVAL_MS}ms, difficulty: { rule: fixed } }
topology: { kind: explicit, edges: [] }
load: { tx: 0/s }
`
}

/** So far behind he gives up: at q = 0.3 he would still come back once in 400,000 times. */
const HOPELESS = 15

/** Double spends against `z` confirmations, one after the other along the blocks found: how many were tried and how many came off. */
export function doubleSpends(miners: readonly string[], z: number): { tried: number; won: number } {
  let [tried, won, good, evil] = [0, 0, 0, 0]
  for (const miner of miners) {
    if (miner === 'evil-1') evil++
    else good++
    // With the block that he had before he paid he is one ahead when he has as many.
    const over = good >= z && (evil >= good || good - evil > HOPELESS)
    if (!over) continue
    tried++
    if (evil >= good) won++
    ;[good, evil] = [0, 0]
  }
  return { tried, won }
}
