// What faults do to the ledger, fault by fault as it happens: tips, blocks, reorganisations while one is in force, and how long it
// takes until the nodes agree again. The same for screens, documents and the report.

import type { ObservedEvent } from '../../../observe/events.ts'
import type { Folded } from '../../../observe/folded.ts'
import type { FaultState } from '../../../observe/state.ts'
import type { BlockState, Effect } from '../state.ts'
import { isStale, type Older } from './older.ts'
import { Standing } from './standing.ts'

/** Of one fault, as far as it is counted when it happens. Blocks are counted when they are asked for: they may go stale later. */
interface Counted extends Pick<Effect, 'tips' | 'reorgs' | 'reorgMaxDepth' | 'agreedAfterMs'> {
  readonly id: string
  readonly fromMs: number
  readonly toMs: number | undefined
}

/** As many as the state has faults. */
const MOST = 200

/** Its holder alone has it; its lists are replaced, and its standing is copied before it is written unless it is `own`. */
export interface Effects {
  counted: readonly Counted[]
  standing: Standing
  own: boolean
  /** Of the newest event. */
  seenMs: number
  /** The network went down: nothing counts any more. */
  over: boolean
}

export const noEffects = (): Effects => ({
  counted: [],
  standing: new Standing(),
  own: true,
  seenMs: Number.NEGATIVE_INFINITY,
  over: false,
})

/** For another holder. */
export const lentEffects = (effects: Effects): Effects => ({ ...effects, own: false })

/** Takes in an event, after the network and its nodes have. */
export function foldEffects(
  effects: Effects,
  observed: ObservedEvent,
  network: Pick<Folded, 'nodes' | 'places'>,
) {
  if (effects.over) return
  const { node, timeMs, event } = observed
  effects.seenMs = Math.max(effects.seenMs, timeMs)
  switch (event.type) {
    case 'fault-started':
      effects.counted = [...effects.counted.slice(1 - MOST), begun(event.id, timeMs)]
      break
    case 'fault-ended':
      ended(effects, event.id, timeMs)
      break
    case 'reorg':
      if (node !== undefined) change(effects, each => reorganised(each, event.depth, timeMs))
      break
    case 'tip':
      if (node !== undefined) stand(effects, timeMs, standing => standing.stands(node, event.hash, timeMs))
      break
    case 'node-exited':
    case 'node-paused':
      stand(effects, timeMs, standing => standing.leaves(event.node, timeMs))
      break
    case 'node-resumed': {
      const tip = network.nodes[network.places.get(event.node) ?? -1]?.systems.ledger.tip
      if (tip !== undefined) stand(effects, timeMs, standing => standing.stands(event.node, tip, timeMs))
      break
    }
    case 'network-stopping':
      close(effects, timeMs)
  }
}

const begun = (id: string, fromMs: number): Counted => ({
  ...{ id, fromMs, toMs: undefined },
  ...{ tips: 1, reorgs: 0, reorgMaxDepth: 0, agreedAfterMs: undefined },
})

function change(effects: Effects, to: (each: Counted) => Counted): void {
  effects.counted = effects.counted.map(to)
}

/** The last of that name. */
function ended(effects: Effects, id: string, timeMs: number): void {
  const at = effects.counted.findLastIndex(each => each.id === id)
  const fault = effects.counted[at]
  if (!fault) return
  const agreedAfterMs = effects.standing.openSinceMs === undefined ? 0 : undefined
  const { tips = 1 } = effects.standing.open(timeMs) ?? {}
  effects.counted = effects.counted.with(at, {
    ...fault,
    ...{ toMs: timeMs, agreedAfterMs, tips: Math.max(fault.tips, tips) },
  })
}

const isOpen = ({ toMs, agreedAfterMs }: Counted) => toMs === undefined || agreedAfterMs === undefined

/** Until the nodes agree again; the event of the last that came over is of the same moment. */
function reorganised(each: Counted, depth: number, timeMs: number): Counted {
  const { fromMs, toMs, agreedAfterMs } = each
  const settledMs = isOpen(each) ? Number.POSITIVE_INFINITY : (toMs ?? 0) + (agreedAfterMs ?? 0)
  if (timeMs < fromMs || timeMs > settledMs) return each
  return { ...each, reorgs: each.reorgs + 1, reorgMaxDepth: Math.max(each.reorgMaxDepth, depth) }
}

