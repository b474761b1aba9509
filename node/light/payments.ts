// A light client's payments on their way: every peer is told of them, gives them on when it asks, and is told again until they are in a
// block. No peer says whether it took one; that it is in a block does.

import type { Cancel } from '../core/host.ts'
import type { Tx } from '../ledger/chain/types.ts'
import { INV, type Inventories, type Inventory } from '../ledger/messages.ts'
import type { LightEnv, LightPeer } from './peers.ts'
import type { LightWallet } from './wallet.ts'

/** A payment that nobody mined yet is announced again after this long. */
const AGAIN_MS = 30_000
/** Of what a peer asks for at once; it was told of no more. */
const MAX_ANSWERED = 1_000
/** Where the peers say nothing of fees. */
const USUAL_SAT_PER_VB = 2

export class Payments {
  readonly #env: LightEnv
  readonly #wallet: LightWallet
  #cancel: Cancel = () => {}

  constructor(env: LightEnv, wallet: LightWallet) {
    this.#env = env
    this.#wallet = wallet
  }

  start(): void {
    this.#cancel = this.#env.net.clock.after(AGAIN_MS, () => {
      for (const peer of this.#env.peers.values()) this.#announceAll(peer)
      this.start()
    })
  }

  stop(): void {
    this.#cancel()
  }

  onPeerReady(peer: LightPeer): void {
    this.#announceAll(peer)
  }

  /** To everybody, now. */
  announce(tx: Tx): void {
    for (const peer of this.#env.peers.values()) this.#announce(peer, [tx])
  }

  onGetData(peer: LightPeer, items: Inventories): void {
    const mine = this.#wallet.unconfirmed()
    const missing: Inventory[] = []
    let room = MAX_ANSWERED
    for (const { type, hash } of items) {
      if (room-- === 0) break
      const byWtxid = type === INV.wtx
      if (!byWtxid && type !== INV.tx && type !== INV.witnessTx) continue
      const found = mine.find(({ tx }) => (byWtxid ? tx.wtxid : tx.txid) === hash)
      if (found) this.#env.send(peer, 'tx', found.tx)
      else missing.push({ type, hash })
    }
    if (missing.length > 0) this.#env.send(peer, 'notfound', missing)
  }

  /** What most peers take, in satoshi per virtual byte. */
  feeRate(): number {
    const asked = [...this.#env.peers.values()].map(({ feeFilter }) => feeFilter / 1000).sort((a, b) => a - b)
    return Math.max(USUAL_SAT_PER_VB, Math.ceil(asked[asked.length >> 1] ?? 0))
  }

  #announceAll(peer: LightPeer): void {
    const waiting = this.#wallet.unconfirmed().map(({ tx }) => tx)
    if (waiting.length > 0) this.#announce(peer, waiting)
  }

  #announce(peer: LightPeer, transactions: readonly Tx[]): void {
    this.#env.send(
      peer,
      'inv',
      transactions.map(({ txid, wtxid }) =>
        peer.wtxidRelay ? { type: INV.wtx, hash: wtxid } : { type: INV.tx, hash: txid },
      ),
    )
  }
}
