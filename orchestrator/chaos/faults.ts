// The faults there are, as one union, and what each comes to: link conditions to change or orders to nodes. Pure.

import type { LinkConditions } from '../../node/api.ts'
import { type Cut, parseNodes, parsePairs, parsePartition, type Roster } from './partition.ts'

/** What a link fault makes worse; what it leaves out stays as planned. */
export type Worse = Partial<Pick<LinkConditions, 'latencyMs' | 'jitterMs' | 'bandwidthBps' | 'loss'>>
export type NodeOrder = 'kill' | 'stop' | 'restart' | 'pause'

export type Fault =
  /** `cut`: a shape, sides, one direction or pairs; see parsePartition. */
  | { readonly kind: 'partition'; readonly cut: string }
  /** `on`: which links; see parsePairs. */
  | { readonly kind: 'link'; readonly on: string; readonly worse: Worse }
  /** `nodes`: names, groups or `all`. Healing starts them again, or lets them go on. */
  | { readonly kind: NodeOrder; readonly nodes: string }

export type FaultKind = Fault['kind']
export const FAULT_KINDS: readonly FaultKind[] = ['partition', 'link', 'kill', 'stop', 'restart', 'pause']

/** What a fault comes to on the network as it is. */
export type Effect =
  | {
      readonly on: 'links'
      readonly target: string
      readonly cuts: readonly Cut[]
      readonly worse: Partial<LinkConditions>
    }
  | {
      readonly on: 'nodes'
      readonly target: string
      readonly nodes: readonly string[]
      readonly order: NodeOrder
    }

/** Throws UserError (exit 2) for a fault that this network cannot have. */
export function compile(fault: Fault, roster: Roster): Effect {
  switch (fault.kind) {
    case 'partition':
      return { on: 'links', ...parsePartition(fault.cut, roster), worse: { blocked: true } }
    case 'link':
      return {
        on: 'links',
        target: `${fault.on}: ${describeWorse(fault.worse)}`,
        cuts: parsePairs(fault.on, roster),
        worse: fault.worse,
      }
    case 'kill':
    case 'stop':
    case 'restart':
    case 'pause': {
      const nodes = parseNodes(fault.nodes, roster)
      return { on: 'nodes', target: nodes.join(' '), nodes, order: fault.kind }
    }
  }
}

/** `latency 300ms, loss 2%`. */
function describeWorse({ latencyMs, jitterMs, bandwidthBps, loss }: Worse): string {
  const words = [
    latencyMs !== undefined && `latency ${latencyMs}ms`,
    jitterMs !== undefined && `jitter ${jitterMs}ms`,
    bandwidthBps !== undefined && `bandwidth ${bandwidthBps / 1000}kbit`,
    loss !== undefined && `loss ${+(loss * 100).toFixed(2)}%`,
  ]
  return words.filter(word => word !== false).join(', ')
}
