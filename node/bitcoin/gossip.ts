// How addresses spread among nodes that find their peers themselves: each tells new connections its own, asks those it dialled for theirs (getaddr), and passes
// fresh ones on to two others. Limits as in Core: 1,000 a message, a token bucket for what is taken in.
//
// Unlike in Core's network there is no DNS seed to turn to, and the first to come are asked before they know anybody. So who
// lacks peers and has nobody left to try asks again, ever more seldom; who has found its peers says nothing more.

import type { Address, Cancel, Clock, PeerId, Random } from '../core/host.ts'
import { HOUR_SECONDS } from './address-entry.ts'
import { networkOf } from './address-words.ts'
import type { AddressManager, AddressNews } from './addrman.ts'
import { AnswerCache } from './answer-cache.ts'
import type { Discouragement } from './discouragement.ts'
import { type KeyedHash, keyedHash } from './keyed-hash.ts'
import { isDialable } from './netgroup.ts'
import type { Peer } from './peer.ts'
import type { Peers } from './peers.ts'
import type { Protocol } from './protocol.ts'
import { formatAddress, parseAddress } from './wire/address.ts'
import {
  type AddressV2,
  fromAddressV2,
  MAX_ADDRESSES,
  type TimedAddress,
  toAddressV2,
} from './wire/messages.ts'

/** Hearsay is taken to be this much older than it says. */
const PENALTY_SECONDS = 2 * HOUR_SECONDS
/** Messages of at most so many entries, of addresses alive so lately, are news and passed on. */
const NEWS_ENTRIES = 10
const NEWS_SECONDS = 10 * 60
const NEWS_TARGETS = 2
/** Addresses taken from one peer: 0.1 a second, and as many more as a getaddr may bring. */
const TOKENS_PER_SECOND = 0.1
const MAX_TOKENS = 1000
/**
 * Of all addresses, Core tells at most 23 % in answer to getaddr. A network of a dozen peers would starve on that, so at
 * least so many are told.
 */
const ANSWER_SHARE = 0.23
const ANSWER_LEAST = 64
/** Who lacks peers asks a connection again after this long, and then each time after twice as long. */
const ASK_AGAIN_MS = 3_000
/** News wait for company. Core waits 30 s on average to hide where they come from; a testnet has nothing to hide. */
const FLUSH_MEAN_MS = 1000
/** A time that cannot be true counts as five days ago, as in Core. */
const FUTURE_SECONDS = 10 * 60
const LEAST_TIME = 100_000_000
const ODD_TIME_AGE_SECONDS = 5 * 24 * HOUR_SECONDS
/** Addresses remembered a peer, so that it is not told what it knows. */
const MAX_KNOWN = 5000
/** Who was dialled for addresses alone and gives none for so long is let go (Core's ten broadcast intervals). */
const FETCH_TIMEOUT_MS = 5 * 60_000

export interface GossipDeps {
  readonly clock: Clock
  readonly random: Random
  readonly peers: Peers
  readonly addresses: AddressManager
  readonly discouragement: Discouragement
  /**
   * False for a node whose peers are given: it answers who asks and learns what it is told, but spreads nothing. Among
   * n such nodes the news of each would reach all others, n² messages that nobody has a use for.
   */
  readonly active: boolean
  /** What to tell of this node; undefined when it does not listen. */
  readonly self: { readonly address: Address; readonly services: bigint } | undefined
  /** Addresses that were not known before have come in. */
  onNewAddresses(): void
}

/** Who does not listen, or has nothing for others, tells nobody where it is. */
export function selfOf(
  address: Address | undefined,
  services: bigint,
  protocols: readonly Pick<Protocol, 'serves'>[],
): GossipDeps['self'] {
  if (address === undefined || protocols.some(({ serves }) => serves === false)) return undefined
  return { address, services }
}

interface Talk {
  readonly known: Set<Address>
  readonly queue: Map<Address, AddressNews>
  tokens: number
  refilledMs: number
  /** It has said or asked something of addresses; who was dialled is taken to. Others may not know what to do with any (Core). */
  takesPart: boolean
  /** Our first getaddr is not answered yet. What comes after later ones is little, and news. */
  asked: boolean
  /** When it may be asked again at the earliest, and how long it rests after that. */
  askAgainMs: number
  askRestMs: number
  /** Drawn to answer its getaddr. */
  told: number
  processed: number
  limited: number
  cancelFlush: Cancel | undefined
}

export class Gossip {
  readonly #deps: GossipDeps
  readonly #hash: KeyedHash
  readonly #talks = new Map<PeerId, Talk>()
  /** Made when somebody asks. */
  #answers: AnswerCache | undefined

  constructor(deps: GossipDeps) {
    this.#deps = deps
    this.#hash = keyedHash(deps.random.bytes(32))
  }

