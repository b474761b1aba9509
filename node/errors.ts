// Coded errors. The code is for programs, the message for people; caught once, at the edge that can say what to do.

/** Bitcoin Core's reject strings. */
export type RejectReason =
  // headers
  | 'high-hash'
  | 'bad-diffbits'
  | 'time-too-old'
  | 'time-too-new'
  | 'time-timewarp-attack'
  | 'bad-version'
  | 'bad-prevblk'
  | 'prev-blk-not-found'
  | 'too-little-chainwork'
  | 'duplicate'
  | 'duplicate-invalid'
  // blocks
  | 'bad-txnmrklroot'
  | 'bad-txns-duplicate'
  | 'bad-blk-length'
  | 'bad-blk-weight'
  | 'bad-blk-sigops'
  | 'bad-cb-missing'
  | 'bad-cb-multiple'
  | 'bad-cb-length'
  | 'bad-cb-height'
  | 'bad-cb-amount'
  | 'bad-witness-nonce-size'
  | 'bad-witness-merkle-match'
  | 'unexpected-witness'
  | 'bad-txns-nonfinal'
  | 'bad-txns-BIP30'
  // of deployments; not Core's
  | 'bad-vbit-unset'
  | 'bad-txns-vout-forbidden'
  // transactions
  | 'bad-txns-vin-empty'
  | 'bad-txns-vout-empty'
  | 'bad-txns-oversize'
  | 'bad-txns-vout-negative'
  | 'bad-txns-vout-toolarge'
  | 'bad-txns-txouttotal-toolarge'
  | 'bad-txns-inputs-duplicate'
  | 'bad-txns-prevout-null'
  | 'bad-txns-inputs-missingorspent'
  | 'bad-txns-inputvalues-outofrange'
  | 'bad-txns-in-belowout'
  | 'bad-txns-premature-spend-of-coinbase'
  | 'bad-txns-fee-outofrange'
  | 'mandatory-script-verify-flag-failed'
  // mempool policy
  | 'non-mandatory-script-verify-flag'
  | 'bad-txns-too-many-sigops'
  | 'coinbase'
  | 'version'
  | 'non-final'
  | 'non-BIP68-final'
  | 'scriptpubkey'
  | 'bare-multisig'
  | 'dust'
  | 'missing-ephemeral-spends'
  | 'multi-op-return'
  | 'tx-size'
  | 'tx-size-small'
  | 'scriptsig-size'
  | 'scriptsig-not-pushonly'
  | 'bad-txns-nonstandard-inputs'
  | 'bad-witness-nonstandard'
  | 'min relay fee not met'
  | 'mempool min fee not met'
  | 'mempool full'
  | 'max feerate exceeded'
  | 'too-long-mempool-chain'
  | 'TRUC-violation'
  | 'txn-already-in-mempool'
  | 'txn-already-known'
  | 'txn-same-nonwitness-data-in-mempool'
  | 'missing-inputs' // in Core's answers to peers and in its log: bad-txns-inputs-missingorspent
  // replacement of what is in the mempool
  | 'txn-mempool-conflict'
  | 'bip125-replacement-disallowed'
  | 'bad-txns-spends-conflicting-tx'
  | 'insufficient fee'
  | 'insufficient fee (including sibling eviction)'
  | 'too many potential replacements'
  | 'too many potential replacements (including sibling eviction)'
  | 'replacement-adds-unconfirmed'

/** A header, block or transaction breaks a rule. `reason` is Core's reject string. */
export class ConsensusError extends Error {
  override readonly name = 'ConsensusError'
  readonly reason: RejectReason
  readonly detail: string
  /** The deployment that brought the rule: whoever lacks it is no enemy, and the block is good for others. */
  readonly deployment: string | undefined
  constructor(reason: RejectReason, detail = '', deployment?: string) {
    super(detail === '' ? reason : `${reason}: ${detail}`)
    this.reason = reason
    this.detail = detail
    this.deployment = deployment
  }
}

/** What it pays is too little for it alone; a child that pays for both may change that. */
export class RefusedForFee extends ConsensusError {}

/** Its scripts fail for want of a witness alone: somebody on the way may have taken it off. */
export class WitnessStripped extends ConsensusError {}

export type ProtocolErrorCode =
  | 'truncated' // the bytes end before the value does
  | 'trailing-bytes' // the value ends before the bytes do
  | 'non-canonical' // a length in a longer form than needed
  | 'out-of-range' // a count or number beyond its limit
  | 'too-many' // more items than a message may carry, which no honest peer sends
  | 'too-long' // likewise, where Core hangs up without blame
  | 'malformed' // anything else that is not a value of this type
  | 'bad-magic'
  | 'bad-checksum'
  | 'oversize' // a payload above what any message may have
  | 'no-terminator' // garbage without an end (BIP324)
  | 'bad-tag' // a packet that was not sealed for this connection (BIP324)
  | 'handshake' // a message out of its place in the handshake

/** Bytes from outside are not what the protocol says. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
  readonly code: ProtocolErrorCode
  constructor(code: ProtocolErrorCode, detail?: string) {
    super(detail === undefined ? code : `${code}: ${detail}`)
    this.code = code
  }
}

export type ConfigErrorCode =
  | 'bad-config'
  | 'bad-params'
  | 'port-in-use'
  | 'store-failed'
  | 'unsupported-node'

/** What the node was started with cannot work. The message says what to change. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly code: ConfigErrorCode
  constructor(code: ConfigErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

/** What the store gives back is not what was written, or does not fit together. Thrown at the start, it is set aside and rebuilt from peers. */
export class DamagedStore extends Error {
  override readonly name = 'DamagedStore'
}
