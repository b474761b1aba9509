// What of a node's policy its operator may set, under names of our own: Bitcoin Core's options for the mempool and for blocks.

export interface Policy {
  /** Below it nothing is relayed, in satoshi per 1,000 virtual bytes: 1,000 is 1 sat/vB. */
  readonly minRelaySatPerKvb: number
  /** What replaces others, or takes the place of what was thrown out, pays so much more for its own size. */
  readonly incrementalSatPerKvb: number
  /** An output is dust if spending it would cost more than it holds at this rate. */
  readonly dustSatPerKvb: number
  /** What counts for less is left out of blocks, even where there is room. */
  readonly blockMinSatPerKvb: number
  /** Of a block that is made here, whatever it would signal; undefined: what the deployments ask for. */
  readonly blockVersion?: number | undefined
  /** Of a block that is made here; no more than the chain allows. */
  readonly blockMaxWeight: number
  /** Memory that all transactions may take. */
  readonly maxMempoolBytes: number
  /** What was not confirmed after this time is given up. */
  readonly expiryMs: number
  /** Unconfirmed ancestors of one transaction, itself included, and their size in virtual bytes. */
  readonly maxAncestors: number
  readonly maxAncestorVsize: number
  /** Descendants of one, likewise. */
  readonly maxDescendants: number
  readonly maxDescendantVsize: number
  /** Of a script that carries data, opcodes included; 0: none may. */
  readonly dataCarrierBytes: number
  readonly permitBareMultisig: boolean
  /** Any form may come in that a block might hold. */
  readonly acceptNonStandard: boolean
  /** A signature operation counts for at least so many virtual bytes, so that they cannot fill a block cheaply. */
  readonly bytesPerSigop: number
  /** Whatever is here may be replaced; otherwise what says so (BIP 125), or is of version 3. */
  readonly fullRbf: boolean
  /** The mempool is kept between two lives. */
  readonly persist: boolean
}

/** Bitcoin Core 28's, but for the memory: many nodes share a machine here. */
export const USUAL_POLICY: Policy = Object.freeze({
  minRelaySatPerKvb: 1_000,
  incrementalSatPerKvb: 1_000,
  dustSatPerKvb: 3_000,
  blockMinSatPerKvb: 1_000,
  blockMaxWeight: 4_000_000,
  maxMempoolBytes: 50_000_000,
  expiryMs: 14 * 24 * 60 * 60_000,
  maxAncestors: 25,
  maxAncestorVsize: 101_000,
  maxDescendants: 25,
  maxDescendantVsize: 101_000,
  dataCarrierBytes: 83,
  permitBareMultisig: true,
  acceptNonStandard: false,
  bytesPerSigop: 20,
  fullRbf: true,
  persist: true,
})

/** The usual one itself where nothing differs: what follows from it is remembered. */
export function policyOf(changes: Partial<Policy> = {}): Policy {
  return Object.keys(changes).length === 0 ? USUAL_POLICY : { ...USUAL_POLICY, ...changes }
}
