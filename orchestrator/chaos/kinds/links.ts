// Faults of links: cut or worse until healed, a cut that comes and goes, connections closed once.

import type { LinkConditions } from '../../../node/api.ts'
import { plural } from '../../format.ts'
import { slowRoundTripMs } from '../../network/patience.ts'
import type { Effect } from '../faults.ts'
import type { Bench, Injection } from '../injection.ts'
import type { Links } from '../links.ts'
import { disturbed, type Finding, together } from '../measure.ts'
import type { Cut } from '../partition.ts'

export function linkFault(bench: Bench, first: readonly Cut[], worse: Partial<LinkConditions>): Injection {
  const { id, links } = bench
  let cuts = first
  const cutsOff = worse.blocked === true
  const ways = new WaysRound(links)
  return {
    begin: async () => {
      await links.apply(id, cuts, worse)
      return undefined
    },
    measure: async signal => {
      const measured = await links.measure(id, cuts, signal)
      return cutsOff ? together(await ways.look(cuts), measured) : measured
    },
    grow: async effect => {
      cuts = cutsOf(effect)
      await links.extend(id, cuts, worse)
    },
    holds: async (nodes, signal) => {
      const round = cutsOff ? await ways.lookAgain(cuts, nodes) : undefined
      return together(round, await links.holds(cuts, nodes, signal))
    },
    end: async () => {
      await links.lift(id)
      return undefined
    },
    measureEnd: signal => wholeAgain(bench, cuts, signal),
  }
}

/** Looks for ways round a cut; all nodes are asked only when somebody new was seen, or there was a way the last time. */
class WaysRound {
  readonly #links: Links
  #there = false

  constructor(links: Links) {
    this.#links = links
  }

  async look(cuts: readonly Cut[]): Promise<Finding | undefined> {
    const round = await this.#links.wayRound(cuts)
    this.#there = round !== undefined
    return round
  }

  async lookAgain(cuts: readonly Cut[], nodes: readonly string[]): Promise<Finding | undefined> {
    return this.#there || (await this.#links.hasStrangers(nodes)) ? await this.look(cuts) : undefined
  }
}

function cutsOf(effect: Effect): readonly Cut[] {
  return effect.on === 'links' ? effect.cuts : []
}

/** Cut first, and measured; then whole, and measured; from then on it comes and goes. */
export function flapping(bench: Bench, first: readonly Cut[], periodMs: number): Injection {
  const { id, links, network } = bench
  const over = new AbortController()
  let cuts = first
  let flaps = 0
  let isCut = true
  const ways = new WaysRound(links)
  const toggle = (cut: boolean) =>
    bench.change(async () => {
      if (over.signal.aborted) return
      isCut = cut
      if (cut) await links.apply(id, cuts, { blocked: true })
      else await links.lift(id)
    })
  const flap = async () => {
    for (let cut = true; !over.signal.aborted; cut = !cut) {
      await network.wait(periodMs / 2, over.signal)
      if (cut) flaps++
      await toggle(cut)
    }
  }
  return {
    begin: async () => {
      await links.apply(id, cuts, { blocked: true })
      flaps = 1
      return undefined
    },
    measure: async signal => {
      const cut = together(await ways.look(cuts), await links.measure(id, cuts, signal))
      await toggle(false)
      const whole = await links.measure(id, [], signal)
      if (!over.signal.aborted) void flap().catch(error => troubled(bench, error))
      return together(cut, whole)
    },
    grow: async effect => {
      cuts = cutsOf(effect)
      if (isCut) await links.extend(id, cuts, { blocked: true })
    },
    // It comes and goes all the time: what can be told of it is whether there is a way round.
    holds: async nodes => (await ways.lookAgain(cuts, nodes)) ?? NO_WAY_ROUND,
    end: async () => {
      over.abort()
      await links.lift(id)
      return undefined
    },
    measureEnd: async signal => {
      const whole = await wholeAgain(bench, cuts, signal)
      return { ...whole, measured: `cut ${plural(flaps, 'time')}; ${whole.measured}` }
    },
  }
}

const NO_WAY_ROUND: Finding = { asked: 'no way round', measured: 'none', verified: true }

/** The end that did not close a connection hears of it soon, but on a busy machine not at once. */
const CLOSED_MS = 20_000
const POLL_MS = 50

/** Over when it has happened: every connection that was there is gone, and those that are kept come back. */
export function reset(bench: Bench, cuts: readonly Cut[]): Injection {
  const { id, links, network } = bench
  const hit = new Set(cuts.flatMap(({ from, to }) => [`${from} ${to}`, `${to} ${from}`]))
  const nodes = [...new Set(cuts.map(({ from }) => from))]
  const numbers = async () => {
    const running = network.running().filter(node => nodes.includes(node))
    const there = await links.connections(running)
    return there.filter(({ from, to }) => hit.has(`${from} ${to}`)).map(({ from, id }) => `${from} ${id}`)
  }
  let before: readonly string[] = []
  /** How many of those that were there are gone, once all are or the time for it is over. */
  const closedOf = async (signal: AbortSignal | undefined) => {
    const deadlineMs = network.nowMs() + CLOSED_MS + slowRoundTripMs(network.slowestLinkMs)
    for (;;) {
      const after = new Set(await numbers())
      const gone = before.filter(number => !after.has(number)).length
      if (gone === before.length || network.nowMs() >= deadlineMs || signal?.aborted) return gone
      await network.wait(POLL_MS, signal)
    }
  }
  return {
    begin: async () => {
      before = await numbers()
      // Whoever measures these links now loses what was under way.
      links.touch(id, nodes)
      await network.reset(cuts)
      links.touch(id, nodes)
      return undefined
    },
    measure: async signal => {
      const gone = await closedOf(signal)
      const closed: Finding = {
        asked: `${plural(before.length, 'end of a connection', 'ends of connections')} closed`,
        measured: `${gone} of ${before.length} closed`,
        verified: gone === before.length && gone > 0,
      }
      if (before.length === 0) return disturbed(closed, links.holders(id, cuts))
      const back = await links.reconnected(({ from, to }) => hit.has(`${from} ${to}`), signal)
      return back ? together(closed, back) : closed
    },
    end: async () => undefined,
    measureEnd: signal => wholeAgain(bench, cuts, signal),
  }
}

/** Open connections answer, and those that were lost are back. */
async function wholeAgain(
  { id, links }: Bench,
  cuts: readonly Cut[],
  signal?: AbortSignal,
): Promise<Finding> {
  const concerned = new Set(cuts.flatMap(({ from, to }) => [`${from} ${to}`, `${to} ${from}`]))
  const back = await links.reconnected(({ from, to }) => concerned.has(`${from} ${to}`), signal)
  return together(back, await links.measure(id, [], signal))
}

/** What goes on in the background and broke is said, and fails nothing that runs. */
function troubled({ id, network }: Bench, error: unknown): void {
  network.observe({ type: 'note', level: 'error', message: `${id}: ${(error as Error).message}` })
}