function stand(effects: Effects, timeMs: number, move: (standing: Standing) => void): void {
  const before = effects.standing.openSinceMs
  const open = before === undefined ? undefined : effects.standing.open(timeMs)
  if (!effects.own) effects.standing = effects.standing.clone()
  effects.own = true
  move(effects.standing)
  if (before === undefined || effects.standing.openSinceMs === before) return
  if (effects.counted.some(isOpen)) change(effects, each => agreed(each, timeMs, open))
}

/** The nodes stand on one tip again; `open`: when they had not for longer than a block is on its way. */
function agreed(each: Counted, timeMs: number, open: { fromMs: number; tips: number } | undefined): Counted {
  const { fromMs, toMs } = each
  if (!isOpen(each)) return each
  const met = open !== undefined && fromMs < timeMs && open.fromMs < (toMs ?? Number.POSITIVE_INFINITY)
  const tips = met ? Math.max(each.tips, open.tips) : each.tips
  if (toMs === undefined) return { ...each, tips }
  return { ...each, tips, agreedAfterMs: open === undefined ? 0 : timeMs - toMs }
}

/** What was not agreed when the network went down never was. */
function close(effects: Effects, timeMs: number): void {
  const open = effects.standing.open(timeMs)
  change(effects, each => {
    const { agreedAfterMs: _, ...rest } = agreed(each, timeMs, open)
    const short = open === undefined && each.toMs !== undefined ? 0 : undefined
    return { ...rest, agreedAfterMs: each.agreedAfterMs ?? short }
  })
  effects.over = true
}

interface Blocks {
  readonly older: Older
  readonly blocks: readonly BlockState[]
}

/** One for each fault, in their order. */
export function effectsOf(effects: Effects, faults: readonly FaultState[], forks: Blocks): readonly Effect[] {
  if (faults.length === 0) return NONE
  const open = effects.over ? undefined : effects.standing.open(effects.seenMs)
  const before = olderTimes(forks.older)
  const recent = timesOf(forks.blocks)
  return faults.map(({ id, fromMs, toMs }) => {
    const known = effects.counted.find(each => each.id === id && each.fromMs === fromMs) ?? begun(id, fromMs)
    const endMs = toMs ?? Number.POSITIVE_INFINITY
    const [old, now] = [within(before, fromMs, endMs), within(recent, fromMs, endMs)]
    const { reorgs, reorgMaxDepth, agreedAfterMs } = known
    const goesOn = open && isOpen(known) && open.fromMs < endMs
    return {
      tips: goesOn ? Math.max(known.tips, open.tips) : known.tips,
      blocks: old.blocks + now.blocks,
      staleBlocks: old.stale + now.stale,
      ...(before.fromMs !== undefined && fromMs < before.fromMs && { some: true as const }),
      ...{ reorgs, reorgMaxDepth, agreedAfterMs },
    }
  })
}

const NONE: readonly Effect[] = []

/** Blocks by when they were seen first, and how many up to each are stale. */
interface Times {
  readonly atMs: readonly number[]
  readonly stale: readonly number[]
  /** Blocks before are not among them; undefined: all are. */
  readonly fromMs?: number | undefined
}

type Timed = Pick<BlockState, 'firstSeenMs' | 'active' | 'connected' | 'rejected'>

function timesOf(blocks: Iterable<Timed>): Times {
  const sorted = [...blocks].sort((a, b) => a.firstSeenMs - b.firstSeenMs)
  let count = 0
  return {
    atMs: sorted.map(({ firstSeenMs }) => firstSeenMs),
    stale: sorted.map(block => (count += block.rejected === undefined && isStale(block) ? 1 : 0)),
  }
}

/** Old blocks seldom change, and are asked of ten times a second. */
const cached = new WeakMap<object, { readonly key: string; readonly times: Times }>()

function olderTimes({ lean, blocks, stale, top }: Older): Times {
  const key = `${blocks} ${stale} ${top}`
  const known = cached.get(lean)
  if (known?.key === key) return known.times
  const times = timesOf(lean.values())
  const made = { ...times, fromMs: blocks > lean.size ? times.atMs[0] : undefined }
  cached.set(lean, { key, times: made })
  return made
}

function within({ atMs, stale }: Times, fromMs: number, toMs: number) {
  const [first, end] = [placeFor(atMs, fromMs), placeFor(atMs, toMs)]
  const upTo = (place: number) => (place === 0 ? 0 : (stale[place - 1] ?? 0))
  return { blocks: end - first, stale: upTo(end) - upTo(first) }
}

/** How many are below. */
function placeFor(sorted: readonly number[], ms: number): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] ?? 0) < ms) low = middle + 1
    else high = middle
  }
  return low
}
