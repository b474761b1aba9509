// What peers are told not to announce less than (BIP133): what the mempool asks beyond the usual while it is full, in steps of a tenth
// and with a draw between two of them, so that nobody tells a node by it; while the chain is downloaded more than anybody pays.

import { MAX_MONEY_SAT } from './consensus/subsidy.ts'
import { FEEFILTER_VERSION } from './messages.ts'
import type { LedgerEnv, LedgerPeer } from './peers.ts'

/** The largest step, about, and from one to the next (Core's FeeFilterRounder). */
const MAX_STEP_SAT = 10_000_000
const STEP = 1.1
/** Of three times so often the lower one of two. */
const LOWER = 2 / 3

export class FeeFilter {
  readonly #env: LedgerEnv
  readonly #downloading: () => boolean
  /** What the mempool asked when peers were told, and what they were told; it follows the mempool, at most once a block. */
  #askedSat: number | undefined
  #toldSat = 0

  /** `downloading`: transactions are not looked at, so nobody need announce any. */
  constructor(env: LedgerEnv, downloading: () => boolean) {
    this.#env = env
    this.#downloading = downloading
  }

  onPeerReady(peer: LedgerPeer): void {
    if (this.#askedSat === undefined) this.#changed()
    this.#tell(peer)
  }

  /** The mempool may ask something else now. */
  onTip(): void {
    const before = this.#toldSat
    if (this.#changed() && this.#toldSat !== before)
      for (const peer of this.#env.peers.values()) this.#tell(peer)
  }

  #changed(): boolean {
    const { mempool, net } = this.#env
    const askedSat = this.#downloading() ? MAX_MONEY_SAT : mempool.floorSatPerKvb
    if (askedSat === this.#askedSat) return false
    this.#askedSat = askedSat
    const { incrementalSatPerKvb, minRelaySatPerKvb } = mempool.policy
    const rounded = roundedSat(askedSat, incrementalSatPerKvb, () => net.random.float())
    this.#toldSat = Math.max(rounded, minRelaySatPerKvb)
    return true
  }

  #tell(peer: LedgerPeer): void {
    const { maySendTransactions, permissions, protocolVersion } = peer.view
    if (!maySendTransactions || permissions.has('forcerelay')) return
    if (protocolVersion >= FEEFILTER_VERSION) this.#env.send(peer, 'feefilter', BigInt(this.#toldSat))
  }
}

/** One of the two steps around it; the last one for what is beyond. The first is half of what a replacement must add. */
function roundedSat(sat: number, incrementalSat: number, draw: () => number): number {
  if (sat === 0) return 0
  let lower = 0
  for (let step = Math.max(1, Math.floor(incrementalSat / 2)); step <= MAX_STEP_SAT; step *= STEP) {
    if (step >= sat) return Math.floor(draw() < LOWER ? lower : step)
    lower = step
  }
  return Math.floor(lower)
}
