// Lock times: when a transaction may be in a block (BIP65's field, BIP113's clock), how long its inputs must rest (BIP68), and
// what of both a script may ask (BIP65, BIP112).

import type { Coin, Tx, TxIn } from './types.ts'

/** Lock times below are heights, from here on seconds since the epoch. */
const LOCKTIME_THRESHOLD = 500_000_000
const SEQUENCE_FINAL = 0xffffffff
const SEQUENCE_DISABLE = 0x80000000
const SEQUENCE_IS_TIME = 0x00400000
const SEQUENCE_MASK = 0x0000ffff
/** Relative times count in units of 512 s. */
const SEQUENCE_GRANULARITY = 9

/** May `tx` be in a block at `height` whose parent's median time past is `medianTime`? */
export function isFinal(tx: Tx, height: number, medianTime: number): boolean {
  const passed = tx.lockTime < LOCKTIME_THRESHOLD ? height : medianTime
  return (
    tx.lockTime < passed || tx.inputs.every(input => input.sequence === SEQUENCE_FINAL) || tx.lockTime === 0
  )
}

/** Where a transaction is to be confirmed. */
export interface LockContext {
  readonly height: number
  /** Median time past of the block before. */
  readonly medianTime: number
  /** Median time past of the block at a height of the same chain. */
  medianTimeAt(height: number): number
}

/** Have all inputs rested as long as their sequence numbers ask? `coins`: what they spend, in order. */
export function sequenceLocksMet(tx: Tx, coins: readonly Coin[], context: LockContext): boolean {
  if (tx.version < 2) return true
  return tx.inputs.every((input, i) => {
    if ((input.sequence & SEQUENCE_DISABLE) !== 0) return true
    const rest = input.sequence & SEQUENCE_MASK
    const { height } = coins[i] as Coin
    if ((input.sequence & SEQUENCE_IS_TIME) === 0) return height + rest <= context.height
    // Time counts from the block before the one that made the coin: that is when the coin's block could have begun.
    const since = context.medianTimeAt(Math.max(height - 1, 0))
    return since + rest * 2 ** SEQUENCE_GRANULARITY <= context.medianTime
  })
}

/** BIP65: does the transaction wait at least until then? Its own lock time counts, if this input lets it. */
export function isLockTimeMet(lockTime: number, tx: Tx, input: TxIn): boolean {
  const isHeight = lockTime < LOCKTIME_THRESHOLD
  return (
    isHeight === tx.lockTime < LOCKTIME_THRESHOLD &&
    lockTime <= tx.lockTime &&
    input.sequence !== SEQUENCE_FINAL
  )
}

/** BIP112: does this input rest at least so long? `sequence`: in BIP68's form, possibly disabled. */
export function isSequenceMet(sequence: number, tx: Tx, input: TxIn): boolean {
  if ((sequence & SEQUENCE_DISABLE) !== 0) return true
  if (tx.version < 2 || (input.sequence & SEQUENCE_DISABLE) !== 0) return false
  const sameUnit = (sequence & SEQUENCE_IS_TIME) === (input.sequence & SEQUENCE_IS_TIME)
  return sameUnit && (sequence & SEQUENCE_MASK) <= (input.sequence & SEQUENCE_MASK)
}
