// Two say different things of the blocks' filters, a peer and those whom the client has believed so far. The first block at which they
// differ is found by halving; then it is judged by the block itself (trial.ts), and who is proven wrong is blamed: nobody else is.

import type { BlockEntry } from '../ledger/chain/types.ts'
import { filterHeader } from '../ledger/filters/basic-filter.ts'
import type { BlockFilter } from '../ledger/messages.ts'
import type { LightPeer } from './peers.ts'
import { sameBytes } from './same-bytes.ts'
import { type DisputeModules, Trial } from './trial.ts'

/** What a peer said of a stretch of blocks: the header before it, the hashes of its filters, and the header that comes of them. */
export interface Side {
  readonly start: number
  readonly before: Uint8Array
  readonly hashes: readonly Uint8Array[]
  readonly header: Uint8Array
}

export interface Quarrel {
  /** Who says otherwise. */
  readonly peer: LightPeer
  /** At this block it is known to. */
  readonly stop: BlockEntry
  /** What the others say of the blocks behind those whose filters are known. */
  readonly hashes: readonly Uint8Array[]
  /** Who says what the client holds, besides those that confirmed it. */
  readonly supporters: readonly LightPeer[]
  ask(start: number, stop: BlockEntry): void
  /** `truth`: the hash of this block's filter, and those of the blocks before it that are not held yet; undefined: nothing came of it. */
  end(about: BlockEntry, truth: Truth | undefined): void
}

export interface Truth {
  readonly hash: Uint8Array
  readonly before: readonly Uint8Array[]
}

export class Dispute {
  readonly #modules: DisputeModules
  readonly #quarrel: Quarrel
  /** Headers of the blocks behind those that are held. */
  readonly #ours: readonly Uint8Array[]
  readonly #heldTo: number
  /** Up to here they say the same; from here on they do not. */
  #same: number
  #differs: BlockEntry
  #trial: Trial | undefined

  constructor(modules: DisputeModules, quarrel: Quarrel) {
    this.#modules = modules
    this.#quarrel = quarrel
    this.#differs = quarrel.stop
    const { commitments } = modules
    this.#heldTo = commitments.top.height
    let header = commitments.get(commitments.top)?.header as Uint8Array
    this.#ours = quarrel.hashes.map(hash => {
      header = filterHeader(hash, header)
      return header
    })
    this.#same = Math.min(quarrel.peer.confirmed?.height ?? 0, this.#differs.height - 1)
  }

  /** The block at which they are known to differ. */
  get about(): BlockEntry {
    return this.#differs
  }

  begin(): void {
    this.#halve()
  }

  stop(): void {
    this.#trial?.stop()
  }

  /** Its answer to a question of this dispute. */
  onSide(peer: LightPeer, side: Side, stop: BlockEntry): boolean {
    const { quarrel, same } = { quarrel: this.#quarrel, same: this.#same }
    if (peer !== quarrel.peer || this.#trial) return false
    const agrees = sameBytes(side.header, this.#headerAt(stop.height))
    if (stop !== this.#differs) {
      if (agrees) this.#same = stop.height
      else this.#differs = stop
      this.#halve()
    } else if (agrees || !sameBytes(side.before, this.#headerAt(same)))
      this.#contradicts('cfheaders that do not fit together')
    else this.#judge(side.hashes[0] as Uint8Array)
    return true
  }

  onFilter(peer: LightPeer, filter: BlockFilter): boolean {
    return this.#trial?.onFilter(peer, filter) ?? false
  }

  /** True: it was about what this one says, and there is nothing left to judge. */
  onPeerGone(peer: LightPeer): boolean {
    return peer === this.#quarrel.peer
  }

  /** It does not stand by what it said. */
  onSilence(peer: LightPeer): boolean {
    if (peer !== this.#quarrel.peer || this.#trial) return false
    this.#modules.env.net.disconnect(peer.id, 'does not stand by its filters')
    return true
  }

  #halve(): void {
    const { chain } = this.#modules.env
    const { height } = this.#differs
    const middle = this.#same + 1 === height ? height : (this.#same + height) >> 1
    const stop = chain.at(middle)
    if (stop) this.#quarrel.ask(middle, stop)
  }

  #headerAt(height: number): Uint8Array {
    const { commitments, env } = this.#modules
    const own = this.#ours[height - this.#heldTo - 1]
    const entry = env.chain.at(height)
    return own ?? (entry && commitments.get(entry)?.header) ?? new Uint8Array(0)
  }

  #contradicts(detail: string): void {
    const { peer, end } = this.#quarrel
    this.#modules.env.blame(peer, 'contradiction', this.#differs.height, detail)
    end(this.#differs, undefined)
  }

  #judge(theirs: Uint8Array): void {
    const { env, commitments } = this.#modules
    const { peer, hashes } = this.#quarrel
    const about = this.#differs
    const ours = hashes[about.height - this.#heldTo - 1] ?? commitments.get(about)?.hash
    if (!ours) return
    env.emit({ type: 'light-dispute', height: about.height, hash: about.hash, address: peer.view.address })
    this.#trial = new Trial(this.#modules, {
      about,
      sides: [
        { hash: theirs, peers: () => [peer] },
        { hash: ours, peers: () => this.#supporters(about) },
      ],
      end: truth => {
        const before = hashes.slice(0, Math.max(0, about.height - this.#heldTo - 1))
        this.#quarrel.end(about, truth && { hash: truth, before })
      },
    })
    this.#trial.begin()
  }

  /** Whoever said the same of this block or of a later one. */
  #supporters(about: BlockEntry): readonly LightPeer[] {
    const { peers } = this.#modules.env
    const { supporters, peer } = this.#quarrel
    return [...peers.values()].filter(
      one =>
        one !== peer &&
        (supporters.includes(one) || (one.confirmed !== undefined && one.confirmed.height >= about.height)),
    )
  }
}
