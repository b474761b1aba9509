// A seed → a scenario: a random network, a random schedule of faults, and every safety check. Pure.
//
// Swarm testing (Groce et al., 2012): the seed first picks which features are on at all, then draws from those only.
// A run with everything on hides what needs something to be off.

import { stringify } from 'yaml'
import { parseSpec } from '../spec/load.ts'
import { createRandom, type Random } from '../spec/random.ts'
import type { Spec } from '../spec/schema.ts'
import { chance, ms, pick } from './draws.ts'

export interface FuzzOptions {
  readonly runtime: 'process' | 'sim' | 'docker'
  /** In which all faults begin and end. */
  readonly forMs: number
}

/** As written in YAML. */
type Written = { readonly [key: string]: unknown }

interface Groups {
  readonly [group: string]: { readonly count: number; readonly share?: string }
}

interface Draw {
  readonly random: Random
  readonly options: FuzzOptions
  readonly names: readonly string[]
}

/** Virtual time is cheap; real nodes must find their blocks while somebody waits. */
const INTERVALS_MS = { sim: [500, 1000, 2000, 5000], process: [500], docker: [500] } as const
const NODES = {
  sim: { least: 2, most: 9 },
  process: { least: 2, most: 5 },
  docker: { least: 2, most: 5 },
} as const
/** Steps of each of the two lanes. */
const MOST_STEPS = 3
/** Whatever the difficulty has come to, this many planned intervals are enough to agree. */
const SETTLING_INTERVALS = 120
const LEAST_SETTLING_MS = 60_000
/** By then there is a block two deep, nearly always. */
const SETTLED_INTERVALS = 15

/** The same seed and options give the same spec. */
export function fuzzSpec(seed: number, options: FuzzOptions): Spec {
  const random = createRandom(`netsplit fuzz ${seed}`)
  const { groups, names } = drawNodes(random.fork('nodes'), options)
  const interval = pick(random.fork('interval'), INTERVALS_MS[options.runtime])
  const draw = { random: random.fork('faults'), options, names }
  const lanes = { ...linkLane(draw), ...nodeLane(draw) }
  const quiet = !Object.keys(lanes).some(name => name.startsWith('nodes-'))
  const faults = { ...lanes, ...moreLane({ ...draw, random: random.fork('more') }, quiet) }
  const worsens = Object.values(faults as { [name: string]: Written }).some(step => 'link' in step)
  const written: Written = {
    name: `fuzz-${seed}`,
    seed,
    runtime: options.runtime,
    nodes: groups,
    mining: { hashRate: '100kH/s' },
    chain: { blockInterval: ms(interval), ...drawChain(random.fork('chain')) },
    topology: drawTopology(random.fork('topology'), names.length),
    // A fault on lossy links is measured by chance, too, and now and then chance says no.
    links: { ...drawLinks(random.fork('links')), ...(worsens && { loss: '0%' }) },
    load: { tx: pick(random.fork('load'), ['0/s', '1/s', '3/s']) },
    faults:
      Object.keys(faults).length > 0
        ? faults
        : { split: { partition: 'halves', ...lasting(draw, 0.1, 0.3) } },
    expect: expectations(faults, interval),
  }
  return parseSpec(stringify(written), `fuzz seed ${seed}`, {})
}

/** All miners alike, or one that has as much as the others together; and sometimes nodes that do not mine. */
function drawNodes(random: Random, { runtime }: FuzzOptions): { groups: Written; names: string[] } {
  const { least, most } = NODES[runtime]
  const count = least + random.int(most - least + 1)
  const watchers = chance(random, 0.3) && count > 2 ? 1 + random.int(Math.min(2, count - 2)) : 0
  const miners = count - watchers
  const whale = chance(random, 0.3) && miners > 1
  const groups: Groups = whale
    ? { whale: { count: 1, share: '50%' }, miners: { count: miners - 1, share: '50%' } }
    : { miners: { count: miners, share: '100%' } }
  const all: Groups = watchers > 0 ? { ...groups, watchers: { count: watchers } } : groups
  const names = Object.entries(all).flatMap(([group, { count }]) =>
    Array.from({ length: count }, (_, i) => `${group}-${i + 1}`),
  )
  return { groups: all, names }
}

function drawChain(random: Random): Written {
  const rule = pick(random, ['asert', 'asert', 'fixed', 'bitcoin'])
  return {
    maturity: 1 + random.int(5),
    halvingInterval: pick(random, [7, 50, 1000]),
    ...(chance(random, 0.3) && { maxBlockWeight: pick(random, [8000, 20_000]) }),
    difficulty: {
      rule,
      ...(rule === 'asert' && { halfLife: pick(random, ['10s', '60s', '10m']) }),
      ...(rule === 'bitcoin' && { window: pick(random, [5, 20]) }),
    },
  }
}

function drawTopology(random: Random, count: number): Written {
  return {
    kind: pick(
      random,
      count > 3 ? ['full', 'ring', 'star', 'random-regular', 'discovered'] : ['full', 'star'],
    ),
  }
}

function drawLinks(random: Random): Written {
  return {
    latency: ms(pick(random, [0, 5, 20, 100])),
    jitter: ms(pick(random, [0, 1, 10])),
    ...(chance(random, 0.3) && { bandwidth: pick(random, ['1Mbit', '10Mbit']) }),
    loss: pick(random, ['0%', '0%', '1%', '5%']),
  }
}

