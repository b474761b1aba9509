// What the state forgets and a report wants: every block in a line, the slowest ones whole, and when the nodes did not
// agree. Listens to an observer, in a run or in its replay; bounded.

import type { ObservedEvent } from '../observe/events.ts'
import type { Observer } from '../observe/observer.ts'
import type { NetworkState } from '../observe/state.ts'
import { onAged } from '../systems/ledger/observe/aged.ts'
import { isDelivery, reachOf } from '../systems/ledger/observe/propagation.ts'
import { type Disagreement, Standing } from '../systems/ledger/observe/standing.ts'
import type { BlockState } from '../systems/ledger/state.ts'
import { ValidationTimes } from './validation.ts'

/** A block in a line. */
export interface BlockLine {
  readonly hash: string
  readonly prev: string
  readonly height: number
  /** First sign anywhere, ms since the epoch. */
  readonly timeMs: number
  readonly miner: string | undefined
  readonly transactions: number
  readonly bytes: number
  readonly rejected: boolean
  /** Until half of the running nodes had it, and nine in ten; undefined when it did not get to so many. */
  readonly p50Ms: number | undefined
  readonly p90Ms: number | undefined
}

/** Lines beyond are forgotten, the oldest first, and the report says so. */
const MAX_LINES = 20_000
const SLOWEST = 6
/** Arrival times kept a node. */
const MAX_ARRIVALS = 2_000

export class Chronicle {
  readonly #observer: Observer
  readonly #lines: BlockLine[] = []
  readonly #standing = new Standing()
  readonly #arrivals = new Map<string, number[]>()
  readonly #validation: ValidationTimes
  #slowest: readonly BlockState[] = []
  #forgotten = 0
  #readyMs: number | undefined
  #endMs: number | undefined

  constructor(observer: Observer) {
    this.#observer = observer
    this.#validation = new ValidationTimes(observer)
    onAged(observer, blocks => this.#age(blocks))
    observer.tap(event => this.#take(event))
  }

  /** When all nodes stood, and when they were told to go down; undefined when it never came to that. */
  get readyMs(): number | undefined {
    return this.#readyMs
  }

  get endMs(): number | undefined {
    return this.#endMs
  }

  /** Blocks that are in no line any more. */
  get forgotten(): number {
    return this.#forgotten
  }

  /** Times in which running nodes stood on different tips. */
  disagreements(): readonly Disagreement[] {
    return this.#standing.disagreements()
  }

  /** All blocks in lines, by when they were seen first. */
  lines(state: NetworkState): readonly BlockLine[] {
    return [...this.#lines, ...state.systems.ledger.blocks.map(lineOf)].sort((a, b) => a.timeMs - b.timeMs)
  }

  /** The blocks that took longest to nine nodes in ten. */
  slowest(state: NetworkState): readonly BlockState[] {
    return slowestOf([...this.#slowest, ...state.systems.ledger.blocks])
  }

  /** Milliseconds after the first sign at which blocks came to this node, the last of them. */
  arrivals(node: string, state: NetworkState): readonly number[] {
    const recent = state.systems.ledger.blocks.flatMap(block => arrivalAt(block, node) ?? [])
    return [...(this.#arrivals.get(node) ?? []), ...recent].slice(-MAX_ARRIVALS)
  }

  /** Milliseconds that this node took over blocks, where the network has programs of several kinds. */
  validations(node: string): readonly number[] {
    return this.#validation.of(node)
  }

  #age(blocks: readonly BlockState[]): void {
    this.#slowest = slowestOf([...this.#slowest, ...blocks])
    for (const block of blocks) {
      this.#lines.push(lineOf(block))
      for (const node of Object.keys(block.receivedMs)) this.#arrive(node, arrivalAt(block, node))
    }
    const over = this.#lines.length - MAX_LINES
    // In steps, so that a long run does not move the whole list for every block.
    if (over < MAX_LINES / 10) return
    this.#lines.splice(0, over)
    this.#forgotten += over
  }

  #arrive(node: string, ms: number | undefined): void {
    if (ms === undefined) return
    const times = this.#arrivals.get(node) ?? []
    this.#arrivals.set(node, times)
    times.push(ms)
    if (times.length >= 2 * MAX_ARRIVALS) times.splice(0, MAX_ARRIVALS)
  }

  #take(observed: ObservedEvent): void {
    if (this.#endMs !== undefined) return
    const { node, timeMs, event } = observed
    this.#validation.take(observed)
    switch (event.type) {
      case 'network-ready':
        this.#readyMs = timeMs
        break
      case 'network-stopping':
        this.#endMs = timeMs
        this.#standing.close(timeMs)
        break
      case 'tip':
        if (node !== undefined) this.#standing.stands(node, event.hash, timeMs)
        break
      case 'node-exited':
      case 'node-paused':
        this.#standing.leaves(event.node, timeMs)
        break
      case 'node-resumed': {
        const resumed = this.#observer.state().nodes.find(({ name }) => name === event.node)
        const tip = resumed?.systems.ledger.tip
        if (tip !== undefined) this.#standing.stands(event.node, tip, timeMs)
        break
      }
    }
  }
}

export function lineOf(block: BlockState): BlockLine {
  const { hash, prev, height, miner, transactions, bytes, rejected } = block
  const { p50Ms, p90Ms } = reachOf(block)
  const timeMs = block.firstSeenMs
  return {
    ...{ hash, prev, height, timeMs, miner, transactions, bytes },
    ...{ rejected: rejected !== undefined, p50Ms, p90Ms },
  }
}

function slowestOf(blocks: readonly BlockState[]): readonly BlockState[] {
  const p90 = (block: BlockState) => reachOf(block).p90Ms ?? -1
  return blocks
    .map(block => ({ block, ms: p90(block) }))
    .filter(({ ms }) => ms >= 0)
    .sort((a, b) => b.ms - a.ms)
    .slice(0, SLOWEST)
    .map(({ block }) => block)
}

function arrivalAt(block: BlockState, node: string): number | undefined {
  return isDelivery(block, node) ? block.receivedMs[node] : undefined
}
