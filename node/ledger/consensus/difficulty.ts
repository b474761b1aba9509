// The three difficulty rules: which compact target the block after `parent` must have.
// Nobody mines a testnet's genesis block, so its time says nothing about the pace. Both rules that measure take the chain to
// have begun one interval before block 1.

import type { ChainParams } from '../../params.ts'
import type { BlockEntry } from '../chain/types.ts'
import { bitsToTarget, targetToBits } from './target.ts'

/** Finds the ancestor of an entry at a height. */
export type AncestorOf = (entry: BlockEntry, height: number) => BlockEntry | undefined

export function nextBits(params: ChainParams, parent: BlockEntry, ancestorOf: AncestorOf): number {
  const { difficulty } = params
  const first = ancestorOf(parent, 1)
  if (difficulty.rule === 'fixed' || first === undefined) return params.initialBits
  if (difficulty.rule === 'asert')
    return asertBits({
      anchorBits: params.initialBits,
      // The anchor is block 1 and its parent's time is one interval before it: that interval and the one for block 1
      // itself cancel out.
      lateMs: 1000 * (parent.header.time - first.header.time) - params.blockIntervalMs * (parent.height - 1),
      halfLifeMs: difficulty.halfLifeMs,
      powLimitBits: params.powLimitBits,
    })

  const { windowBlocks } = difficulty
  if ((parent.height + 1) % windowBlocks !== 0) return parent.header.bits
  // Bitcoin's off-by-one: a window of N blocks is measured over the N − 1 intervals between them.
  const start = ancestorOf(parent, parent.height + 1 - windowBlocks)
  const startMs =
    start === undefined || start.height === 0
      ? 1000 * first.header.time - params.blockIntervalMs
      : 1000 * start.header.time
  return windowBits({
    bits: parent.header.bits,
    actualMs: 1000 * parent.header.time - startMs,
    wantedMs: windowBlocks * params.blockIntervalMs,
    powLimitBits: params.powLimitBits,
  })
}

/**
 * aserti3-2d: the anchor's target times 2 ^ (lateMs / halfLifeMs), by a cubic approximation in 16-bit fixed point that
 * gives every implementation the same bits. `lateMs`: by how much the chain took longer than it should have.
 * https://upgradespecs.bitcoincashnode.org/2020-11-15-asert/
 */
export function asertBits(q: {
  readonly anchorBits: number
  readonly lateMs: number
  readonly halfLifeMs: number
  readonly powLimitBits: number
}): number {
  // The reference divides int64s, which truncates towards zero as BigInt does; its shift rounds down as ours does.
  const exponent = (BigInt(q.lateMs) * 65_536n) / BigInt(q.halfLifeMs)
  const shifts = exponent >> 16n
  const fraction = exponent & 0xffffn
  const factor =
    65_536n +
    ((195_766_423_245_049n * fraction +
      971_821_376n * fraction ** 2n +
      5_127n * fraction ** 3n +
      (1n << 47n)) >>
      48n)
  const powLimit = bitsToTarget(q.powLimitBits)
  // Beyond these every target has left the range: no need to build a number of a million digits to see it.
  if (shifts > 256n) return targetToBits(powLimit)
  if (shifts < -256n) return targetToBits(1n)
  const scaled = bitsToTarget(q.anchorBits) * factor
  const target = shifts >= 16n ? scaled << (shifts - 16n) : scaled >> (16n - shifts)
  return targetToBits(within(target, powLimit))
}

/** Bitcoin's retarget: the old target times actual / wanted, at most a factor of 4 either way. */
export function windowBits(q: {
  readonly bits: number
  readonly actualMs: number
  readonly wantedMs: number
  readonly powLimitBits: number
}): number {
  const wanted = BigInt(q.wantedMs)
  const actual = clamp(BigInt(q.actualMs), wanted / 4n, wanted * 4n)
  return targetToBits(within((bitsToTarget(q.bits) * actual) / wanted, bitsToTarget(q.powLimitBits)))
}

function within(target: bigint, powLimit: bigint): bigint {
  return clamp(target, 1n, powLimit)
}

function clamp(value: bigint, least: bigint, most: bigint): bigint {
  return value < least ? least : value > most ? most : value
}
