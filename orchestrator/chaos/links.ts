// The links of a network that is being broken: changes them, and measures that they changed.
//
// Probes run side by side while other faults come and go. So every change is stamped, and a probe judges only what nobody
// has changed since it began: whoever changed the rest measures it. A fault of which nothing is left to judge, since others
// had its nodes or links all the while, is neither verified nor said not to have taken: it was disturbed, and by whom is known.

import type { LinkConditions } from '../../node/api.ts'
import { mostOf } from '../extremes.ts'
import { plural } from '../format.ts'
import { Lanes } from '../lanes.ts'
import { slowRoundTripMs } from '../network/patience.ts'
import type { Breakable } from './breakable.ts'
import { LinkBoard } from './link-board.ts'
import { disturbed, type Finding, measureLinks, together, unmeasured } from './measure.ts'
import type { Cut } from './partition.ts'
import { LATE_MS, listen, type Probed, probe, strangersAt } from './probe.ts'
import { wayRound } from './strangers.ts'
import { weigh } from './weigh.ts'
import { type AskedLine, weighLines } from './weigh-lines.ts'

/** A ping and its pong, four times over, on an unhurried machine. */
const PROBE_ROUND_TRIPS = 4
const PROBE_MARGIN_MS = 1500
/** What a cut held back may be in front of a ping: answers of 2,000 headers, two each way. */
const HELD_BACK_BYTES = 4 * 162_000
/** Faults that are measured side by side, and questions to nodes that are out at once. */
const PROBES = 4
const QUESTIONS = 32
/** So often a probe begins anew because others changed all that it was to judge. */
const TRIES = 5
/** A lost peer is dialled again after at most 75 s; then there is the handshake. */
const RECONNECT_MS = 90_000
/** What both take over links slower than usual. */
const RECONNECT_ROUND_TRIPS = 4
const POLL_MS = 100
/** A link that is being weighed is changed when that is over, or after this. */
const LOAD_MS = 5_000
/** Connections that are named when they do not come back. */
const NAMED = 3

interface Load {
  /** `from to`. */
  readonly pairs: ReadonlySet<string>
  readonly through: Promise<unknown>
}

export class Links {
  readonly #network: Breakable
  readonly #board: LinkBoard
  readonly #probed: Probed
  readonly #probes = new Lanes(PROBES)
  /** When a directed pair or a node was last changed, by `from to` or name, and by which fault. */
  readonly #stamps = new Map<string, { readonly at: number; readonly by: string }>()
  /** Node → the fault that took it down or froze it. */
  readonly #away = new Map<string, string>()
  /** Loads of measurements that are under way. */
  readonly #loads = new Set<Load>()
  #now = 0

