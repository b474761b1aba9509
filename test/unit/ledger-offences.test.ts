// Which broken rules prove a peer hostile: each reason by name, so that a new one must be decided on.

import { describe, expect, test } from 'vitest'
import type { RejectReason } from '../../node/errors.ts'
import { isBlockOffence, isTxOffence } from '../../node/ledger/blame.ts'

/** Of a transaction: what no chain state and no policy can excuse (Core's TX_CONSENSUS). */
const TX_OFFENCES: readonly RejectReason[] = [
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
]

/** Of a transaction: what an honest peer may not know, or may see otherwise. */
const TX_FORGIVEN: readonly RejectReason[] = [
  'missing-inputs',
  'bad-txns-inputs-missingorspent',
  'bad-txns-premature-spend-of-coinbase',
  'non-mandatory-script-verify-flag',
  'bad-txns-too-many-sigops',
  'non-final',
  'non-BIP68-final',
  'dust',
  'tx-size',
  'tx-size-small',
  'scriptsig-size',
  'scriptsig-not-pushonly',
  'bad-txns-nonstandard-inputs',
  'bad-witness-nonstandard',
  'min relay fee not met',
  'mempool full',
  'too-long-mempool-chain',
  'txn-already-in-mempool',
  'txn-already-known',
  'txn-same-nonwitness-data-in-mempool',
  'insufficient fee',
]

/** Of a header or block: what depends on clocks, or on what else was seen. */
const BLOCK_FORGIVEN: readonly RejectReason[] = [
  'time-too-new',
  'too-little-chainwork',
  'prev-blk-not-found',
  'duplicate',
  'duplicate-invalid',
]

const BLOCK_OFFENCES: readonly RejectReason[] = [
  'high-hash',
  'bad-diffbits',
  'time-too-old',
  'time-timewarp-attack',
  'bad-version',
  'bad-prevblk',
  'bad-txnmrklroot',
  'bad-txns-duplicate',
  'bad-blk-length',
  'bad-blk-weight',
  'bad-blk-sigops',
  'bad-cb-missing',
  'bad-cb-multiple',
  'bad-cb-height',
  'bad-cb-amount',
  'bad-witness-nonce-size',
  'bad-witness-merkle-match',
  'unexpected-witness',
  'bad-txns-nonfinal',
  'bad-txns-BIP30',
  'bad-txns-inputs-missingorspent',
  'bad-txns-premature-spend-of-coinbase',
]

describe('a transaction that is refused with', () => {
  test.each(TX_OFFENCES)('%s is an offence', reason => {
    expect(isTxOffence(reason)).toBe(true)
  })

  test.each(TX_FORGIVEN)('%s is forgiven', reason => {
    expect(isTxOffence(reason)).toBe(false)
  })
})

describe('a header or block that is refused with', () => {
  test.each(BLOCK_FORGIVEN)('%s is forgiven', reason => {
    expect(isBlockOffence(reason)).toBe(false)
  })

  test.each([...BLOCK_OFFENCES, ...TX_OFFENCES])('%s is an offence', reason => {
    expect(isBlockOffence(reason)).toBe(true)
  })
})
