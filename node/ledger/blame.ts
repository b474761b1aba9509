// Which broken rules prove a peer hostile. An honest peer validates before it relays, so most do;
// a rule that depends on clocks or on what else was seen proves nothing.

import type { RejectReason } from '../errors.ts'

const NO_OFFENCE: ReadonlySet<RejectReason> = new Set<RejectReason>([
  'time-too-new', // our clock may be the wrong one
  'too-little-chainwork',
  'prev-blk-not-found',
  'duplicate',
  'duplicate-invalid',
])

/** A header or block that breaks this rule proves its sender hostile; unless a deployment brought the rule, which it may lack. */
export function isBlockOffence(reason: RejectReason, deployment?: string): boolean {
  return deployment === undefined && !NO_OFFENCE.has(reason)
}

/** Rules that no chain state and no policy can excuse (Core's TX_CONSENSUS). */
const TX_OFFENCE: ReadonlySet<RejectReason> = new Set<RejectReason>([
  'coinbase',
  'bad-cb-length',
  'bad-txns-vin-empty',
  'bad-txns-vout-empty',
  'bad-txns-oversize',
  'bad-txns-vout-negative',
  'bad-txns-vout-toolarge',
  'bad-txns-txouttotal-toolarge',
  'bad-txns-inputs-duplicate',
  'bad-txns-prevout-null',
  'bad-txns-inputvalues-outofrange',
  'bad-txns-in-belowout',
  'bad-txns-fee-outofrange',
  'mandatory-script-verify-flag-failed',
])

export function isTxOffence(reason: RejectReason): boolean {
  return TX_OFFENCE.has(reason)
}
