// Ephemeral dust: an output that is not worth spending may be relayed if nobody gains by mining its transaction alone, which then
// pays no fee, and if whoever spends anything of that transaction spends the dust with it. It is later than Bitcoin Core 28 (as
// of 29) and in the forks of it that try soft forks out; beside it stands what anybody may spend (P2A).

import type { HashHex } from '../bitcoin/wire/hex.ts'
import { ConsensusError } from '../errors.ts'
import { outPointKey } from './chain/tx.ts'
import type { Tx } from './chain/types.ts'
import { hasDust, isDust } from './policy.ts'
import type { Policy } from './policy-rules.ts'

/** Throws where dust is paid for: somebody might mine it without what spends it. */
export function checkDustUnpaid(tx: Tx, feeSat: number, modifiedSat: number, policy: Policy): void {
  if ((feeSat !== 0 || modifiedSat !== 0) && hasDust(tx, policy))
    throw new ConsensusError('dust', 'tx with dust output must be 0-fee')
}

/** Throws where a child of unconfirmed parents leaves any of their dust. `parentOf`: of those who are here or come with it. */
export function checkDustSpent(tx: Tx, parentOf: (txid: HashHex) => Tx | undefined, policy: Policy): void {
  for (const txid of new Set(tx.inputs.map(({ previous }) => previous.txid))) {
    const parent = parentOf(txid)
    if (!parent || !hasDust(parent, policy)) continue
    const spent = new Set(tx.inputs.map(({ previous }) => outPointKey(previous)))
    const leaves = parent.outputs.some(
      (output, index) => isDust(output, policy) && !spent.has(outPointKey({ txid, index })),
    )
    if (leaves)
      throw new ConsensusError(
        'missing-ephemeral-spends',
        `tx ${tx.txid} did not spend parent's ephemeral dust`,
      )
  }
}
