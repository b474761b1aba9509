// The figures of docs/theory.md: each experiment run with many blocks, as a plot and as a table of measured beside predicted.

import {
  doubleSpendChance,
  minerStaleRate,
  selfishRevenue,
  staleRate,
} from '../../orchestrator/research/formulas.ts'
import { estimate, exponentialDistance, sum, wilson } from '../../orchestrator/research/statistics.ts'
import {
  apart,
  delayOf,
  doubleSpends,
  type Found,
  INTERVAL_MS,
  isStale,
  type Mesh,
  meshSpec,
  mine,
  RELAY,
  relayStaleRate,
  selfishOutcome,
} from '../support/theory.ts'
import { type Point, type Series, toSvg } from './plot.ts'

export interface Figure {
  /** Of its file in docs/ and of its table in theory.md. */
  readonly name: string
  readonly svg: string
  /** Rows of a table; the first is its head. */
  readonly table: readonly (readonly string[])[]
}

const COLOURS = ['#0b62a4', '#c2410c', '#15803d', '#7e22ce'] as const
const QUARTERS = [0.25, 0.25, 0.25, 0.25]
/** Two-sided 95 %. */
const Z = 1.96

/** How each is measured and drawn, by name. */
export const FIGURES: { readonly [name: string]: () => Promise<Figure> } = {
  intervals,
  stale,
  relay,
  miners,
  selfish,
  'double-spend': doubleSpend,
}

/** Several networks together: one is a single draw of luck, and may stray by two or three of its standard errors. */
const INTERVAL_SEEDS = 10

async function intervals(): Promise<Figure> {
  const times: number[] = []
  for (let seed = 1; seed <= INTERVAL_SEEDS; seed++) {
    const found = await mine(meshSpec({ seed, shares: QUARTERS, latencyMs: 50 }), 2_000 * INTERVAL_MS)
    found.slice(1).forEach(({ atMs }, i) => {
      times.push((atMs - (found[i]?.atMs ?? 0)) / 1000)
    })
  }
  const t = INTERVAL_MS / 1000
  const points = [0.25, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 5, 6].map(multiple => {
    const longer = times.filter(time => time > multiple * t).length
    return pointOf(multiple * t, longer, times.length)
  })
  const mean = times.reduce((sum, time) => sum + time, 0) / times.length
  const reach = (Z * mean) / Math.sqrt(times.length)
  const distance = exponentialDistance(times, t)
  return {
    name: 'intervals',
    svg: toSvg({
      title: 'How many block intervals are longer than t',
      legend: 'below',
      x: { label: 't, s', min: 0, max: 60, ticks: [0, 10, 20, 30, 40, 50, 60] },
      y: {
        label: 'share of the intervals',
        min: 0.001,
        max: 1,
        ticks: [0.001, 0.01, 0.1, 1],
        log: true,
        write: percent,
      },
      series: [
        { name: 'e^(−t/T)', colour: '#777', curve: sampled(0, 60, time => Math.exp(-time / t)) },
        {
          name: `measured, ${times.length} intervals of ${INTERVAL_SEEDS} networks`,
          colour: COLOURS[0],
          points,
        },
      ],
    }),
    table: [
      ['', 'predicted', 'measured'],
      ['mean', `${t} s`, `${mean.toFixed(2)} ± ${reach.toFixed(2)} s`],
      ['distance × √n (Kolmogorov and Smirnov)', '< 1.628 (1 %)', distance.toFixed(2)],
    ],
  }
}

type Kind = readonly [name: string, meshes: readonly Omit<Mesh, 'seed' | 'shares'>[]]

const STALE: readonly Kind[] = [
  ['distance', [100, 200, 400, 800].map(latencyMs => ({ latencyMs }))],
  ['interval', [4_000, 8_000, 20_000].map(intervalMs => ({ latencyMs: 200, intervalMs }))],
  [
    'block size',
    [0.25e6, 0.75e6, 1.5e6].map(bytes => ({ latencyMs: 50, block: { bytes, bandwidthBps: 20e6 } })),
  ],
  ['relay', ['inv', 'headers', 'compact'].map(relay => ({ latencyMs: 150, relay }))],
]

/** Networks a point. */
const STALE_SEEDS = 3

