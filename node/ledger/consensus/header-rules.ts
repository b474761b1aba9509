// The rules for a header on its parent, in Bitcoin Core's order.

import { ConsensusError } from '../../errors.ts'
import type { ChainParams } from '../../params.ts'
import type { BlockEntry, Header } from '../chain/types.ts'
import { type AncestorOf, nextBits } from './difficulty.ts'
import { bitsToTarget, claimedTarget, workOfBits } from './target.ts'

/** Blocks whose median time is the chain's clock. */
const MEDIAN_SPAN = 11

/** What the chain up to a block asks of the header on it. Its hash commits to it. */
export interface Demands {
  /** The bits that the difficulty rule wants. */
  readonly bits: number
  /** In seconds; the header's time is later. */
  readonly medianTimePast: number
}

export function demandsAfter(params: ChainParams, parent: BlockEntry, ancestorOf: AncestorOf): Demands {
  return { bits: nextBits(params, parent, ancestorOf), medianTimePast: medianTimePast(parent) }
}

/** A header's place in the chain. */
export interface HeaderContext {
  readonly params: ChainParams
  readonly parent: BlockEntry
  /** Of the lowest version that a header may have here. */
  readonly leastVersion: number
  readonly nowMs: number
}

/** `high-hash` unless the hash proves the work that the header claims. Needs no context. */
export function checkProofOfWork(params: ChainParams, header: Header): void {
  if (!params.checkProofOfWork) return
  if (!header.provesWork || bitsToTarget(header.bits) > bitsToTarget(params.powLimitBits))
    throw new ConsensusError('high-hash', header.hash)
}

/** Throws the first rule that the header breaks. `time-too-new` is the one that time heals: it must not be remembered. */
export function checkHeader(header: Header, demands: Demands, context: HeaderContext): void {
  const { params, parent, leastVersion, nowMs } = context
  const { bits } = demands
  if (header.bits !== bits)
    throw new ConsensusError('bad-diffbits', `${header.bits.toString(16)} instead of ${bits.toString(16)}`)
  if (header.time <= demands.medianTimePast) throw new ConsensusError('time-too-old', `${header.time}`)
  const { timewarpPeriod, timewarpGraceSec } = params
  if (
    timewarpPeriod !== undefined &&
    (parent.height + 1) % timewarpPeriod === 0 &&
    header.time < parent.header.time - timewarpGraceSec
  )
    throw new ConsensusError('time-timewarp-attack', `${header.time}`)
  if (header.time > Math.floor(nowMs / 1000) + params.maxFutureSec)
    throw new ConsensusError('time-too-new', `${header.time}`)
  if (header.version < leastVersion)
    throw new ConsensusError('bad-version', `0x${(header.version >>> 0).toString(16).padStart(8, '0')}`)
}

/** The median time of a block and its ten ancestors, in seconds: the clock that lock times and new headers are held against. */
export function medianTimePast(entry: BlockEntry): number {
  const times: number[] = []
  for (let at: BlockEntry | undefined = entry; at && times.length < MEDIAN_SPAN; at = at.parent)
    times.push(at.header.time)
  times.sort((a, b) => a - b)
  return times[times.length >> 1] as number
}

/** Total work at the last of `headers`, which start on `parent`. */
export function workAfter(parent: BlockEntry, headers: readonly Header[]): bigint {
  return headers.reduce((work, header) => work + claimedWork(header), parent.work)
}

/** The work that a header claims, before anything of it was checked. */
export function claimedWork(header: Header): bigint {
  return claimedTarget(header.bits) === undefined ? 0n : workOfBits(header.bits)
}
