// The check of an input as blocks and the mempool need it: with a memory, and with Core's words for what is wrong.

import { ConsensusError } from '../../errors.ts'
import { BoundedSet } from '../bounded.ts'
import type { Tx } from '../chain/types.ts'
import type { Spend } from './checker.ts'
import { scriptErrorText } from './errors.ts'
import { CONSENSUS_FLAGS, standardFlags } from './flags.ts'
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

  /** Was it found good under these flags, or under all that are relayed where these are in force, of which these are a part? */
  has(tx: Tx, index: number, flags: number): boolean {
    if (this.#verified.has(keyOf(tx, index, flags))) return true
    const standard = standardFlags(flags)
    const isPart = flags !== standard && (flags & standard) === flags
    return isPart && this.#verified.has(keyOf(tx, index, standard))
  }

  add(tx: Tx, index: number, flags: number): void {
    this.#verified.add(keyOf(tx, index, flags))
  }
}

function keyOf({ wtxid }: Tx, index: number, flags: number): string {
  return `${wtxid}:${index}:${flags}`
}

/** Throws `mandatory-script-verify-flag-failed` unless input `index` may spend its coin in a block that is held to `flags`. */
export function checkInput(spend: Spend, cache?: SignatureCache, flags = CONSENSUS_FLAGS): void {
  const { tx, index } = spend
  if (cache?.has(tx, index, flags)) return
  const error = verifySpend(spend, flags)
  if (error !== undefined)
    throw new ConsensusError('mandatory-script-verify-flag-failed', scriptErrorText(error))
}

/** The same for what is relayed: `non-mandatory-script-verify-flag` where a block might hold it, but we will not pass it on. */
export function checkStandardInput(spend: Spend, cache?: SignatureCache, flags = CONSENSUS_FLAGS): void {
  const { tx, index } = spend
  const standard = standardFlags(flags)
  if (cache?.has(tx, index, standard)) return
  const error = verifySpend(spend, standard)
  if (error === undefined) {
    cache?.add(tx, index, standard)
    return
  }
  // Whose rules it breaks the second look tells, what is wrong with it the first. Core calls mandatory what is in force at the end,
  // wherever the chain is on its way there.
  const code =
    verifySpend(spend, flags | CONSENSUS_FLAGS) === undefined
      ? 'non-mandatory-script-verify-flag'
      : 'mandatory-script-verify-flag-failed'
  throw new ConsensusError(code, scriptErrorText(error))
}