async function stale(): Promise<Figure> {
  const table: string[][] = [['network', 'Δ/T', 'predicted', 'measured (95 %)']]
  const series: Series[] = [
    {
      name: '(Δ/T)(1 − Σh²), four equal miners',
      colour: '#777',
      curve: [
        [0, 0],
        [0.09, 0.0675],
      ],
    },
  ]
  for (const [i, [kind, meshes]] of STALE.entries()) {
    const points: Point[] = []
    for (const point of meshes) {
      const mesh = { shares: QUARTERS, ...point }
      const intervalMs = mesh.intervalMs ?? INTERVAL_MS
      const found: Found[] = []
      // The same seeds would give every network the same luck.
      for (let seed = 1; seed <= STALE_SEEDS; seed++)
        found.push(...(await mine(meshSpec({ seed: 100 * table.length + seed, ...mesh }), 700 * intervalMs)))
      const x = delayOf(mesh) / intervalMs
      const measured = pointOf(x, found.filter(isStale).length, found.length)
      points.push(measured)
      table.push([describe(mesh), percent(x), percent(staleRate(x, 1, QUARTERS)), within(measured)])
    }
    series.push({ name: kind, colour: COLOURS[i] ?? '#000', points })
  }
  return {
    name: 'stale',
    svg: toSvg({
      title: 'Stale blocks, over the time a block takes',
      x: { label: 'Δ/T', min: 0, max: 0.09, ticks: [0, 0.02, 0.04, 0.06, 0.08], write: percent },
      y: {
        label: 'stale, of all blocks found',
        min: 0,
        max: 0.08,
        ticks: [0, 0.02, 0.04, 0.06, 0.08],
        write: percent,
      },
      series,
    }),
    table,
  }
}

function describe(mesh: Omit<Mesh, 'seed'>): string {
  const { latencyMs, intervalMs = INTERVAL_MS, relay = 'unsolicited', block } = mesh
  const size = block ? `, ${block.bytes / 1e6} MB at ${block.bandwidthBps / 1e6} Mbit/s` : ''
  return `${relay}, ${latencyMs} ms${size}, T = ${intervalMs / 1000} s`
}

const RELAY_INTERVALS_S = [1, 2.5, 10, 30, 150, 1500]
const RELAY_WAYS = ['inv', 'headers', 'unsolicited', 'compact'] as const
const RELAY_SEEDS = 2

async function relay(): Promise<Figure> {
  const table: string[][] = [['relay', 'T', 'Δ/T', 'predicted', 'measured (95 %)']]
  const series: Series[] = []
  for (const [i, way] of RELAY_WAYS.entries()) {
    const points: Point[] = []
    for (const seconds of RELAY_INTERVALS_S) {
      const mesh = { ...RELAY, relay: way, intervalMs: 1000 * seconds }
      const found: Found[] = []
      for (let seed = 1; seed <= RELAY_SEEDS; seed++)
        found.push(
          ...(await mine(meshSpec({ seed: 100 * table.length + seed, ...mesh }), 1_200_000 * seconds)),
        )
      const measured = pointOf(seconds, found.filter(isStale).length, found.length)
      if (measured.y > 0) points.push({ ...measured, low: Math.max(measured.low, LEAST_SHOWN) })
      const ratio = percent(delayOf(mesh) / mesh.intervalMs)
      table.push([way, `${seconds} s`, ratio, percent(relayStaleRate(mesh)), within(measured)])
    }
    const curve = Array.from({ length: 57 }, (_, at): [number, number] => {
      const seconds = 1500 ** (at / 56)
      return [seconds, relayStaleRate({ ...RELAY, relay: way, intervalMs: 1000 * seconds })]
    })
    // Of the two that cross once the curve is one.
    series.push({ name: way, colour: COLOURS[i] ?? '#000', points, ...(way !== 'compact' && { curve }) })
  }
  return {
    name: 'relay',
    svg: toSvg({
      title: 'Stale blocks over the interval, by the way of relay',
      x: { label: 'T, s', min: 1, max: 1500, ticks: [1, 10, 60, 600], log: true },
      y: {
        label: 'stale, of all blocks found',
        min: LEAST_SHOWN,
        max: 1,
        ticks: [0.0001, 0.001, 0.01, 0.1, 1],
        log: true,
        write: percent,
      },
      series,
    }),
    table,
  }
}

const LEAST_SHOWN = 0.00005

async function miners(): Promise<Figure> {
  const shares = [0.5, 0.2, 0.15, 0.1, 0.05]
  const latencyMs = 500
  const found: Found[] = []
  for (const seed of [43, 44, 45])
    found.push(...(await mine(meshSpec({ seed, shares, latencyMs }), 2_500 * INTERVAL_MS)))
  const points = shares.map((share, i) => {
    const own = found.filter(({ miner }) => miner === `m${i}-1`)
    return pointOf(share, own.filter(isStale).length, own.length)
  })
  const predicted = shares.map((_, i) => minerStaleRate(latencyMs, INTERVAL_MS, i, shares))
  return {
    name: 'miners',
    svg: toSvg({
      title: 'Whose blocks go stale (Δ/T = 5 %)',
      x: {
        label: 'share of the hash rate',
        min: 0,
        max: 0.55,
        ticks: [0, 0.1, 0.2, 0.3, 0.4, 0.5],
        write: percent,
      },
      y: {
        label: "stale, of the miner's own blocks",
        min: 0,
        max: 0.1,
        ticks: [0, 0.02, 0.04, 0.06, 0.08, 0.1],
        write: percent,
      },
      series: [
        {
          name: '(Δ/T) Σ hⱼ(1 − hᵢ + hⱼ) over the others',
          colour: '#777',
          curve: shares.map((share, i) => [share, predicted[i] ?? 0]),
        },
        { name: `measured, ${found.length} blocks`, colour: COLOURS[1], points },
      ],
    }),
    table: [
      ['share', 'predicted', 'measured (95 %)'],
      ...points.map((point, i) => [percent(point.x), percent(predicted[i] ?? 0), within(point)]),
    ],
  }
}

