// What stands between nodes: the links that are not as planned, the sides of the partitions in force, and who was kept
// from whom since when, so that an arrival after a cut is not taken for slow propagation.

import type { LinkConditions } from '../../node/api.ts'
import { PlannedLinks, sameConditions } from '../network/planned-links.ts'
import type { Plan } from '../spec/types.ts'
import type { FaultState, LinkState, NodeState } from './state.ts'

/** Links listed in a snapshot. */
export const MAX_LINKS = 2000
/** Past splits remembered: blocks of a time before them are no longer in detail, or are few. */
const MAX_EPOCHS = 64

/** A time in which nodes of different sides could not reach each other. */
interface Epoch {
  readonly fromMs: number
  /** Infinite while it lasts. */
  readonly toMs: number
  readonly sideOf: ReadonlyMap<string, number>
}

export interface Split {
  /** Knows newcomers once they are admitted, which only adds to it. */
  readonly planned: PlannedLinks
  /** `from to` → what is not as planned. */
  readonly links: ReadonlyMap<string, LinkState>
  readonly epochs: readonly Epoch[]
  /** Node → when it was last paused, and until when. */
  readonly pauses: ReadonlyMap<string, { readonly fromMs: number; readonly toMs: number }>
}

export function noSplit(plan: Plan): Split {
  return { planned: new PlannedLinks(plan), links: new Map(), epochs: [], pauses: new Map() }
}

/** One direction of a link changed. With `fresh` the table may be written in place where nobody else holds it. */
export function linkChanged(
  split: Split,
  { from, to, link }: { readonly from: string; readonly to: string; readonly link: LinkConditions },
  fresh: WeakSet<object> | undefined,
): Split {
  const own = fresh?.has(split.links) ? (split.links as Map<string, LinkState>) : new Map(split.links)
  fresh?.add(own)
  const key = `${from} ${to}`
  if (sameConditions(link, split.planned.between(from, to))) own.delete(key)
  else own.set(key, { from, to, conditions: link, blocked: link.blocked })
  return own === split.links ? split : { ...split, links: own }
}

/** Tables are never written to once they are in a snapshot, so each is listed once. */
const LISTS = new WeakMap<Split['links'], readonly LinkState[]>()

export function listed({ links }: Split): readonly LinkState[] {
  const known = LISTS.get(links)
  if (known) return known
  const list = [...links.values()].slice(0, MAX_LINKS)
  LISTS.set(links, list)
  return list
}

/** The sides that the faults in force make, after one of them began or ended. */
export function sidesChanged(split: Split, faults: readonly FaultState[], timeMs: number): Split {
  const sideOf = sidesOf(faults)
  const epochs = split.epochs.map(epoch =>
    epoch.toMs === Number.POSITIVE_INFINITY ? { ...epoch, toMs: timeMs } : epoch,
  )
  if (sideOf.size > 0) epochs.push({ fromMs: timeMs, toMs: Number.POSITIVE_INFINITY, sideOf })
  return { ...split, epochs: epochs.slice(-MAX_EPOCHS) }
}

/** Nodes with the side that they are on now. */
export function withSides(nodes: readonly NodeState[], { epochs }: Split): readonly NodeState[] {
  const last = epochs.at(-1)
  const now = last?.toMs === Number.POSITIVE_INFINITY ? last.sideOf : undefined
  return nodes.map(node => {
    const side = now?.get(node.name)
    return side === node.side ? node : { ...node, side }
  })
}

export function paused(split: Split, node: string, fromMs: number): Split {
  const toMs = Number.POSITIVE_INFINITY
  return { ...split, pauses: new Map(split.pauses).set(node, { fromMs, toMs }) }
}

export function resumed(split: Split, node: string, toMs: number): Split {
  const pause = split.pauses.get(node)
  return pause ? { ...split, pauses: new Map(split.pauses).set(node, { ...pause, toMs }) } : split
}

/** Was there a time in between when nothing of `origin` could come to `node`? */
export function wereApart(
  { epochs, pauses }: Split,
  origin: string | undefined,
  node: string,
  fromMs: number,
  toMs: number,
): boolean {
  const meets = (time: { readonly fromMs: number; readonly toMs: number }) =>
    time.fromMs < toMs && fromMs < time.toMs
  const pause = pauses.get(node)
  if (pause && meets(pause)) return true
  if (origin === undefined) return false
  return epochs.some(epoch => {
    const [here, there] = [epoch.sideOf.get(node), epoch.sideOf.get(origin)]
    return here !== undefined && there !== undefined && here !== there && meets(epoch)
  })
}

/** Node → its side; where several partitions are in force, nodes on the same side of all of them are together. */
function sidesOf(faults: readonly FaultState[]): ReadonlyMap<string, number> {
  const keys = new Map<string, string>()
  for (const { sides, toMs } of faults) {
    if (toMs !== undefined || sides === undefined) continue
    sides.forEach((side, i) => {
      const number = String(i).padStart(4, '0') // so that they sort as numbers do
      for (const name of side) keys.set(name, `${keys.get(name) ?? ''}/${number}`)
    })
  }
  const numbers = new Map<string, number>()
  for (const key of [...new Set(keys.values())].sort()) numbers.set(key, numbers.size)
  return new Map([...keys].map(([name, key]) => [name, numbers.get(key) ?? 0]))
}
