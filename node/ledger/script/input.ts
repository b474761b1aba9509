// The check of an input as blocks and the mempool need it: with a memory, and with Core's words for what is wrong.

import { ConsensusError } from '../../errors.ts'
import { BoundedSet } from '../bounded.ts'
import type { Tx } from '../chain/types.ts'
import type { Spend } from './checker.ts'
import { scriptErrorText } from './errors.ts'
import { CONSENSUS_FLAGS, STANDARD_FLAGS } from './flags.ts'
import { verifySpend } from './verify.ts'

/**
 * Inputs that were found good, so that a block does not verify again what the mempool did. The key is wtxid, input and flags: a
 * wtxid commits to every signature and, through the outpoints' txids, to the scripts and values of the coins. Verification is
 * pure, so one cache may serve many peers.
 */
export class SignatureCache {
  readonly #verified: BoundedSet<string>

  /** `capacity`: inputs kept, 130 bytes each; the oldest go first. More than the blocks that are on their way spend. */
  constructor(capacity = 20_000) {
    this.#verified = new BoundedSet(capacity)
  }

  get size(): number {
    return this.#verified.size
  }

  /** Was it found good under these flags, or under all that are relayed, of which these are a part? */
  has(tx: Tx, index: number, flags: number): boolean {
    if (this.#verified.has(keyOf(tx, index, flags))) return true
    const isPart = flags !== STANDARD_FLAGS && (flags & STANDARD_FLAGS) === flags
    return isPart && this.#verified.has(keyOf(tx, index, STANDARD_FLAGS))
  }

  add(tx: Tx, index: number, flags: number): void {
    this.#verified.add(keyOf(tx, index, flags))
  }
}

function keyOf({ wtxid }: Tx, index: number, flags: number): string {
  return `${wtxid}:${index}:${flags}`
}

/** Throws `mandatory-script-verify-flag-failed` unless input `index` may spend its coin in a block. */
export function checkInput(spend: Spend, cache?: SignatureCache): void {
  const { tx, index } = spend
  if (cache?.has(tx, index, CONSENSUS_FLAGS)) return
  const error = verifySpend(spend, CONSENSUS_FLAGS)
  if (error !== undefined)
    throw new ConsensusError('mandatory-script-verify-flag-failed', scriptErrorText(error))
}

/** The same for what is relayed: `non-mandatory-script-verify-flag` where a block might hold it, but we will not pass it on. */
export function checkStandardInput(spend: Spend, cache?: SignatureCache): void {
  const { tx, index } = spend
  if (cache?.has(tx, index, STANDARD_FLAGS)) return
  const error = verifySpend(spend, STANDARD_FLAGS)
  if (error === undefined) {
    cache?.add(tx, index, STANDARD_FLAGS)
    return
  }
  const broken = verifySpend(spend, CONSENSUS_FLAGS)
  if (broken !== undefined)
    throw new ConsensusError('mandatory-script-verify-flag-failed', scriptErrorText(broken))
  throw new ConsensusError('non-mandatory-script-verify-flag', scriptErrorText(error))
}
