// The life of one fault, the same for every kind: it begins, is measured, ends, and is measured again.

import type { Random } from '../spec/random.ts'
import type { Breakable, Order } from './breakable.ts'
import type { Effect } from './faults.ts'
import type { Links } from './links.ts'
import type { Finding } from './measure.ts'
import type { NodeBoard } from './node-board.ts'

export interface Injection {
  /** Puts it in force; a finding when some part did not take. No other fault begins or ends meanwhile. */
  begin(): Promise<Finding | undefined>
  /** Asks the network whether it is there; stops waiting when `signal` aborts. Others may begin and end meanwhile. */
  measure(signal: AbortSignal | undefined): Promise<Finding>
  /** Puts it in force for those who join, before they run; absent: it is for those who were there. As `begin`. */
  grow?(effect: Effect): Promise<void>
  /**
   * Is it still there, as far as these nodes show? They came up, went on, or have peers that they had not. Only what speaks
   * against it counts: others may break meanwhile what they like. Absent: nothing can end it but its end.
   */
  holds?(nodes: readonly string[], signal: AbortSignal): Promise<Finding>
  /** Takes it out of force, whatever state it is in; as `begin`. */
  end(): Promise<Finding | undefined>
  /** Asks the network whether it is whole again; stops waiting when `signal` aborts. */
  measureEnd(signal: AbortSignal | undefined): Promise<Finding>
}

/** What injections work with. */
export interface Bench {
  readonly id: string
  readonly network: Breakable
  readonly links: Links
  readonly board: NodeBoard
  /** Draws of this fault alone. */
  readonly random: Random
  /** Does `work` while no other fault begins or ends. */
  change<T>(work: () => Promise<T>): Promise<T>
}

/** A node that obeys one of these is gone or frozen until it is told otherwise. */
const AWAY: ReadonlySet<string> = new Set<Order>(['kill', 'stop', 'pause'])

/** Gives all nodes the order at once; a finding when some did not obey. */
export async function tell(
  { id, network, links }: Bench,
  nodes: readonly string[],
  order: Order | 'restart',
  onObeyed: (node: string) => void = () => {},
): Promise<Finding | undefined> {
  links.touch(id, nodes)
  const refused = await allOf(nodes, async node => {
    if (order === 'restart') {
      await network.order(node, 'stop')
      await network.order(node, 'start')
    } else await network.order(node, order)
    if (AWAY.has(order)) links.tookAway(id, node)
    else links.gaveBack(node)
    onObeyed(node)
  })
  links.touch(id, nodes)
  return refusal(`${order} ${nodes.join(' ')}`, refused)
}

/** Does `work` for all at once and gives what went wrong, in words. */
export async function allOf(
  nodes: readonly string[],
  work: (node: string) => Promise<void>,
): Promise<string[]> {
  const outcomes = await Promise.allSettled(nodes.map(work))
  return outcomes.flatMap(outcome => (outcome.status === 'rejected' ? [wordsOf(outcome.reason)] : []))
}

export function refusal(asked: string, refused: readonly string[]): Finding | undefined {
  return refused.length === 0 ? undefined : { asked, measured: refused.join(', '), verified: false }
}

function wordsOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason)
}
