// A network on paper that obeys: links that are set, nodes that are ordered about, connections that are closed and dialled again.
// Time is vitest's; what it was told and what it told can be read.

import { vi } from 'vitest'
import type { LinkConditions } from '../../node/api.ts'
import { PERFECT_LINK } from '../../node/core/link.ts'
import type { Breakable } from '../../orchestrator/chaos/breakable.ts'
import { Chaos } from '../../orchestrator/chaos/chaos.ts'
import { UserError } from '../../orchestrator/errors.ts'
import { pause } from '../../orchestrator/network/node-client.ts'
import type { TestnetEvent } from '../../orchestrator/observe/events.ts'
import { breakableDouble } from './breakable-double.ts'

const DELAY_MS = 10
const PLANNED: LinkConditions = { ...PERFECT_LINK, latencyMs: DELAY_MS }

interface PaperParts extends Partial<Breakable> {
  /** Pairs that have no connection and keep none. */
  unconnected?: (node: string, other: string) => boolean
}

export class PaperBreakable {
  readonly chaos: Chaos
  readonly orders: string[] = []
  readonly events: TestnetEvent[] = []
  readonly running: Set<string>
  readonly paused = new Set<string>()
  /** Who is told what, `kill a`, and does not do it. */
  readonly deaf = new Set<string>()
  readonly names: string[]
  readonly #links = new Map<string, LinkConditions>()
  /** Unordered pair → the number of its connection. */
  readonly #connections = new Map<string, number>()
  #next = 1

  readonly #unconnected: NonNullable<PaperParts['unconnected']>

  constructor(names: readonly string[], { unconnected = () => false, ...parts }: PaperParts = {}) {
    this.#unconnected = unconnected
    this.names = [...names]
    this.running = new Set(names)
    this.chaos = new Chaos(
      breakableDouble({
        roster: () => ({ nodes: [...this.names], groups: new Map() }),
        running: () => [...this.running],
        paused: () => [...this.paused],
        planned: () => PLANNED,
        slowestLinkMs: DELAY_MS,
        kept: () => this.#pairs(),
        wait: pause,
        observe: event => this.events.push(event),
        setLinks: async changes => {
          for (const { from, to, link } of changes) this.#links.set(`${from} ${to}`, link)
        },
        order: async (node, order) => this.#obey(node, order),
        reset: async pairs => {
          for (const { from, to } of pairs) this.#connections.delete(unordered(from, to))
        },
        rpc: async (node, method) => (method === 'getlinkinfo' ? this.#peersOf(node) : null),
        ...parts,
      }),
    )
  }

  /** The outcome of `work` while time passes. */
  async during<T>(work: Promise<T>): Promise<T> {
    let over = false
    const done = work.finally(() => {
      over = true
    })
    done.catch(() => {})
    while (!over) await vi.advanceTimersByTimeAsync(50)
    return await done
  }

  blocked(from: string, to: string): boolean {
    return this.#links.get(`${from} ${to}`)?.blocked === true
  }

  told(type: TestnetEvent['type']): TestnetEvent[] {
    return this.events.filter(event => event.type === type)
  }

  #obey(node: string, order: string): void {
    this.orders.push(`${order} ${node}`)
    if (this.deaf.has(`${order} ${node}`)) throw new UserError(2, `${node} does not ${order}`)
    const [phase, wanted] = [this.running.has(node), order !== 'start' && order !== 'resume']
    if (phase !== wanted) throw new UserError(2, `${node} cannot ${order} now`)
    if (order === 'pause') this.paused.add(node)
    if (order === 'resume') this.paused.delete(node)
    if (wanted) this.running.delete(node)
    else this.running.add(node)
    for (const other of this.names) this.#connections.delete(unordered(node, other))
  }

  #pairs() {
    const all = this.names.flatMap((from, i) => this.names.slice(i + 1).map(to => ({ from, to })))
    return all.filter(({ from, to }) => !this.#unconnected(from, to))
  }

  #peersOf(node: string) {
    const there = this.names.filter(
      name =>
        name !== node && !this.#unconnected(node, name) && (this.running.has(name) || this.paused.has(name)),
    )
    return there.map(other => {
      const id = this.#connections.get(unordered(node, other)) ?? this.#next++
      this.#connections.set(unordered(node, other), id)
      const delays = [`${node} ${other}`, `${other} ${node}`].map(key => this.#links.get(key) ?? PLANNED)
      const silent = this.paused.has(other) || delays.some(({ blocked }) => blocked)
      const pingtime = (delays.reduce((sum, { latencyMs }) => sum + latencyMs, 0) + 1) / 1000
      return { id, addr: other, pingtime, ...(silent && { pingwait: 1 }) }
    })
  }
}

function unordered(a: string, b: string): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`
}