const ALPHAS = [0.25, 0.3, 0.35, 0.4, 0.45]
const SELFISH_SEEDS = [46, 47, 48, 49]
const SELFISH_BLOCKS = 1_500

async function selfish(): Promise<Figure> {
  const table: string[][] = [['γ', 'α asked', 'found', 'R(found, γ)', 'measured (95 %)']]
  const series: Series[] = [
    {
      name: 'honest',
      colour: '#999',
      dashed: true,
      curve: [
        [0.2, 0.2],
        [0.5, 0.5],
      ],
    },
  ]
  for (const [i, gamma] of [0, 0.5, 1].entries()) {
    const points: Point[] = []
    for (const alpha of ALPHAS) {
      const { predicted, point } = await selfishPoint(alpha, gamma)
      points.push(point)
      table.push([String(gamma), ...[alpha, point.x, predicted].map(percent), within(point)])
    }
    const curve = sampled(0.2, 0.48, alpha => selfishRevenue(alpha, gamma))
    series.push({ name: `γ = ${gamma}`, colour: COLOURS[i] ?? '#000', curve, points })
  }
  return {
    name: 'selfish',
    svg: toSvg({
      title: 'What selfish mining earns',
      x: {
        label: 'α: share of the blocks found',
        min: 0.2,
        max: 0.5,
        ticks: [0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5],
        write: percent,
      },
      y: { label: 'share of the chain', min: 0, max: 0.9, ticks: [0, 0.2, 0.4, 0.6, 0.8], write: percent },
      series,
    }),
    table,
  }
}

/** Each network's luck in finding blocks is taken out: what it earned beside R of what it found, with Student's interval. */
async function selfishPoint(alpha: number, gamma: number): Promise<{ predicted: number; point: Point }> {
  const found: number[] = []
  const strays: number[] = []
  for (const seed of SELFISH_SEEDS) {
    const one = await selfishOutcome(alpha, gamma, [seed], SELFISH_BLOCKS)
    found.push(one.found)
    strays.push(one.revenue - selfishRevenue(one.found, gamma))
  }
  const x = sum(found) / found.length
  const predicted = selfishRevenue(x, gamma)
  const { mean = 0, low, high } = estimate(strays) ?? {}
  const bounds = { low: predicted + (low ?? mean), high: predicted + (high ?? mean) }
  return { predicted, point: { x, y: predicted + mean, ...bounds } }
}

async function doubleSpend(): Promise<Figure> {
  const table: string[][] = [['q', 'z', 'tried', 'predicted', 'measured (95 %)']]
  const series: Series[] = []
  for (const [i, q] of [0.1, 0.2, 0.3].entries()) {
    const found = await apart(47 + i, q, 6_000)
    const points: Point[] = []
    for (const z of [1, 2, 3, 4, 5, 6]) {
      const { tried, won } = doubleSpends(found, z)
      const measured = pointOf(z, won, tried)
      if (won > 0) points.push(measured)
      table.push([percent(q), String(z), String(tried), percent(doubleSpendChance(q, z)), within(measured)])
    }
    const curve = [1, 2, 3, 4, 5, 6].map(z => [z, doubleSpendChance(q, z)] as const)
    series.push({ name: `q = ${percent(q)}`, colour: COLOURS[i] ?? '#000', curve, points })
  }
  return {
    name: 'double-spend',
    svg: toSvg({
      title: 'Double spends that come off against z confirmations',
      legend: 'below',
      x: { label: 'z', min: 0.8, max: 6.2, ticks: [1, 2, 3, 4, 5, 6] },
      y: { label: 'chance', min: 0.0005, max: 2, ticks: [0.001, 0.01, 0.1, 1], log: true, write: percent },
      series,
    }),
    table,
  }
}

/** `count` of `total`, with Wilson's 95 % interval. */
function pointOf(x: number, count: number, total: number): Point {
  return { x, y: count / total, ...wilson(count, total) }
}

function sampled(from: number, to: number, f: (x: number) => number): [number, number][] {
  return Array.from({ length: 57 }, (_, i) => {
    const x = from + ((to - from) * i) / 56
    return [x, f(x)]
  })
}

const percent = (share: number) => `${+(100 * share).toPrecision(3)} %`
const within = ({ y, low, high }: Point) => `${percent(y)} (${percent(low)} … ${percent(high)})`
