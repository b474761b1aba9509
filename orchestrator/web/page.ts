// What the page shows: the part of the network's state that a browser is sent, and how it is kept up to date there.
// The same code makes the changes on the server and applies them in the browser. Pure.

import type { NetworkState } from '../observe/state.ts'
import { PAGE_PARTS } from '../systems/pages.ts'
import type { SystemPages } from '../systems/states.ts'
import { type Field, type FieldsChange, fieldsOf, keyed, small, whole, windowed } from './fields.ts'

const MAX_LOG_LINES = 200

/** Two nodes that the plan connects. */
export type Edge = readonly [from: string, to: string]

export interface Page extends Pick<NetworkState, 'nodes' | 'faults' | 'links' | 'log'> {
  readonly facts: Facts
  /** As planned; connections that grew by themselves stand in the nodes' `peerNames`. */
  readonly edges: readonly Edge[]
  readonly systems: SystemPages
}

/** The small things, sent together. */
export type Facts = Pick<
  NetworkState,
  | 'network'
  | 'runtime'
  | 'seed'
  | 'startedMs'
  | 'nowMs'
  | 'realMs'
  | 'time'
  | 'slowedTo'
  | 'phase'
  | 'hosts'
  | 'runs'
>

export function pageOf(state: NetworkState, edges: readonly Edge[] = []): Page {
  const { nodes, faults, links, log } = state
  return {
    facts: factsOf(state),
    ...{ nodes, faults, links, edges },
    log: log.slice(-MAX_LOG_LINES),
    systems: partsOf(state),
  }
}

function partsOf(state: NetworkState): SystemPages {
  const parts = Object.entries(PAGE_PARTS).map(([system, part]) => [system, part.of(state)])
  return Object.fromEntries(parts) as SystemPages
}

function factsOf(state: NetworkState): Facts {
  const { network, runtime, seed, startedMs, nowMs, realMs, time, slowedTo, phase, hosts, runs } = state
  return {
    ...{ network, runtime, seed, startedMs, nowMs },
    ...(realMs !== undefined && { realMs }),
    ...(time !== undefined && { time }),
    ...(slowedTo !== undefined && { slowedTo }),
    ...(hosts !== undefined && { hosts }),
    ...{ phase, runs },
  }
}

const FIELDS = fieldsOf<Page>({
  facts: small(),
  nodes: keyed(({ name }) => name),
  faults: whole(),
  links: whole(),
  edges: whole(),
  log: windowed(),
  systems: fieldsOf<object>(PAGE_PARTS) as Field<SystemPages>,
})

/** What changed from one page to the next, by field. */
export type Change = FieldsChange<Page>

export function difference(before: Page, after: Page): Change {
  return (FIELDS.difference(before, after) ?? {}) as Change
}

export function apply(page: Page, change: Change): Page {
  return FIELDS.apply(page, change)
}
