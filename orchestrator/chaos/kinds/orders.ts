// Faults of whole nodes: killed, stopped or frozen until healed; restarted, all at once or one after the other.

import { type Bench, type Injection, refusal, tell } from '../injection.ts'
import { type Finding, measureNodes, together } from '../measure.ts'

/** Nodes that obeyed are brought back. */
export function away(bench: Bench, nodes: readonly string[], order: 'kill' | 'stop' | 'pause'): Injection {
  const obeyed: string[] = []
  return {
    begin: () => tell(bench, nodes, order, node => obeyed.push(node)),
    measure: signal => measured(bench, nodes, order === 'pause' ? 'frozen' : 'down', signal),
    end: () => tell(bench, obeyed, order === 'pause' ? 'resume' : 'start'),
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
  const { network, links } = bench
  const seen = measureNodes(nodes, wanted, network.running(), network.paused())
  const back = wanted === 'running' ? await backIn(bench, nodes, signal) : undefined
  const findings = together(back, await links.measure([], signal))
  return together(seen, findings)
}

function backIn({ links }: Bench, nodes: readonly string[], signal?: AbortSignal) {
  return links.reconnected(({ from, to }) => nodes.includes(from) || nodes.includes(to), signal)
}
