// How fast blocks go within a host and between two of them, over the blocks that the state still holds.

import type { NetworkState } from '../../../observe/state.ts'
import { isDelivery, nearestRank } from './propagation.ts'

/** Of some deliveries: until half of them, and nine in ten, had come. */
export interface Deliveries {
  readonly count: number
  readonly p50Ms: number
  readonly p90Ms: number
  /** How far each of them can be wrong; 0 within a host, where there is one clock. */
  readonly errorMs: number
}

export interface HostPropagation extends Deliveries {
  /** The host of the block's miner, and of the node that received it. */
  readonly from: string
  readonly to: string
}

type State = Pick<NetworkState, 'hosts' | 'nodes' | 'systems'>

/** By pair, in the plan's order; none where the plan has no hosts. Pairs without a delivery are left out. */
export function propagationByHost(state: State): HostPropagation[] {
  const pairs = gathered(state, (from, to) => `${from} ${to}`)
  const names = (state.hosts ?? []).map(({ name }) => name)
  return names.flatMap(from =>
    names.flatMap(to => {
      const figures = pairs.get(`${from} ${to}`)
      return figures ? [{ from, to, ...figures }] : []
    }),
  )
}

/** Deliveries within a host, and those between two; undefined where there was none. */
export function withinAndBetween(state: State): {
  readonly within: Deliveries | undefined
  readonly between: Deliveries | undefined
} {
  const two = gathered(state, (from, to) => (from === to ? 'within' : 'between'))
  return { within: two.get('within'), between: two.get('between') }
}

function gathered(
  { hosts = [], nodes, systems }: State,
  kindOf: (from: string, to: string) => string,
): Map<string, Deliveries> {
  const hostOf = new Map(hosts.length === 0 ? [] : nodes.map(({ name, host }) => [name, host]))
  const kinds = new Map<string, { times: number[]; errorMs: number }>()
  for (const block of hosts.length === 0 ? [] : systems.ledger.blocks) {
    const from = hostOf.get(block.miner ?? '')
    for (const [node, ms] of Object.entries(block.receivedMs)) {
      const to = hostOf.get(node)
      if (from === undefined || to === undefined || !isDelivery(block, node)) continue
      const kind = kinds.get(kindOf(from, to)) ?? { times: [], errorMs: 0 }
      kind.times.push(ms)
      kind.errorMs = Math.max(kind.errorMs, block.errorsMs?.[node] ?? 0)
      kinds.set(kindOf(from, to), kind)
    }
  }
  const figures = ({ times, errorMs }: { times: number[]; errorMs: number }) => ({
    count: times.length,
    p50Ms: nearestRank(times, 0.5) ?? 0,
    p90Ms: nearestRank(times, 0.9) ?? 0,
    errorMs,
  })
  return new Map([...kinds].map(([kind, gathered]) => [kind, figures(gathered)]))
}