  onReady(peer: Peer): void {
    if (peer.kind === 'addresses')
      this.#deps.clock.after(FETCH_TIMEOUT_MS, () =>
        this.#deps.peers.drop(peer, 'addrfetch connection timeout'),
      )
    else if (!this.#deps.active || !peer.carriesAddresses) return
    const talk = this.#talkOf(peer)
    if (!peer.inbound) {
      talk.takesPart = true
      talk.asked = true
      this.#ask(peer, talk)
    }
    const { self } = this.#deps
    if (!peer.usable || !self || !isDialable(self.address)) return
    this.#queue(peer, { ...self, time: this.#nowSeconds() })
    this.#flush(peer, talk)
  }

  /** There are free slots and nobody left to try: of those that this node dialled, the one that has rested longest is asked again. */
  askAgain(): void {
    const nowMs = this.#deps.clock.now()
    const dialled = this.#deps.peers.ready().filter(peer => !peer.inbound && peer.carriesAddresses)
    const [next] = lowest(dialled, 1, peer => this.#talkOf(peer).askAgainMs)
    if (next && this.#talkOf(next).askAgainMs <= nowMs) this.#ask(next, this.#talkOf(next))
  }

  onGone(peer: Peer): void {
    this.#talks.get(peer.id)?.cancelFlush?.()
    this.#talks.delete(peer.id)
  }

  onAddr(peer: Peer, entries: readonly TimedAddress[]): void {
    this.#onAddresses(
      peer,
      entries.map(entry => ({ ...entry, address: formatAddress(entry) })),
    )
  }

  onAddrV2(peer: Peer, entries: readonly AddressV2[]): void {
    const news = entries.flatMap(entry => {
      const endpoint = fromAddressV2(entry)
      return endpoint ? [{ ...entry, address: formatAddress(endpoint) }] : []
    })
    this.#onAddresses(peer, news)
  }

  /**
   * Only for those who dialled us (as Core), and all answers of a connection tell no more than one may: else an attacker
   * could read the tables of everybody. Who asked too early, or where there are few to tell, is answered again.
   */
  onGetAddr(peer: Peer): void {
    const talk = this.#talkOf(peer)
    talk.takesPart = peer.carriesAddresses
    const { addresses, clock, random } = this.#deps
    const most = Math.min(MAX_ADDRESSES, Math.max(ANSWER_LEAST, Math.floor(addresses.size * ANSWER_SHARE)))
    if (!peer.inbound || talk.told >= most) return
    this.#answers ??= new AnswerCache(clock, random, addresses)
    // Who may ask as often as it likes may read the table.
    const drawn = peer.permissions.has('addr')
      ? addresses.sample(most - talk.told)
      : this.#answers.get(networkOf(peer.socketAddress), most).slice(talk.told)
    talk.told += drawn.length
    for (const entry of drawn) this.#queue(peer, entry)
    this.#flush(peer, talk)
  }

  /** For getpeerinfo. */
  takesPart(peer: Peer): boolean {
    return this.#talks.get(peer.id)?.takesPart ?? false
  }

  /** For getpeerinfo. */
  statsOf(peer: Peer): { readonly processed: number; readonly limited: number } {
    return this.#talks.get(peer.id) ?? { processed: 0, limited: 0 }
  }

  #ask(peer: Peer, talk: Talk): void {
    talk.tokens = Math.max(talk.tokens, 1 + MAX_TOKENS)
    talk.askAgainMs = this.#deps.clock.now() + talk.askRestMs
    talk.askRestMs *= 2
    this.#deps.peers.send(peer, 'getaddr', null)
  }

  #onAddresses(peer: Peer, entries: readonly AddressNews[]): void {
    if (!peer.carriesAddresses) return
    const talk = this.#talkOf(peer)
    talk.takesPart = true
    this.#refill(talk)
    const few = this.#deps.active && entries.length <= NEWS_ENTRIES
    let discovered = false
    for (const entry of entries) {
      if (talk.tokens < 1 && !peer.permissions.has('addr')) {
        talk.limited++
        continue
      }
      talk.tokens--
      talk.processed++
      // What a peer says of itself is news, also while an answer of it is awaited: nobody else may ever hear of it.
      const passOn = few && (!talk.asked || entry.address === peer.address)
      if (this.#learn(peer, talk, entry, passOn)) discovered = true
    }
    if (entries.length < MAX_ADDRESSES) talk.asked = false
    if (discovered) this.#deps.onNewAddresses()
    // One is what a peer says of itself; more are the answer that it was dialled for.
    if (peer.kind === 'addresses' && entries.length > 1) this.#deps.peers.drop(peer, 'addrfetch connection')
  }

