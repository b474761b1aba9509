// What the ledger keeps of the network and of each node: blocks and forks, propagation, hash power, mempools.

import type { DeploymentStanding } from '../../../node/api.ts'

declare module '../states.ts' {
  interface SystemStates {
    readonly ledger: LedgerState
  }
  interface SystemNodes {
    readonly ledger: LedgerNode
  }
}

export interface LedgerNode {
  /** The node runs no ledger: nothing here is its own. */
  readonly absent?: true
  readonly height: number
  readonly tip: string | undefined
  /** When it came to stand on that tip. */
  readonly tipSinceMs: number | undefined
  readonly mempool: number
  /** The end of a chain that it refuses though it has more work than its own. */
  readonly refused?: { readonly height: number; readonly tip: string } | undefined
  /** How the deployments that it was told of stand with it; absent: it was told of none. */
  readonly deployments?: readonly DeploymentStanding[] | undefined
  readonly askedHps: number
  readonly measuredHps: number
  /** The last 60 samples, one a second at most, oldest first. */
  readonly hashRateHistory: readonly number[]
  /** What it hashed over the run, by its samples: the base of the run's measured rate. */
  readonly hashing: {
    readonly hashes: number
    readonly seconds: number
    /** And for how long it was down, stopped, frozen or not there yet: that time counts as well, with nothing hashed in it. */
    readonly idleSeconds: number
    /** It is so since then. */
    readonly idleSinceMs: number | undefined
    /** The sample that the next one is measured against. */
    readonly last: { readonly timeMs: number; readonly hashes: number } | undefined
  }
  readonly blocksMined: number
  /** How many of the network's blocks it was to find up to when it last began or ceased to run; see `observe/power.ts`. */
  readonly expected: number
  /** The network's `blocksPerHash` when it began; undefined while it does not run. */
  readonly hashingFrom: number | undefined
  readonly reorgs: number
}

/** A block of the fork tree, as seen by the network. */
export interface BlockState {
  readonly hash: string
  readonly prev: string
  readonly height: number
  readonly bits: number
  readonly headerTime: number
  /** Node that mined it, when known. */
  readonly miner: string | undefined
  readonly transactions: number
  readonly bytes: number
  /** First sign anywhere, ms since the epoch. */
  readonly firstSeenMs: number
  /** Nodes that ran then. */
  readonly running: number
  /** Node → ms after `firstSeenMs` at which it had the whole block; nodes that came up later are left out. */
  readonly receivedMs: { readonly [node: string]: number }
  /** Node → how far its time can be wrong, its host's clock beside that of the first sign; absent where there is one clock. */
  readonly errorsMs?: { readonly [node: string]: number }
  /** Node → the node that sent it the whole block; not its miner, nor who had it of somebody unknown. */
  readonly sources: { readonly [node: string]: string }
  /** Nodes that a partition or a pause kept from it for a while: their times are no propagation. */
  readonly apart: { readonly [node: string]: true }
  /** Node → ms after `firstSeenMs` of its first sign (inv, header …); nodes that came up later are left out. */
  readonly seenMs: { readonly [node: string]: number }
  /** Total work up to this block, hex; above a parent that nobody reported it is an estimate. */
  readonly work: string
  /** Some node had it on its chain. Only such blocks can be the tip. */
  readonly connected: boolean
  /** Core's reject string, when a node found that it breaks a rule. */
  readonly rejected: string | undefined
  /** The deployment for whose rule a node refused it; good for those that lack it. */
  readonly against?: string
  /** On the best chain: that of the most-work tip, the first seen among equals. */
  readonly active: boolean
}

/** Until this share of all running nodes had a block; undefined where it did not get to so many. See propagation.ts. */
export interface Percentiles {
  readonly p50Ms: number | undefined
  readonly p90Ms: number | undefined
  readonly p99Ms: number | undefined
  readonly allMs: number | undefined
  /** How far each of them can be wrong, where nodes have clocks of their own. */
  readonly errorMs?: number | undefined
}

/** Of the middle block: each is a median over the blocks of the best chain that got to 90 % of the running nodes. */
export interface RunPropagation extends Percentiles {
  /** How many those are. */
  readonly blocks: number
  /** And how many did not, or not yet. */
  readonly short: number
}

/** How the network stood at a time. */
export interface HistoryPoint {
  readonly timeMs: number
  readonly height: number
  readonly tips: number
  readonly measuredHps: number
  /** Of the fullest mempool. */
  readonly mempool: number
  readonly staleBlocks: number
}

