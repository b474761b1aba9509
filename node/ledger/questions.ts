// `getheaders`: one question at a time to a peer, what of all that it sends is the answer, and how long that may take.

import type { HashHex } from '../bitcoin/wire/hex.ts'
import { headersAfter, headersBehind } from './alike.ts'
import type { BlockEntry, Header } from './chain/types.ts'
import { type Locator, MAX_LOCATOR } from './messages.ts'
import type { LedgerEnv, LedgerPeer } from './peers.ts'

export class HeaderQuestions {
  readonly #env: LedgerEnv
  readonly #onAsked: (dueMs: number) => void

  /** `onAsked`: told when something must be done about a missing answer. */
  constructor(env: LedgerEnv, onAsked: (dueMs: number) => void) {
    this.#env = env
    this.#onAsked = onAsked
  }

  /** Asks for headers behind `from`, unless an answer is still awaited. */
  ask(peer: LedgerPeer, from: BlockEntry): void {
    if (peer.headersAskedMs !== undefined) return
    const own = this.#ownBranch(peer, from)
    const usual = headersAfter(from)
    if (own.length === 0) this.send(peer, usual)
    else {
      // What we have comes first, as in everybody's question: who is on its own branch does not have it on its chain.
      const [first = from.hash, ...others] = usual.hashes
      this.send(peer, headersBehind([first, ...own, ...others].slice(0, MAX_LOCATOR)))
    }
  }

  /** As `ask`, in these words. */
  send(peer: LedgerPeer, question: Locator): void {
    if (peer.headersAskedMs !== undefined) return
    const { net, times } = this.#env
    peer.headersAskedMs = net.clock.now()
    peer.headersAskedBy = question
    this.#onAsked(peer.headersAskedMs + times.headersResponseMs)
    this.#env.send(peer, 'getheaders', question)
  }

  /**
   * Whether headers that begin with this one are what was asked for, or a block that is announced meanwhile: over a thin line the
   * answer takes long, and whoever took each announcement for it would ask again every time. For how long it was awaited.
   */
  answered(peer: LedgerPeer, first: Header | undefined): number | undefined {
    const { headersAskedMs, headersAskedBy } = peer
    // What is answered stands on one of the hashes that the question named.
    if (headersAskedMs === undefined || (first && !headersAskedBy?.hashes.includes(first.prev)))
      return undefined
    this.forget(peer)
    return this.#env.net.clock.now() - headersAskedMs
  }

  /** It may be asked anew. */
  forget(peer: LedgerPeer): void {
    peer.headersAskedMs = undefined
    peer.headersLate = false
  }

  /** Peers whose answers are awaited, and not late. */
  get open(): number {
    let open = 0
    for (const { headersAskedMs, headersLate } of this.#env.peers.values())
      if (headersAskedMs !== undefined && !headersLate) open++
    return open
  }

  /** When something must be done about this peer's answer; infinite if nothing is awaited. */
  dueMs({ headersAskedMs, headersLate, heardSinceMs }: LedgerPeer): number {
    const { headersAgainMs, headersResponseMs } = this.#env.times
    if (headersAskedMs === undefined) return Number.POSITIVE_INFINITY
    return headersLate
      ? Math.max(headersAskedMs, heardSinceMs) + headersAgainMs
      : headersAskedMs + headersResponseMs
  }

  /**
   * No answer: `late`, when others should be asked in the peer's place, told once; and much later `given-up`, when it may be asked
   * again. TCP loses no question, and the answer to the first may be on its way over a line that takes a minute for it: a second
   * one would keep that line full. Over a cut line questions only pile up, to be answered one by one when it has healed.
   */
  overdue(peer: LedgerPeer, nowMs: number): 'late' | 'given-up' | undefined {
    if (nowMs < this.dueMs(peer)) return undefined
    if (!peer.headersLate) {
      peer.headersLate = true
      return 'late'
    }
    if (peer.heardMs <= (peer.headersAskedMs ?? 0)) return undefined
    this.forget(peer)
    return 'given-up'
  }

  /**
   * The last blocks of the peer's that we know of, where they lead another way: as long as it has not left them, it answers with what
   * is new, and not with all since the branches parted.
   */
  #ownBranch({ best, poor }: LedgerPeer, from: BlockEntry): HashHex[] {
    const hashes = poor ? [poor.tip] : []
    if (best && best !== from && this.#env.chain.ancestor(from, best.height) !== best) hashes.push(best.hash)
    return hashes
  }
}
