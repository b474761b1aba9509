// Hash power over a run: a miner that is down, stopped, frozen or not there yet has none. How long that was, and how many of the
// blocks each was to find, given who ran when each was found.

import type { Draft } from '../../../observe/fresh.ts'
import type { LedgerNode, LedgerState } from '../state.ts'

/** Of the miners that run. Written in place. */
export interface Power {
  /** What they were asked for together. */
  runningHps: number
  /**
   * Over the blocks found so far: 1 / the power that ran when each was. It finds a miner its blocks: of one that ran between two
   * of these sums, what it was asked for times their difference is how many it was to find, whatever the difficulty was.
   */
  blocksPerHash: number
  /** When the network stood: before that nobody is missed. */
  sinceMs: number | undefined
}

export const NO_POWER: Power = { runningHps: 0, blocksPerHash: 0, sinceMs: undefined }

/** It hashes from now on. */
export function begins(node: Draft<LedgerNode>, power: Power, timeMs: number): void {
  rests(node, timeMs, undefined)
  if (node.hashingFrom !== undefined) return
  node.hashingFrom = power.blocksPerHash
  power.runningHps += node.askedHps
}

/** It hashes no longer. */
export function ceases(node: Draft<LedgerNode>, power: Power, timeMs: number): void {
  rests(node, timeMs, node.hashing.idleSinceMs ?? timeMs)
  if (node.hashingFrom === undefined) return
  node.expected += node.askedHps * (power.blocksPerHash - node.hashingFrom)
  node.hashingFrom = undefined
  power.runningHps -= node.askedHps
}

/** It is asked for another rate from now on; what it was to find until here was by the old one. */
export function asks(node: Draft<LedgerNode>, power: Power | undefined, askedHps: number): void {
  if (power && node.hashingFrom !== undefined) {
    node.expected += node.askedHps * (power.blocksPerHash - node.hashingFrom)
    node.hashingFrom = power.blocksPerHash
    power.runningHps += askedHps - node.askedHps
  }
  node.askedHps = askedHps
}

/** Sums of fractions come back to nothing only nearly. */
const NOTHING_HPS = 1e-6

/** Somebody found a block. */
export function found(power: Power): void {
  if (power.runningHps > NOTHING_HPS) power.blocksPerHash += 1 / power.runningHps
}

/** It was not there from the beginning, or the run is over. */
export function rests(node: Draft<LedgerNode>, timeMs: number, sinceMs: number | undefined): void {
  const { idleSinceMs, idleSeconds } = node.hashing
  const past =
    idleSinceMs === undefined || sinceMs !== undefined ? 0 : Math.max(0, timeMs - idleSinceMs) / 1000
  node.hashing = { ...node.hashing, idleSeconds: idleSeconds + past, idleSinceMs: sinceMs, last: undefined }
}

/** Seconds for which it was down, stopped, frozen or not there yet. */
export function idleSeconds({ hashing }: Pick<LedgerNode, 'hashing'>, nowMs: number): number {
  const open = hashing.idleSinceMs === undefined ? 0 : Math.max(0, nowMs - hashing.idleSinceMs) / 1000
  return hashing.idleSeconds + open
}

/** Its average over the run: what it hashed by its samples, in their time and in the time that it did not run. */
export function runHps({ hashing }: Pick<LedgerNode, 'hashing'>, nowMs: number): number {
  const seconds = hashing.seconds + idleSeconds({ hashing }, nowMs)
  return seconds > 0 ? hashing.hashes / seconds : 0
}

/** Of the blocks found so far, how many it was to find. */
export function expectedBlocks(
  { askedHps, expected, hashingFrom }: Pick<LedgerNode, 'askedHps' | 'expected' | 'hashingFrom'>,
  { blocksPerHash }: Pick<LedgerState, 'blocksPerHash'>,
): number {
  return expected + (hashingFrom === undefined ? 0 : askedHps * (blocksPerHash - hashingFrom))
}
