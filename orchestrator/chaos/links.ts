// The links of a network that is being broken: changes them, and measures that they changed.
//
// Probes run side by side while other faults come and go. So every change is stamped, and a probe judges only what nobody
// has changed since it began: whoever changed the rest measures it.

import type { LinkConditions } from '../../node/api.ts'
import { Lanes } from '../lanes.ts'
import type { Breakable } from './breakable.ts'
import { LinkBoard } from './link-board.ts'
import { type Finding, measureLinks, together } from './measure.ts'
import type { Cut } from './partition.ts'
import { listen, type Probed, probe } from './probe.ts'
import { weigh } from './weigh.ts'

/** A ping and its pong, four times over, on an unhurried machine. */
const PROBE_ROUND_TRIPS = 4
const PROBE_MARGIN_MS = 1500
/** Faults that are measured side by side, and questions to nodes that are out at once. */
const PROBES = 4
const QUESTIONS = 32
/** So often a probe begins anew because others changed all that it was to judge. */
const TRIES = 5
/** A lost peer is dialled again after at most 75 s; then there is the handshake. */
const RECONNECT_MS = 90_000
const POLL_MS = 100
/** Connections that are named when they do not come back. */
const NAMED = 3

export class Links {
  readonly #network: Breakable
  readonly #board: LinkBoard
  readonly #probed: Probed
  readonly #probes = new Lanes(PROBES)
  /** When a directed pair or a node was last changed, by `from to` or name. */
  readonly #stamps = new Map<string, number>()
  #now = 0

  constructor(network: Breakable) {
    this.#network = network
    this.#board = new LinkBoard(network.planned)
    const questions = new Lanes(QUESTIONS)
    this.#probed = {
      running: () => network.running(),
      nodeAt: address => network.nodeAt(address),
      rpc: (node, method, params) => questions.run(() => network.rpc(node, method, params)),
      nowMs: () => network.nowMs(),
      wait: (ms, signal) => network.wait(ms, signal),
    }
  }

  async apply(id: string, cuts: readonly Cut[], worse: Partial<LinkConditions>): Promise<void> {
    this.#stamp(cuts.map(pairOf))
    await this.#network.setLinks(this.#board.apply(id, cuts, worse))
    this.#stamp(cuts.map(pairOf))
  }

  async lift(id: string): Promise<void> {
    const changes = this.#board.lift(id)
    this.#stamp(changes.map(pairOf))
    await this.#network.setLinks(changes)
    this.#stamp(changes.map(pairOf))
  }

  /** A node's phase or machine is about to change, or has changed. */
  disturbed(nodes: readonly string[]): void {
    this.#stamp(nodes)
  }

  /** The conditions of one direction now. */
  link(from: string, to: string): LinkConditions {
    return this.#board.link(from, to)
  }

  /** Probes all connections. `touched`: pairs whose conditions a fault set, whose round trips must show it. */
  async measure(touched: readonly Cut[], signal?: AbortSignal): Promise<Finding> {
    for (let attempt = 1; ; attempt++) {
      const since = this.#now
      const changed = (pair: Cut) => this.#changedSince(pair, since)
      const heard = await this.#probes.run(() =>
        probe(this.#probed, pair => this.silent(pair) && !changed(pair), this.#timeoutMs(touched), signal),
      )
      const left = touched.filter(pair => !changed(pair))
      const finding = measureLinks({
        heard: heard.filter(pair => !changed(pair)),
        blocked: pair => this.silent(pair),
        linkOf: ({ from, to }) => this.link(from, to),
        touched: left,
      })
      if (touched.length === 0 || signal?.aborted) return finding
      if (left.length > 0) return await this.#weighed(finding, left, changed, signal)
      if (attempt === TRIES)
        return { ...finding, verified: false, measured: 'other faults changed the same links all the time' }
    }
  }

  /**
   * Waits until the kept connections that `concerned` picks are there again, as far as their nodes run and their links
   * carry. Undefined: there are none. Gives up when `signal` aborts.
   */
  async reconnected(concerned: (pair: Cut) => boolean, signal?: AbortSignal): Promise<Finding | undefined> {
    const deadlineMs = this.#network.nowMs() + RECONNECT_MS
    for (;;) {
      const wanted = this.#possible().filter(concerned)
      if (wanted.length === 0) return undefined
      const nodes = [...new Set(wanted.map(({ from }) => from))]
      const there = new Set((await listen(this.#probed, nodes)).map(pairOf))
      const missing = wanted.filter(pair => !there.has(pairOf(pair)))
      if (missing.length === 0 || this.#network.nowMs() >= deadlineMs || signal?.aborted)
        return backFinding(wanted, missing)
      await this.#network.wait(POLL_MS, signal)
    }
  }

  /** A link that carries is tried with a load where the fault made it thin or lossy. */
  async #weighed(
    finding: Finding,
    pairs: readonly Cut[],
    changed: (pair: Cut) => boolean,
    signal: AbortSignal | undefined,
  ): Promise<Finding> {
    const linkOf = ({ from, to }: Cut) => this.link(from, to)
    const open = pairs.filter(pair => !this.silent(pair))
    const weighed = await weigh(this.#network, this.#probed, open, linkOf, changed, signal)
    return weighed.reduceRight((all, each) => together(each, all), finding)
  }

  /** Every connection now, with the number that its node gave it. */
  connections(nodes: readonly string[]): ReturnType<typeof listen> {
    return listen(this.#probed, nodes)
  }

  /** Nothing that one end says to the other is answered. */
  silent({ from, to }: Cut): boolean {
    return this.link(from, to).blocked || this.link(to, from).blocked || this.#network.paused().includes(to)
  }

  #possible(): Cut[] {
    const running = new Set(this.#network.running())
    return this.#network
      .kept()
      .filter(pair => running.has(pair.from) && running.has(pair.to) && !this.silent(pair))
  }

  #timeoutMs(touched: readonly Cut[]): number {
    const slowestMs = touched.reduce((most, { from, to }) => {
      const { latencyMs, jitterMs } = this.link(from, to)
      return Math.max(most, latencyMs + 3 * jitterMs)
    }, this.#network.slowestLinkMs)
    return PROBE_ROUND_TRIPS * 2 * slowestMs + PROBE_MARGIN_MS
  }

  #stamp(what: readonly string[]): void {
    this.#now++
    for (const each of what) this.#stamps.set(each, this.#now)
  }

  #changedSince({ from, to }: Cut, since: number): boolean {
    const keys = [from, to, `${from} ${to}`, `${to} ${from}`]
    return keys.some(key => (this.#stamps.get(key) ?? 0) > since)
  }
}

function backFinding(wanted: readonly Cut[], missing: readonly Cut[]): Finding {
  const named = missing.slice(0, NAMED).map(({ from, to }) => `${from} – ${to}`)
  const back = `${wanted.length - missing.length} of ${wanted.length} there`
  return {
    asked: `${wanted.length} kept connections there`,
    measured: named.length === 0 ? back : `${back}, not ${named.join(', ')}`,
    verified: missing.length === 0,
  }
}

const pairOf = ({ from, to }: Cut) => `${from} ${to}`
