// In which state a deployment is for a block, by the versions of the blocks before it (BIP9; by height BIP8). A value that the
// parent's hash commits to: found once for each period, and shared by all that have the same deployments.

import { ancestor } from '../chain/tree.ts'
import type { BlockEntry, Header } from '../chain/types.ts'
import { type Deployment, type DeploymentState, NEVER, VERSION_BITS, type VersionBits } from './deployment.ts'
import { medianTimePast } from './header-rules.ts'

/** BIP9: the three highest bits of a version that signals. */
export const TOP_BITS = 0x20000000
const TOP_MASK = 0xe0000000

export function signals(version: number, bit: number): boolean {
  return (version & TOP_MASK) >>> 0 === TOP_BITS && ((version >>> bit) & 1) === 1
}

/** What there is to tell of a period so far (Core's BIP9Stats). */
export interface PeriodSignals {
  readonly periodBlocks: number
  readonly thresholdBlocks: number
  /** Blocks of it up to the one that was asked about. */
  readonly elapsedBlocks: number
  readonly count: number
  /** The threshold can still be met in it. */
  readonly possible: boolean
  /** For each of the elapsed blocks whether it signals. */
  readonly each: readonly boolean[]
}

/** Counts and states of one deployment. Keyed by the last header of a period: what follows it has one state for a period. */
export class DeploymentStates {
  readonly deployment: Deployment
  readonly #bits: Pick<VersionBits, 'periodBlocks' | 'thresholdBlocks'>
  readonly #known = new WeakMap<Header, DeploymentState>()

  constructor(deployment: Deployment, bits: Pick<VersionBits, 'periodBlocks' | 'thresholdBlocks'>) {
    this.deployment = deployment
    this.#bits = bits
  }

  /** Of the block after `parent`; undefined: of the genesis block. */
  after(parent: BlockEntry | undefined): DeploymentState {
    const last = this.#periodEnd(parent)
    const unknown: BlockEntry[] = []
    let at = last
    let state: DeploymentState | undefined
    for (; at; at = ancestor(at, at.height - this.#bits.periodBlocks)) {
      state = this.#known.get(at.header)
      if (state) break
      unknown.push(at)
    }
    state ??= 'defined'
    for (const end of unknown.reverse()) {
      state = this.#next(state, end)
      this.#known.set(end.header, state)
    }
    return state
  }

  /** The height of the first block of the state that the block after `parent` has; 0 for `defined`. */
  since(parent: BlockEntry | undefined): number {
    const state = this.after(parent)
    let end = this.#periodEnd(parent)
    if (state === 'defined' || !end) return 0
    for (;;) {
      const before: BlockEntry | undefined = ancestor(end, end.height - this.#bits.periodBlocks)
      if (!before || this.after(before) !== state) return end.height + 1
      end = before
    }
  }

  /** Locked in with block `since`, its rule is in force from so high on. */
  activeFrom(since: number): number {
    const { periodBlocks } = this.#bits
    const wait = Math.max(0, this.deployment.minActivationHeight - since - periodBlocks)
    return since + periodBlocks * (1 + Math.ceil(wait / periodBlocks))
  }

  /** Of the period that `entry` is in. */
  signalsUpTo(entry: BlockEntry): PeriodSignals {
    const { periodBlocks, thresholdBlocks } = this.#bits
    const elapsedBlocks = 1 + (entry.height % periodBlocks)
    const each: boolean[] = []
    let at: BlockEntry | undefined = entry
    for (let i = 0; at && i < elapsedBlocks; i++, at = at.parent)
      each.push(signals(at.header.version, this.deployment.bit))
    each.reverse()
    const count = each.filter(Boolean).length
    const possible = periodBlocks - thresholdBlocks >= elapsedBlocks - count
    return { periodBlocks, thresholdBlocks, elapsedBlocks, count, possible, each }
  }

  /**
   * BIP8, "Mandatory signalling": a block after `parent` that does not signal is one too many, for the threshold could no longer be
   * met in the period in which blocks must.
   */
  mustSignalAfter(parent: BlockEntry): boolean {
    if (this.after(parent) !== 'must_signal') return false
    const { periodBlocks, thresholdBlocks } = this.#bits
    const begins = (parent.height + 1) % periodBlocks === 0
    const { elapsedBlocks, count } = begins ? { elapsedBlocks: 0, count: 0 } : this.signalsUpTo(parent)
    return elapsedBlocks - count + 1 > periodBlocks - thresholdBlocks
  }

  isSignalledBy(version: number): boolean {
    return signals(version, this.deployment.bit)
  }

  /** The last block of the last whole period. */
  #periodEnd(parent: BlockEntry | undefined): BlockEntry | undefined {
    return parent && ancestor(parent, parent.height - ((parent.height + 1) % this.#bits.periodBlocks))
  }

  /** The state after a period that began in `state` and ends with `end`. */
  #next(state: DeploymentState, end: BlockEntry): DeploymentState {
    const { start, timeout, minActivationHeight } = this.deployment
    switch (state) {
      case 'defined':
        return this.#clock(end) >= start ? 'started' : 'defined'
      case 'started':
        if (this.#isMet(end)) return 'locked_in'
        if (this.#lastChance(end)) return 'must_signal'
        return timeout !== NEVER && this.#clock(end) >= timeout ? 'failed' : 'started'
      case 'must_signal':
        return 'locked_in'
      case 'locked_in':
        return end.height + 1 >= minActivationHeight ? 'active' : 'locked_in'
      default:
        return state
    }
  }

  /** What start and timeout are held against: the chain's time, or the height of the next block. */
  #clock(end: BlockEntry): number {
    return this.deployment.by === 'time' ? medianTimePast(end) : end.height + 1
  }

  #isMet(end: BlockEntry): boolean {
    return this.signalsUpTo(end).count >= this.#bits.thresholdBlocks
  }

  /** The period that begins is the last before the timeout. */
  #lastChance(end: BlockEntry): boolean {
    const { lockInOnTimeout, timeout } = this.deployment
    return lockInOnTimeout && end.height + 1 + this.#bits.periodBlocks >= timeout
  }
}

/** Core's warning: bits that nobody here knows of were set often enough to lock in, by the rules of BIP9 and without an end. */
export class UnknownBits {
  readonly #states: readonly DeploymentStates[]

  constructor(bits: VersionBits) {
    const known = new Set(bits.deployments.map(({ bit }) => bit))
    this.#states = Array.from({ length: VERSION_BITS }, (_, bit) => bit)
      .filter(bit => !known.has(bit))
      .map(bit => new DeploymentStates(unknown(bit), bits))
  }

  /** Bits whose unknown rules are in force after `tip`. */
  activeAfter(tip: BlockEntry): number[] {
    return this.#states.flatMap(states => (states.after(tip) === 'active' ? [states.deployment.bit] : []))
  }
}

function unknown(bit: number): Deployment {
  return {
    name: `bit ${bit}`,
    bit,
    rule: { rule: 'none' },
    by: 'height',
    start: 0,
    timeout: NEVER,
    minActivationHeight: 0,
    lockInOnTimeout: false,
    enforces: false,
    signals: false,
  }
}
