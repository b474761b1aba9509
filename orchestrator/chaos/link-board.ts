// What every link should be like now: its planned conditions with all faults in force on top. Where two faults meet on
// one link the stricter wins; healing one leaves the other.

import type { LinkConditions } from '../../node/api.ts'
import type { Cut } from './partition.ts'

/** One direction of a link and its conditions from now on. */
export interface LinkChange {
  readonly from: string
  readonly to: string
  readonly link: LinkConditions
}

export class LinkBoard {
  readonly #planned: (from: string, to: string) => LinkConditions
  /** Fault id → the links it changes, by `from to`. */
  readonly #faults = new Map<string, ReadonlyMap<string, Partial<LinkConditions>>>()

  /** Trace id → the conditions that it has instead of the planned ones, by `from to`. */
  readonly #played = new Map<string, Map<string, Partial<LinkConditions>>>()

  /** `planned` gives the conditions without any fault. */
  constructor(planned: (from: string, to: string) => LinkConditions) {
    this.#planned = planned
  }

  get faults(): readonly string[] {
    return [...this.#faults.keys()]
  }

  /** Puts a fault in force; returns what changes. */
  apply(id: string, links: readonly Cut[], worse: Partial<LinkConditions>): LinkChange[] {
    return this.#changing(links, () => this.#faults.set(id, new Map(links.map(cut => [key(cut), worse]))))
  }

  /** Puts conditions in the place of the planned ones, beside those that the same trace had; returns what changes. */
  put(id: string, links: readonly Cut[], set: Partial<LinkConditions>): LinkChange[] {
    const played = this.#played.get(id) ?? new Map<string, Partial<LinkConditions>>()
    this.#played.set(id, played)
    return this.#changing(links, () => {
      for (const cut of links) played.set(key(cut), { ...played.get(key(cut)), ...set })
    })
  }

  /** Takes a fault out of force; returns what changes (nothing for an unknown id). */
  lift(id: string): LinkChange[] {
    const links = [...(this.#faults.get(id) ?? this.#played.get(id) ?? new Map()).keys()].map(unkey)
    return this.#changing(links, () => {
      this.#faults.delete(id)
      this.#played.delete(id)
    })
  }

  /** The conditions of one direction now. */
  link(from: string, to: string): LinkConditions {
    let link = this.#planned(from, to)
    for (const played of this.#played.values()) {
      const set = played.get(key({ from, to }))
      if (set) link = { ...link, ...set }
    }
    for (const fault of this.#faults.values()) {
      const worse = fault.get(key({ from, to }))
      if (worse) link = stricter(link, worse)
    }
    return link
  }

  /** The faults that cut this pair, in one direction at least. */
  cutBy(from: string, to: string): string[] {
    return [...this.#faults].flatMap(([id, links]) =>
      [key({ from, to }), key({ from: to, to: from })].some(pair => links.get(pair)?.blocked) ? [id] : [],
    )
  }

  #changing(links: readonly Cut[], change: () => void): LinkChange[] {
    const before = links.map(({ from, to }) => this.link(from, to))
    change()
    return links
      .map(({ from, to }) => ({ from, to, link: this.link(from, to) }))
      .filter(({ link }, i) => !same(link, before[i] as LinkConditions))
  }
}

function stricter(link: LinkConditions, worse: Partial<LinkConditions>): LinkConditions {
  const narrow = [link.bandwidthBps, worse.bandwidthBps ?? 0].filter(bps => bps > 0)
  const duplicates = Math.max(link.duplicates ?? 0, worse.duplicates ?? 0)
  return {
    latencyMs: Math.max(link.latencyMs, worse.latencyMs ?? 0),
    jitterMs: Math.max(link.jitterMs, worse.jitterMs ?? 0),
    bandwidthBps: narrow.length > 0 ? Math.min(...narrow) : 0,
    loss: Math.max(link.loss, worse.loss ?? 0),
    ...(duplicates > 0 && { duplicates }),
    blocked: link.blocked || worse.blocked === true,
  }
}

function same(a: LinkConditions, b: LinkConditions): boolean {
  const all = Object.keys({ ...a, ...b }) as (keyof LinkConditions)[]
  return all.every(what => a[what] === b[what])
}

const key = ({ from, to }: Cut) => `${from} ${to}`

function unkey(text: string): Cut {
  const [from = '', to = ''] = text.split(' ')
  return { from, to }
}