/** What a strategy told of itself. */
export interface StrategyTally {
  readonly node: string
  /** Its name, or its file. */
  readonly strategy: string
  /** Word → how often. */
  readonly words: { readonly [word: string]: number }
  /** Of a double spender: how likely one of its attempts is to succeed. */
  readonly chance?: number
  /** Its code threw: where, and what. */
  readonly failed?: string
}

/** How a deployment stands in the network. */
export interface DeploymentTally extends DeploymentStanding {
  readonly bit: number
  /** In words. */
  readonly rule: string
  readonly periodBlocks: number
  readonly thresholdBlocks: number
  /** Share of the hash power that runs whose blocks signal it. */
  readonly signalShare: number
  /** Blocks that nodes refused for its rule. */
  readonly refusedBlocks: number
}

/** What a fault did: while it was in force, and until the nodes agreed again. */
export interface Effect {
  /** Tips while it was in force, for most of the time that they were not one; 1: the nodes kept agreeing. */
  readonly tips: number
  /** Found while it was in force, and how many of them did not make it. */
  readonly blocks: number
  readonly staleBlocks: number
  /** Blocks that are too old to be told one by one are not among them. */
  readonly some?: true
  readonly reorgs: number
  readonly reorgMaxDepth: number
  /** From its end until all running nodes stood on one tip; undefined while it lasts, or when they did not yet. */
  readonly agreedAfterMs: number | undefined
}

/** Times between neighbours on the best chain, first sign to first sign. */
export interface IntervalHistogram {
  readonly binMs: number
  /** `counts[i]`: from `i * binMs` to below the next; the last takes all that are longer. */
  readonly counts: readonly number[]
  readonly count: number
  readonly sumMs: number
}

/** A node left its chain for another. */
export interface ReorgState {
  readonly node: string
  readonly timeMs: number
  /** Blocks taken off the old chain. */
  readonly depth: number
  readonly from: string
  readonly to: string
  /** Of the new tip. */
  readonly height: number
}

export interface LedgerState {
  /** Wanted by the plan, for screens. */
  readonly blockIntervalMs: number
  /** Proof of work is checked; false in simulated mining, and every screen says so. */
  readonly checkProofOfWork: boolean
  /** The times of blocks are drawn and their proofs are next to nothing: hash rates are what was asked. Screens say so as well. */
  readonly paced?: true
  /** Height of the most-work tip. */
  readonly height: number
  /** Hash of the most-work tip; undefined before the first block. */
  readonly tip: string | undefined
  /** Distinct tips among running nodes. */
  readonly tips: number
  /** Running nodes that refuse a chain with more work than theirs: peers of theirs, seen or unseen, may be on it. */
  readonly refusing: number
  /** All running nodes stand on one tip, and none refuses a chain with more work. */
  readonly converged: boolean
  /** Most recent blocks by height then arrival, newest last; older ones are folded into the totals. */
  readonly blocks: readonly BlockState[]
  readonly totals: {
    /** Distinct blocks above genesis. */
    readonly blocks: number
    /** Blocks beside the best chain, invalid ones not counted. */
    readonly staleBlocks: number
    /** Over all nodes: one fork that five nodes leave counts five times. */
    readonly reorgs: number
    readonly reorgMaxDepth: number
    readonly transactionsSent: number
    readonly transactionsFailed: number
    /** On the best chain, coinbases not counted. */
    readonly transactionsConfirmed: number
  }
  readonly hashRate: { readonly askedHps: number; readonly measuredHps: number }
  /** Over the blocks found so far: 1 / the hash power that ran when each was. */
  readonly blocksPerHash: number
  readonly propagation: RunPropagation
  /** Deliveries, one block at one node each, cumulative, for histograms: how many took `leMs` at most. */
  readonly propagationHistogram: {
    readonly buckets: readonly { readonly leMs: number; readonly count: number }[]
    readonly count: number
    readonly sumMs: number
  }
  /** Arrivals that are no delivery because a partition or a pause stood between. */
  readonly apartArrivals: number
  /** Oldest first; its steps grow as the run does, so that there are never more than MAX_POINTS. */
  readonly history: readonly HistoryPoint[]
  readonly intervals: IntervalHistogram
  /** The last of them, oldest first; the totals count all. */
  readonly reorgs: readonly ReorgState[]
  /** In the order in which they first told something. */
  readonly strategies: readonly StrategyTally[]
  /** In the order of the plan. */
  readonly deployments: readonly DeploymentTally[]
  /** What each fault of the network did, in their order. */
  readonly effects: readonly Effect[]
}
