// What a table of runs may have its rows of, beside the runs themselves: each block, each arrival of a block at a node, each
// fault. Times are virtual, and count from when the network stood, before which a block may have been found.

import type { FaultRecord } from '../chaos/schedule.ts'
import type { Observer } from '../observe/observer.ts'
import { verdictOf } from '../observe/verdict.ts'
import type { Plan } from '../spec/types.ts'
import { onAged } from '../systems/ledger/observe/aged.ts'
import { reachOf } from '../systems/ledger/observe/propagation.ts'
import type { BlockState } from '../systems/ledger/state.ts'
import type { Cell, TableColumn } from './table.ts'

export const ROW_KINDS = ['runs', 'blocks', 'arrivals', 'faults'] as const
export type RowKind = (typeof ROW_KINDS)[number]
export type Row = readonly Cell[]

/** Of each kind but the runs, which are told by their figures. */
export const ROW_COLUMNS: { readonly [kind in Exclude<RowKind, 'runs'>]: readonly TableColumn[] } = {
  blocks: [
    { name: 'hash', kind: 'text' },
    { name: 'height', kind: 'whole' },
    { name: 'miner', kind: 'text' },
    { name: 'group', kind: 'text' },
    { name: 'foundMs', kind: 'number' },
    { name: 'sizeBytes', kind: 'whole' },
    { name: 'transactions', kind: 'whole' },
    { name: 'onChain', kind: 'flag' },
    { name: 'runningNodes', kind: 'whole' },
    { name: 'reachedNodes', kind: 'whole' },
    { name: 'propagation50Ms', kind: 'number' },
    { name: 'propagation90Ms', kind: 'number' },
    { name: 'propagation99Ms', kind: 'number' },
    { name: 'propagationAllMs', kind: 'number' },
  ],
  arrivals: [
    { name: 'hash', kind: 'text' },
    { name: 'height', kind: 'whole' },
    { name: 'miner', kind: 'text' },
    { name: 'onChain', kind: 'flag' },
    { name: 'node', kind: 'text' },
    { name: 'nodeGroup', kind: 'text' },
    { name: 'sender', kind: 'text' },
    { name: 'arrivalMs', kind: 'number' },
    { name: 'apart', kind: 'flag' },
  ],
  faults: [
    { name: 'fault', kind: 'text' },
    { name: 'kind', kind: 'text' },
    { name: 'target', kind: 'text' },
    { name: 'fromMs', kind: 'number' },
    { name: 'toMs', kind: 'number' },
    { name: 'measurement', kind: 'text' },
    { name: 'asked', kind: 'text' },
    { name: 'measured', kind: 'text' },
  ],
}

/** What a run has to tell when its time is over. */
export interface Told {
  readonly plan: Plan
  readonly standsMs: number
  /** Hashes of the chain. */
  readonly chain: ReadonlySet<string>
  readonly faults: readonly FaultRecord[]
}

/** Listens from the beginning where rows are wanted of what the state forgets. */
export class RowCollector {
  readonly #kind: RowKind
  readonly #observer: Observer
  readonly #aged: BlockState[] = []

  constructor(kind: RowKind, observer: Observer) {
    this.#kind = kind
    this.#observer = observer
    if (kind === 'blocks' || kind === 'arrivals')
      onAged(observer, blocks => {
        this.#aged.push(...blocks)
      })
  }

  rows(told: Told): Row[] {
    switch (this.#kind) {
      case 'runs':
        return []
      case 'faults':
        return told.faults.map(faultRow)
      case 'blocks':
        return this.#blocks().map(block => blockRow(block, told))
      case 'arrivals':
        return this.#blocks().flatMap(block => arrivalRows(block, told))
    }
  }

  /** All that the figures count, by when they were found. */
  #blocks(): BlockState[] {
    const all = [...this.#aged, ...this.#observer.state().systems.ledger.blocks]
    return all.sort((a, b) => a.firstSeenMs - b.firstSeenMs || (a.hash < b.hash ? -1 : 1))
  }
}

function blockRow(block: BlockState, { plan, standsMs, chain }: Told): Row {
  const { hash, height, miner, firstSeenMs, bytes, transactions } = block
  const { running, reached, p50Ms, p90Ms, p99Ms, allMs } = reachOf(block)
  return [
    ...[hash, height, miner ?? null, groupOf(plan, miner), tidy(firstSeenMs - standsMs), bytes, transactions],
    ...[chain.has(hash), running, reached],
    ...[p50Ms, p90Ms, p99Ms, allMs].map(tidy),
  ]
}

/** Its miner has it of itself, and has no row. */
function arrivalRows(block: BlockState, { plan, chain }: Told): Row[] {
  const { hash, height, miner, receivedMs, sources, apart } = block
  return Object.entries(receivedMs)
    .filter(([node]) => node !== miner)
    .sort(([a, aMs], [b, bMs]) => aMs - bMs || (a < b ? -1 : 1))
    .map(([node, ms]) => [
      ...[hash, height, miner ?? null, chain.has(hash), node, groupOf(plan, node), sources[node] ?? null],
      ...[tidy(ms), apart[node] !== undefined],
    ])
}

function faultRow(fault: FaultRecord): Row {
  const { name, kind, target, fromMs, toMs, asked, measured } = fault
  const verdict = fromMs === undefined ? 'never began' : verdictOf(fault)
  return [name, kind, target, tidy(fromMs), tidy(toMs), verdict ?? null, asked, measured]
}

const GROUPS = new WeakMap<Plan, ReadonlyMap<string, string>>()

function groupOf(plan: Plan, node: string | undefined): string | null {
  const groups = GROUPS.get(plan) ?? new Map(plan.nodes.map(({ name, group }) => [name, group]))
  GROUPS.set(plan, groups)
  return groups.get(node ?? '') ?? null
}

/** Times are sums of many: what lies beyond a nanosecond is rounding. */
function tidy(ms: number | undefined): number | null {
  return ms === undefined ? null : Math.round(ms * 1e6) / 1e6
}
