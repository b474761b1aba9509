// Faults of whole nodes: killed, stopped or frozen until healed; restarted, all at once or one after the other.

import { type Bench, type Injection, refusal, tell } from '../injection.ts'
import { disturbed, type Finding, measureNodes, together } from '../measure.ts'

/** Nodes that obeyed are brought back. */
export function away(bench: Bench, nodes: readonly string[], order: 'kill' | 'stop' | 'pause'): Injection {
  const obeyed: string[] = []
  const wanted = order === 'pause' ? 'frozen' : 'down'
  return {
    begin: () => tell(bench, nodes, order, node => obeyed.push(node)),
    measure: signal => measured(bench, nodes, wanted, signal),
    // One that ended otherwise, or was frozen and has ended, is away all the same.
    holds: async () => {
      const running = bench.network.running()
      const back = obeyed.filter(node => running.includes(node))
      return {
        asked: `${obeyed.length} ${wanted}`,
        measured: `${obeyed.length - back.length} of ${obeyed.length} ${wanted}`,
        verified: back.length === 0,
      }
    },
    end: () => {
      // Somebody may have brought some back by hand.
      const running = bench.network.running()
      const still = obeyed.filter(node => !running.includes(node))
      return tell(bench, still, order === 'pause' ? 'resume' : 'start')
    },
    measureEnd: signal => measured(bench, obeyed, 'running', signal),
  }
}

export function restart(bench: Bench, nodes: readonly string[]): Injection {
  return {
    begin: () => tell(bench, nodes, 'restart'),
    measure: signal => measured(bench, nodes, 'running', signal),
    end: async () => undefined,
    measureEnd: signal => measured(bench, nodes, 'running', signal),
  }
}

/** The next node goes when the one before is connected again: as an update is rolled out. */
export function rollingRestart(bench: Bench, nodes: readonly string[]): Injection {
  const over = new AbortController()
  return {
    begin: async () => undefined,
    measure: async signal => {
      const stop = signal ? AbortSignal.any([signal, over.signal]) : over.signal
      let done = 0
      const refused: string[] = []
      for (const node of nodes) {
        if (stop.aborted) break
        const trouble = await tell(bench, [node], 'restart')
        if (trouble) refused.push(trouble.measured)
        else done++
        await backIn(bench, [node], stop)
      }
      const rolled: Finding = {
        asked: `${nodes.length} restarted, one after the other`,
        measured: `${done} of ${nodes.length} restarted`,
        verified: done === nodes.length,
      }
      const whole = together(rolled, await measured(bench, nodes, 'running', stop))
      return together(refusal('every one obeys', refused), whole)
    },
    end: async () => {
      over.abort()
      return undefined
    },
    measureEnd: signal => measured(bench, nodes, 'running', signal),
  }
}

/** What has become of the nodes, their connections once they run again, and all links that are there. */
export async function measured(
  bench: Bench,
  nodes: readonly string[],
  wanted: 'running' | 'down' | 'frozen',
  signal?: AbortSignal,
): Promise<Finding> {
  const { id, network, links } = bench
  const seen = measureNodes(nodes, wanted, network.running(), network.paused())
  const back = wanted === 'running' ? await backIn(bench, nodes, signal) : undefined
  const findings = together(back, await links.measure(id, [], signal))
  return together(wanted === 'running' ? unlessHeld(bench, nodes, seen) : seen, findings)
}

/** A node that another fault has away now cannot be seen to run; only where all that are missing are such, nobody can tell. */
function unlessHeld({ id, network, links }: Bench, nodes: readonly string[], seen: Finding): Finding {
  const running = network.running()
  const holders = nodes.filter(node => !running.includes(node)).map(node => links.holderOf(node, id))
  const known = holders.filter(holder => holder !== undefined)
  return !seen.verified && known.length === holders.length ? disturbed(seen, new Set(known)) : seen
}

/** Waits until all connections of these nodes are there again, and says what became of them. */
export function backIn(
  { links }: Bench,
  nodes: readonly string[],
  signal?: AbortSignal,
): Promise<Finding | undefined> {
  return links.reconnected(({ from, to }) => nodes.includes(from) || nodes.includes(to), signal)
}