/** Partitions and bad links: they may lie on top of each other. */
function linkLane(draw: Draw): Written {
  const { random, names } = draw
  const kinds = [
    ...(chance(random, 0.6) ? [() => ({ partition: drawPartition(random, names) })] : []),
    ...(chance(random, 0.4) ? [() => ({ link: drawWorse(random, names) })] : []),
  ]
  return Object.fromEntries(
    steps(random, kinds).map((fault, i) => [`links-${i + 1}`, { ...fault, ...lasting(draw, 0.05, 0.3) }]),
  )
}

/** What happens to nodes, one after the other: a node that is down already cannot be killed. */
function nodeLane(draw: Draw): Written {
  const { random, names } = draw
  const orders = (['kill', 'stop', 'restart', 'pause'] as const).filter(() => chance(random, 0.4))
  const kinds = orders.map(order => () => ({ [order]: drawSome(random, names).join(',') }))
  return Object.fromEntries(
    steps(random, kinds).map((fault, i) => {
      const { at, for: lasts } = lasting(draw, 0.03, 0.15)
      const begins = i === 0 ? { at } : { after: `nodes-${i}` }
      return [`nodes-${i + 1}`, { ...fault, ...begins, ...(!('restart' in fault) && { for: lasts }) }]
    }),
  )
}

/** One of the rarer kinds; those that take nodes down, or want them up, only where no other step takes them down. */
function moreLane(draw: Draw, quiet: boolean): Written {
  const { random, names } = draw
  if (!chance(random, 0.4)) return {}
  const { at, for: lasts } = lasting(draw, 0.1, 0.3)
  const skew = `${chance(random, 0.5) ? '-' : ''}${1 + random.int(10)}s`
  const kinds: readonly Written[] = [
    { flapping: { cut: drawPartition(random, names), period: ms(2000 + random.int(4000)) }, for: lasts },
    ...(quiet
      ? [
          { reset: 'all' },
          { 'clock-skew': { nodes: drawSome(random, names).join(','), by: skew }, for: lasts },
          { churn: { nodes: 'all', rate: '20/m', away: '2s' }, for: lasts },
          { 'rolling-restart': drawSome(random, names).join(',') },
        ]
      : []),
  ]
  return { more: { ...pick(random, kinds), at } }
}

/** Some draws from the kinds that are on. */
function steps(random: Random, kinds: readonly (() => Written)[]): Written[] {
  const count = kinds.length === 0 ? 0 : 1 + random.int(MOST_STEPS)
  return Array.from({ length: count }, () => pick(random, kinds)())
}

/** Begins in the first two thirds of the time, and lasts between these shares of it. */
function lasting({ random, options }: Draw, least: number, most: number): { at: string; for: string } {
  const at = random.float() * 0.65 * options.forMs
  const lasts = (least + random.float() * (most - least)) * options.forMs
  return { at: ms(Math.round(at)), for: ms(Math.max(100, Math.round(lasts))) }
}

function drawPartition(random: Random, names: readonly string[]): string {
  const one = pick(random, names)
  const other = pick(
    random,
    names.filter(name => name !== one),
  )
  const shapes = ['halves', `${one} | rest`, `${one} -> rest`, `rest -> ${one}`, `${one} <-> ${other}`]
  if (names.length >= 3) shapes.push('minority-third', 'bridge', `${one} | ${other} | rest`)
  if (names.length >= 5) shapes.push('ring-of-majorities')
  return pick(random, shapes)
}

/** Loss is drawn for the planned links only: a fault's is measured by volleys, which other faults on the link would bend. */
function drawWorse(random: Random, names: readonly string[]): Written {
  const [one, other] = drawSome(random, names)
  const on = pick(random, [
    'all',
    one,
    ...(other === undefined ? [] : [`${one} -> ${other}`, `${one} <-> ${other}`]),
  ])
  const worse = {
    ...(chance(random, 0.5) && { latency: ms(50 + random.int(950)) }),
    ...(chance(random, 0.3) && { jitter: ms(1 + random.int(50)) }),
    ...(chance(random, 0.3) && { bandwidth: pick(random, ['64kbit', '256kbit']) }),
  }
  return { on, ...(Object.keys(worse).length > 0 ? worse : { latency: '200ms' }) }
}

/** One node at least; every node now and then. */
function drawSome(random: Random, names: readonly string[]): string[] {
  if (chance(random, 0.15)) return [...names]
  const first = pick(random, names)
  return [first, ...names.filter(name => name !== first && chance(random, 0.25))]
}

/** All that must hold whatever happens, and that the network comes back to life. */
function expectations(faults: Written, intervalMs: number): Written {
  const settlingMs = Math.max(LEAST_SETTLING_MS, SETTLING_INTERVALS * intervalMs)
  const soon = { within: `${ms(settlingMs)} after heal` }
  const [only, ...more] = Object.values(faults as { [name: string]: Written })
  const settled = more.length === 0 && Number.parseInt(String(only?.at), 10) > SETTLED_INTERVALS * intervalMs
  const ends = Object.values(faults as { [name: string]: Written }).some(
    step => step.kill ?? step.stop ?? step.restart ?? step['rolling-restart'],
  )
  return {
    converges: soon,
    'height-advances': soon,
    'one-tip': soon,
    'tx-confirms-within': { within: `${ms(2 * settlingMs)} after heal` },
    chain: soon,
    supply: soon,
    'no-double-spend': soon,
    'most-work': soon,
    'no-error-logs': {},
    'no-blame': {},
    ...(ends && { 'restarts-keep-blocks': soon }),
    // Where faults overlap, what a few nodes agreed on may be lost with reason: the others were away with more work.
    ...(settled && { 'nothing-lost': { depth: 2, ...soon } }),
  }
}