  /** True if the address was unknown. */
  #learn(
    peer: Peer,
    talk: Talk,
    { address, services, time: claimed }: AddressNews,
    passOn: boolean,
  ): boolean {
    const now = this.#nowSeconds()
    const odd = claimed <= LEAST_TIME || claimed > now + FUTURE_SECONDS
    const time = odd ? now - ODD_TIME_AGE_SECONDS : claimed
    remember(talk, address)
    const { self, addresses, discouragement } = this.#deps
    if (address === self?.address || !isDialable(address) || discouragement.refusesDial(address)) return false
    const news = { address, services, time }
    if (passOn && time > now - NEWS_SECONDS) this.#passOn(peer, news)
    return addresses.add(news, peer.address, address === peer.address ? 0 : PENALTY_SECONDS)
  }

  /** To two peers that the address and the day choose, so that repeating the news does not spread it further. */
  #passOn(source: Peer, news: AddressNews): void {
    const day = Math.floor(this.#nowSeconds() / (24 * HOUR_SECONDS))
    const choice = this.#hash(news.address, day)
    const others = this.#deps.peers.ready().filter(peer => peer !== source && this.takesPart(peer))
    for (const peer of lowest(others, NEWS_TARGETS, peer => scramble(choice ^ peer.id))) {
      this.#queue(peer, news)
      this.#planFlush(peer)
    }
  }

  #queue(peer: Peer, news: AddressNews): void {
    const talk = this.#talkOf(peer)
    if (talk.known.has(news.address) || talk.queue.size >= MAX_ADDRESSES) return
    talk.queue.set(news.address, news)
  }

  #planFlush(peer: Peer): void {
    const talk = this.#talkOf(peer)
    if (talk.cancelFlush || talk.queue.size === 0) return
    const delayMs = -Math.log(1 - this.#deps.random.float()) * FLUSH_MEAN_MS
    talk.cancelFlush = this.#deps.clock.after(delayMs, () => this.#flush(peer, talk))
  }

  #flush(peer: Peer, talk: Talk): void {
    talk.cancelFlush?.()
    talk.cancelFlush = undefined
    const entries: TimedAddress[] = []
    for (const { address, services, time } of talk.queue.values()) {
      remember(talk, address)
      const endpoint = parseAddress(address)
      if (endpoint) entries.push({ ...endpoint, services, time })
    }
    talk.queue.clear()
    if (entries.length === 0) return
    if (peer.handshakeCommands.has('sendaddrv2'))
      this.#deps.peers.send(peer, 'addrv2', entries.map(toAddressV2))
    else this.#deps.peers.send(peer, 'addr', entries)
  }

  #refill(talk: Talk): void {
    const nowMs = this.#deps.clock.now()
    const earned = ((nowMs - talk.refilledMs) / 1000) * TOKENS_PER_SECOND
    // A getaddr may have lifted the count above the limit; it is not cut back, only not raised.
    if (talk.tokens < MAX_TOKENS) talk.tokens = Math.min(MAX_TOKENS, talk.tokens + earned)
    talk.refilledMs = nowMs
  }

  #talkOf(peer: Peer): Talk {
    let talk = this.#talks.get(peer.id)
    if (!talk) {
      talk = {
        known: new Set(),
        queue: new Map(),
        tokens: 1,
        refilledMs: this.#deps.clock.now(),
        takesPart: false,
        asked: false,
        askAgainMs: 0,
        askRestMs: ASK_AGAIN_MS,
        told: 0,
        processed: 0,
        limited: 0,
        cancelFlush: undefined,
      }
      this.#talks.set(peer.id, talk)
    }
    return talk
  }

  #nowSeconds(): number {
    return Math.floor(this.#deps.clock.now() / 1000)
  }
}

/** The `count` items of the lowest rank, without sorting all of them. */
function lowest<T>(items: readonly T[], count: number, rankOf: (item: T) => number): T[] {
  const best: { item: T; rank: number }[] = []
  for (const item of items) {
    const rank = rankOf(item)
    const place = best.findIndex(other => rank < other.rank)
    if (place >= 0) best.splice(place, 0, { item, rank })
    else best.push({ item, rank })
    if (best.length > count) best.pop()
  }
  return best.map(({ item }) => item)
}

/** Spreads 32-bit numbers: the finaliser of MurmurHash3. Unforeseeable as far as its input is. */
function scramble(word: number): number {
  const a = Math.imul(word ^ (word >>> 16), 0x85ebca6b)
  const b = Math.imul(a ^ (a >>> 13), 0xc2b2ae35)
  return (b ^ (b >>> 16)) >>> 0
}

function remember(talk: Talk, address: Address): void {
  if (talk.known.size >= MAX_KNOWN) talk.known.clear()
  talk.known.add(address)
}
