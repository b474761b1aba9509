// Plays a trace back: at each of its moments nodes go down and come up, hash rates and links change, until it is healed. What
// every change came to is looked at when it is made, and counted.

import { plural } from '../../format.ts'
import { allOf, type Bench, type Injection, tell } from '../injection.ts'
import { type Finding, together } from '../measure.ts'
import type { Cut } from '../partition.ts'
import type { TraceEffect, TraceMoment } from '../trace.ts'
import { measured } from './orders.ts'

/** Changes that went wrong and are told. */
const MOST_TOLD = 3

export function trace(bench: Bench, first: TraceEffect): Injection {
  const { id, network, links } = bench
  const over = new AbortController()
  const play = new Playback(bench)
  let effect = first
  let beganMs = 0
  const [opening, ...later] = first.moments
  const run = async (moment: TraceMoment) => {
    await network.wait(beganMs + moment.atMs - network.nowMs(), over.signal)
    await bench.change(async () => (over.signal.aborted ? undefined : await play.make(moment, effect)))
  }
  let opened: Promise<unknown> = Promise.resolve()
  const goOn = async () => {
    await opened
    for (const moment of later) {
      if (over.signal.aborted) return
      await run(moment)
    }
  }
  return {
    begin: async () => {
      beganMs = network.nowMs()
      if (!opening) return undefined
      if (opening.atMs <= 0) await play.make(opening, effect)
      else opened = run(opening)
      void goOn().catch(error => play.trouble((error as Error).message))
      return undefined
    },
    measure: async signal => {
      await opened
      const found = await links.measure(id, play.touched, signal)
      return together(play.finding(), found)
    },
    grow: async grown => {
      if (grown.on === 'trace') effect = grown
    },
    holds: nodes => play.again(nodes),
    end: async () => {
      over.abort()
      return await play.undo()
    },
    measureEnd: async signal =>
      together(play.finding(), await measured(bench, play.taken, 'running', signal)),
  }
}

/** What was changed so far, and what came of it. */
class Playback {
  readonly #bench: Bench
  readonly #away = new Set<string>()
  readonly #taken = new Set<string>()
  readonly #rates = new Map<string, number>()
  readonly #touched = new Map<string, Cut>()
  readonly #wrong: string[] = []
  #made = 0
  #right = 0

  constructor(bench: Bench) {
    this.#bench = bench
  }

  /** Links that are as the trace has them. */
  get touched(): readonly Cut[] {
    return [...this.#touched.values()]
  }

  /** Nodes that it took down at some time. */
  get taken(): readonly string[] {
    return [...this.#taken]
  }

  async make({ points }: TraceMoment, { who }: TraceEffect): Promise<void> {
    const { id, links } = this.#bench
    for (const point of points) {
      if ('links' in point) {
        const cuts = who.links(point.links)
        await links.put(id, cuts, point.set)
        for (const cut of cuts) this.#touched.set(`${cut.from} ${cut.to}`, cut)
        this.#judge(cuts.length, [])
      } else if ('up' in point) await this.#turn(who.nodes(point.nodes), point.up)
      else {
        const nodes = who.nodes(point.nodes)
        for (const node of nodes) this.#rates.set(node, point.hashRateHps)
        await this.#setRates(nodes)
      }
    }
  }

  /** These nodes came up, or go on: whoever has a rate of the trace gets it again, and whoever is to be away is not back. */
  async again(nodes: readonly string[]): Promise<Finding> {
    const running = this.#bench.network.running()
    const back = nodes.filter(node => this.#away.has(node) && running.includes(node))
    const rated = nodes.filter(node => this.#rates.has(node) && running.includes(node))
    const wrong = await this.#rateAll(rated)
    return {
      asked: `${this.#away.size} away, hash rates as traced`,
      measured: [...back.map(node => `${node} is running`), ...wrong].join(', ') || 'so it is',
      verified: back.length + wrong.length === 0,
    }
  }

  async undo(): Promise<Finding | undefined> {
    const { id, links, network } = this.#bench
    await links.lift(id)
    const running = network.running()
    const missing = [...this.#away].filter(node => !running.includes(node))
    this.#away.clear()
    const rated = [...this.#rates.keys()].filter(node => running.includes(node))
    this.#rates.clear()
    const refused = await allOf(rated, async node => {
      await network.rpc(node, 'sethashrate', [])
    })
    if (refused.length > 0) this.#judge(0, refused)
    return missing.length === 0 ? undefined : await tell(this.#bench, missing, 'start')
  }

  /** All changes so far: each is one of a node or of a direction of a link. */
  finding(): Finding {
    const told = this.#wrong.slice(0, MOST_TOLD)
    const more = this.#wrong.length - told.length
    const wrong = told.length === 0 ? '' : `: ${told.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
    return {
      asked: plural(this.#made, 'change'),
      measured: `${this.#right} of ${this.#made} made${wrong}`,
      verified: this.#wrong.length === 0 && this.#made > 0,
    }
  }

  trouble(message: string): void {
    this.#wrong.push(message)
    this.#bench.network.observe({ type: 'note', level: 'warn', message: `${this.#bench.id}: ${message}` })
  }

  /** Whoever is there already stays as it is. */
  async #turn(nodes: readonly string[], up: boolean): Promise<void> {
    const running = new Set(this.#bench.network.running())
    const moved = nodes.filter(node => running.has(node) !== up)
    const refused = await tell(this.#bench, moved, up ? 'start' : 'kill', node => {
      if (up) this.#away.delete(node)
      else {
        this.#away.add(node)
        this.#taken.add(node)
      }
    })
    const now = new Set(this.#bench.network.running())
    const wrong = nodes.filter(node => now.has(node) !== up)
    const why = refused ? ` (${refused.measured})` : ''
    this.#judge(
      nodes.length,
      wrong.map(node => `${node} is ${up ? 'down' : 'up'}${why}`),
    )
    if (up) await this.#rateAll(moved.filter(node => this.#rates.has(node)))
  }

  /** One that is down gets its rate when it comes up. */
  async #setRates(nodes: readonly string[]): Promise<void> {
    const running = new Set(this.#bench.network.running())
    this.#judge(nodes.length, await this.#rateAll(nodes.filter(node => running.has(node))))
  }

  /** Sets the rates and asks for them; in words, whose is another. */
  async #rateAll(nodes: readonly string[]): Promise<string[]> {
    const { network } = this.#bench
    return await allOf(nodes, async node => {
      const asked = this.#rates.get(node) ?? 0
      await network.rpc(node, 'sethashrate', [asked])
      const { miner } = (await network.rpc(node, 'getmininginfo', [])) as { miner?: { asked_hashps: number } }
      if (miner !== undefined && miner.asked_hashps === asked) return
      throw new Error(`${node} has ${miner?.asked_hashps ?? 0} of ${asked} H/s`)
    })
  }

  #judge(count: number, wrong: readonly string[]): void {
    this.#made += count
    this.#right += Math.max(0, count - wrong.length)
    for (const message of wrong) this.trouble(message)
  }
}