  constructor(network: Breakable) {
    this.#network = network
    this.#board = new LinkBoard(network.planned)
    const questions = new Lanes(QUESTIONS)
    this.#probed = {
      running: () => network.running(),
      nodeAt: address => network.nodeAt(address),
      programAt: address => network.programAt?.(address),
      isThere: node => network.running().includes(node) || network.paused().includes(node),
      rpc: (node, method, params) => questions.run(() => network.rpc(node, method, params)),
      nowMs: () => network.nowMs(),
      wait: (ms, signal) => network.wait(ms, signal),
    }
  }

  async apply(id: string, cuts: readonly Cut[], worse: Partial<LinkConditions>): Promise<void> {
    if (this.#loads.size > 0) await this.#letThrough(cuts)
    this.#stamp(cuts.map(pairOf), id)
    await this.#network.setLinks(this.#board.apply(id, cuts, worse))
    this.#stamp(cuts.map(pairOf), id)
  }

  /** The same fault on more links: what it had stays, so whoever measures that goes on. */
  async extend(id: string, cuts: readonly Cut[], worse: Partial<LinkConditions>): Promise<void> {
    const changes = this.#board.apply(id, cuts, worse)
    this.#stamp(changes.map(pairOf), id)
    await this.#network.setLinks(changes)
    this.#stamp(changes.map(pairOf), id)
  }

  /** A trace has these links as they are from now on. */
  async put(id: string, cuts: readonly Cut[], set: Partial<LinkConditions>): Promise<void> {
    const changes = this.#board.put(id, cuts, set)
    this.#stamp(changes.map(pairOf), id)
    await this.#network.setLinks(changes)
    this.#stamp(changes.map(pairOf), id)
  }

  async lift(id: string): Promise<void> {
    const changes = this.#board.lift(id)
    this.#stamp(changes.map(pairOf), id)
    await this.#network.setLinks(changes)
    this.#stamp(changes.map(pairOf), id)
  }

  /** This fault is about to change the phase or the machine of these nodes, or has done so. */
  touch(id: string, nodes: readonly string[]): void {
    this.#stamp(nodes, id)
  }

  /** This fault has taken a node down, or frozen it. */
  tookAway(id: string, node: string): void {
    this.#away.set(node, id)
  }

  gaveBack(node: string): void {
    this.#away.delete(node)
  }

  /** The fault that keeps a node from running, other than `id`. */
  holderOf(node: string, id: string): string | undefined {
    const holder = this.#network.running().includes(node) ? undefined : this.#away.get(node)
    return holder === id ? undefined : holder
  }

  /** The faults other than `id` that keep these pairs from carrying anything: they cut them, or have one of their ends. */
  holders(id: string, pairs: readonly Cut[]): ReadonlySet<string> {
    const held = this.#heldBy(id)
    return new Set(pairs.flatMap(held))
  }

  /** The conditions of one direction now. */
  link(from: string, to: string): LinkConditions {
    return this.#board.link(from, to)
  }

  /** Probes all connections. `touched`: pairs whose conditions fault `id` set, whose round trips must show it. */
  async measure(id: string, touched: readonly Cut[], signal?: AbortSignal): Promise<Finding> {
    const disturbers = new Set<string>()
    for (let attempt = 1; ; attempt++) {
      const since = this.#now
      const changed = (pair: Cut) => this.#changedSince(pair, since)
      const heard = await this.#probes.run(() =>
        probe(this.#probed, pair => this.silent(pair) && !changed(pair), this.#patience(touched), signal),
      )
      const left = touched.filter(pair => !changed(pair))
      const judged = heard.filter(pair => !changed(pair))
      const finding = measureLinks({
        heard: judged,
        blocked: pair => this.silent(pair),
        linkOf: ({ from, to }) => this.link(from, to),
        touched: left,
      })
      if (touched.length === 0 || signal?.aborted) return finding
      if (left.length > 0) {
        const inTheWay = this.#inTheWay(id, left, heard)
        const shown = judged.some(bothWays(left))
          ? finding
          : unmeasured(finding, 'no connection on its links')
        const weighed = await this.#weighed(shown, left, changed, signal)
        return weighed.verified || weighed.unmeasured ? disturbed(weighed, inTheWay) : weighed
      }
      for (const pair of touched)
        for (const by of this.#changersSince(pair, since)) if (by !== id) disturbers.add(by)
      if (attempt === TRIES)
        return disturbed(
          { ...finding, verified: false, measured: 'the same links changed all the time' },
          disturbers,
        )
    }
  }

  /**
   * Probes the connections of these nodes for what speaks against a fault on `touched`: a cut one carries, a slowed one is quick.
   */
  async holds(touched: readonly Cut[], nodes: readonly string[], signal: AbortSignal): Promise<Finding> {
    const since = this.#now
    const changed = (pair: Cut) => this.#changedSince(pair, since)
    const running = () => this.#network.running().filter(node => nodes.includes(node))
    const expected = (pair: Cut) => this.silent(pair) && !changed(pair)
    const concerned = touched.filter(({ from, to }) => nodes.includes(from) || nodes.includes(to))
    const heard = await this.#probes.run(() =>
      probe({ ...this.#probed, running }, expected, this.#patience(concerned), signal),
    )
    const own = bothWays(concerned)
    return measureLinks({
      heard: heard.filter(pair => own(pair) && !changed(pair) && (this.silent(pair) || pair.answered)),
      blocked: pair => this.silent(pair),
      linkOf: ({ from, to }) => this.link(from, to),
      touched: concerned.filter(pair => !changed(pair)),
    })
  }

  /** Loads the lines of these nodes, with what goes over their connections. */
  async measureLines(lines: readonly AskedLine[], signal?: AbortSignal): Promise<Finding> {
    const since = this.#now
    const changed = (pair: Cut) => this.#changedSince(pair, since)
    const linkOf = ({ from, to }: Cut) => this.link(from, to)
    return await weighLines(this.#network, this.#probed, lines, linkOf, changed, signal)
  }

  /** A way round these cuts through peers that the network does not know; undefined: there is none. */
  async wayRound(cuts: readonly Cut[]): Promise<Finding | undefined> {
    const ends = new Set(cuts.flatMap(({ from, to }) => [from, to]))
    const running = this.#network.running().filter(node => ends.has(node))
    return wayRound(cuts, await strangersAt(this.#probed, running))
  }

  /** Has one of these a peer that the network does not know? */
  async hasStrangers(nodes: readonly string[]): Promise<boolean> {
    const running = this.#network.running().filter(node => nodes.includes(node))
    return (await strangersAt(this.#probed, running)).length > 0
  }

  /**
   * Waits until the kept connections that `concerned` picks are there again, as far as their nodes run and their links
   * carry. Undefined: there are none. Gives up when `signal` aborts.
   */
  async reconnected(concerned: (pair: Cut) => boolean, signal?: AbortSignal): Promise<Finding | undefined> {
    const slowMs = RECONNECT_ROUND_TRIPS * slowRoundTripMs(this.#network.slowestLinkMs)
    const deadlineMs = this.#network.nowMs() + RECONNECT_MS + slowMs
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
    const through = weigh(this.#network, this.#probed, open, linkOf, changed, signal)
    const load: Load = { pairs: new Set(open.map(pairOf)), through }
    this.#loads.add(load)
    const weighed = await through.finally(() => this.#loads.delete(load))
    return weighed.reduceRight((all, each) => together(each, all), finding)
  }

  /**
   * What was sent to weigh these links, for other faults, is given a moment to arrive: made for a wide link, it would take
   * minutes over a thin one, and all that comes after it would have to wait.
   */
  async #letThrough(pairs: readonly Cut[]): Promise<void> {
    const under = [...this.#loads].filter(load => pairs.some(pair => load.pairs.has(pairOf(pair))))
    if (under.length === 0) return
    const come = new AbortController()
    const all = Promise.allSettled(under.map(({ through }) => through)).then(() => come.abort())
    await Promise.race([all, this.#network.wait(LOAD_MS, come.signal)])
  }

  /** Every connection now, with the number that its node gave it. */
  connections(nodes: readonly string[]): ReturnType<typeof listen> {
    return listen(this.#probed, nodes)
  }

  /** Nothing that one end says to the other is answered. */
  silent({ from, to }: Cut): boolean {
    return this.link(from, to).blocked || this.link(to, from).blocked || this.#network.paused().includes(to)
  }

  /** The faults that had all of these pairs that there was to hear of. None: some pair was free, or nobody had any. */
  #inTheWay(id: string, pairs: readonly Cut[], heard: readonly Cut[]): Iterable<string> {
    const held = this.#heldBy(id)
    const there = new Set(heard.map(pairOf))
    if (pairs.some(pair => there.has(pairOf(pair)) && held(pair).length === 0)) return []
    return this.holders(id, pairs)
  }

  #heldBy(id: string): (pair: Cut) => string[] {
    const running = new Set(this.#network.running())
    return ({ from, to }) => {
      const away = [from, to].flatMap(node => (running.has(node) ? [] : (this.#away.get(node) ?? [])))
      return [...this.#board.cutBy(from, to), ...away].filter(by => by !== id)
    }
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

  /** On the thinnest line. */
  #patience(touched: readonly Cut[]): { timeoutMs: number; lateMs: number } {
    const secondsOf = ({ from, to }: Cut) => {
      const { bandwidthBps } = this.link(from, to)
      return bandwidthBps > 0 ? (HELD_BACK_BYTES * 8) / bandwidthBps : 0
    }
    const slowest = mostOf([...this.#network.kept(), ...touched].map(secondsOf), 0)
    return { timeoutMs: this.#timeoutMs(touched), lateMs: LATE_MS + slowest * 1000 }
  }

  #stamp(what: readonly string[], by: string): void {
    this.#now++
    const stamp = { at: this.#now, by }
    for (const each of what) this.#stamps.set(each, stamp)
  }

  #changedSince(pair: Cut, since: number): boolean {
    return keysOf(pair).some(key => (this.#stamps.get(key)?.at ?? 0) > since)
  }

  #changersSince(pair: Cut, since: number): string[] {
    const stamps = keysOf(pair).flatMap(key => this.#stamps.get(key) ?? [])
    return stamps.filter(({ at }) => at > since).map(({ by }) => by)
  }
}

function backFinding(wanted: readonly Cut[], missing: readonly Cut[]): Finding {
  const named = missing.slice(0, NAMED).map(({ from, to }) => `${from} – ${to}`)
  const back = `${wanted.length - missing.length} of ${wanted.length} there`
  return {
    asked: `${plural(wanted.length, 'kept connection')} there`,
    measured: named.length === 0 ? back : `${back}, not ${named.join(', ')}`,
    verified: missing.length === 0,
  }
}

/** Is a pair one of these, in either direction? */
function bothWays(pairs: readonly Cut[]): (pair: Cut) => boolean {
  const own = new Set(pairs.flatMap(({ from, to }) => [pairOf({ from, to }), pairOf({ from: to, to: from })]))
  return pair => own.has(pairOf(pair))
}

const pairOf = ({ from, to }: Cut) => `${from} ${to}`
/** Whatever changes one of these changes the pair. */
const keysOf = ({ from, to }: Cut) => [from, to, `${from} ${to}`, `${to} ${from}`]
