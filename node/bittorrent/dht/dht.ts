// A node of BitTorrent's distributed hash table (BEP 5): a Kademlia network over datagrams in which peers of a content are announced
// to those whose ids are nearest to its hash, and found there.

import type { Cancel, Clock, Datagrams, Random, Store } from '../../core/host.ts'
import { compareDistance, idBeside } from '../../kademlia/id.ts'
import { type Found, Lookup } from '../../kademlia/lookup.ts'
import { RoutingTable } from '../../kademlia/table.ts'
import { toHex } from '../hex.ts'
import {
  type Asked,
  compactNodes,
  type DhtNode,
  decodeKrpc,
  encodeAnswer,
  encodeError,
  expandNodes,
  ID_BYTES,
  type Query,
} from './krpc.ts'
import { PeerStore } from './peer-store.ts'
import { Questions } from './questions.ts'
import { SenderLimits } from './sender-limits.ts'
import { Tokens } from './tokens.ts'

/** Looks after its table so often. */
const ROUND_MS = 60_000
/** A contact or a bucket of which nothing was heard for so long is asked. */
const QUIET_MS = 900_000
/** Before anybody answered, it tries again after so long, doubled each time up to a round. */
const FIRST_RETRY_MS = 5_000
const MAX_OUT = 200
/** Nodes kept in the store: enough to find the way back. */
const KEPT_NODES = 100
const ID_KEY = 'dht/id'
const NODES_KEY = 'dht/nodes'

export interface DhtWorld {
  readonly datagrams: Datagrams
  readonly clock: Clock
  /** Its own. */
  readonly random: Random
  readonly store?: Store | undefined
  /** Nodes that are asked first, and again where they are not known. */
  readonly bootstrap: readonly string[]
  /** Its own address, where it is known: nobody asks himself. */
  readonly address?: string | undefined
  readonly roundTripMs?: number | undefined
}

export interface DhtStatus {
  readonly id: string
  readonly nodes: number
  readonly hashes: number
  readonly lookups: number
  readonly queries: {
    readonly sent: number
    readonly unanswered: number
    readonly received: number
    readonly passedOver: number
  }
  /** Of the last look-up. */
  readonly hops: number
}

export class Dht {
  readonly #world: DhtWorld
  readonly #id: Uint8Array
  readonly #table: RoutingTable<DhtNode>
  readonly #questions: Questions
  readonly #tokens: Tokens
  readonly #peers: PeerStore
  readonly #limits = new SenderLimits()
  readonly #lookups = new Set<Lookup<DhtNode>>()
  #cancelRound: Cancel | undefined
  #retryMs = FIRST_RETRY_MS
  #received = 0
  #passedOver = 0
  #done = 0
  #hops = 0
  #runs = false
  #findsItself = false

  constructor(world: DhtWorld) {
    const { clock, random, store } = world
    this.#world = world
    const kept = store?.get(ID_KEY)
    this.#id = kept?.length === ID_BYTES ? kept : random.fork('id').bytes(ID_BYTES)
    this.#table = new RoutingTable(this.#id)
    this.#questions = new Questions(this.#id, world)
    this.#tokens = new Tokens(random.fork('tokens'), clock.now())
    this.#peers = new PeerStore(random.fork('peers'))
  }

  /** Those that answer. */
  get nodes(): number {
    return this.#table.size
  }

  start(): void {
    const { datagrams, store } = this.#world
    this.#runs = true
    datagrams.bind((from, bytes) => this.#receive(from, bytes))
    if (!store?.get(ID_KEY)) store?.commit([{ put: ID_KEY, value: this.#id }])
    const kept = expandNodes(store?.get(NODES_KEY) ?? new Uint8Array(0))
    this.#join([...this.#world.bootstrap, ...kept.map(({ address }) => address)])
    this.#round(FIRST_RETRY_MS)
  }

  stop(): void {
    if (!this.#runs) return
    this.#runs = false
    this.#cancelRound?.()
    this.#questions.stop()
    for (const lookup of this.#lookups) lookup.stop()
    this.#lookups.clear()
    this.#keep()
  }

  /** Somebody says that a node is there. */
  add(address: string): void {
    if (address === this.#world.address || this.#questions.out > MAX_OUT || !this.#runs) return
    this.#ask(address, { q: 'ping' })
  }

  /** Peers of this content; `onPeers` may be called often, and `done` once. */
  lookup(
    infoHash: Uint8Array,
    onPeers: (addresses: readonly string[]) => void,
    done?: (found: Found<DhtNode>) => void,
  ): void {
    this.#tellOwn(infoHash, onPeers)
    this.#find(infoHash, 'get_peers', { onPeers, done: found => done?.(found) })
  }

  /** Tells those who are nearest that this peer takes part, and finds others on the way. */
  announce(
    infoHash: Uint8Array,
    port: number,
    onPeers: (addresses: readonly string[]) => void = () => {},
  ): void {
    const tokens = new Map<DhtNode, Uint8Array>()
    this.#tellOwn(infoHash, onPeers)
    this.#find(infoHash, 'get_peers', {
      onPeers,
      onToken: (node, token) => tokens.set(node, token),
      done: ({ closest }) => {
        for (const node of closest) {
          const token = tokens.get(node)
          if (token) this.#ask(node.address, { q: 'announce_peer', infoHash, token, port }, node)
        }
      },
    })
  }

  status(): DhtStatus {
    const { sent, unanswered } = this.#questions
    return {
      id: toHex(this.#id),
      nodes: this.nodes,
      hashes: this.#peers.hashes,
      lookups: this.#done,
      queries: { sent, unanswered, received: this.#received, passedOver: this.#passedOver },
      hops: this.#hops,
    }
  }

  // Others' questions, and their answers

  #receive(from: string, bytes: Uint8Array): void {
    const message = this.#runs ? decodeKrpc(bytes) : undefined
    if (!message) return
    const { t } = message
    if ('answer' in message) this.#questions.settle(from, t, message.id, message.answer)
    else if ('error' in message) this.#questions.settle(from, t)
    else if (!this.#limits.takes(from, this.#world.clock.now())) this.#passedOver++
    else if ('refused' in message)
      this.#world.datagrams.send(from, encodeError(t, message.refused, WORDS[message.refused]))
    else this.#answer(from, message)
  }

  #answer(from: string, { t, id, query, isReadOnly }: Asked): void {
    this.#received++
    this.#world.datagrams.send(from, this.#answerTo(from, t, query))
    // Whether it is there at all, its own answer shows.
    if (!isReadOnly && this.#table.hasRoom(id)) this.add(from)
  }

  #answerTo(from: string, t: Uint8Array, query: Query): Uint8Array {
    const nowMs = this.#world.clock.now()
    switch (query.q) {
      case 'ping':
        return encodeAnswer(t, this.#id)
      case 'find_node':
        return encodeAnswer(t, this.#id, { nodes: this.#table.closest(query.target) })
      case 'get_peers': {
        const values = this.#peers.get(toHex(query.infoHash), nowMs)
        const nodes = this.#table.closest(query.infoHash)
        return encodeAnswer(t, this.#id, { nodes, values, token: this.#tokens.for(from, nowMs) })
      }
      case 'announce_peer': {
        const { infoHash, token, port } = query
        if (!this.#tokens.isGood(token, from, nowMs)) return encodeError(t, 203, WORDS[203])
        const colon = from.lastIndexOf(':')
        this.#peers.add(toHex(infoHash), port === undefined ? from : `${from.slice(0, colon)}:${port}`, nowMs)
        return encodeAnswer(t, this.#id)
      }
    }
  }

  // Its own

  #ask(address: string, query: Query, node?: DhtNode, outcome?: Parameters<Questions['ask']>[2]): void {
    const { clock } = this.#world
    this.#questions.ask(address, query, {
      answered: (id, answer) => {
        // Another than was asked: that one is not there any more.
        if (node && compareDistance(node.id, node.id, id) !== 0) this.#table.failed(node.id, clock.now())
        this.#table.answered({ id, address }, clock.now())
        outcome?.answered(id, answer)
      },
      failed: () => {
        if (node) this.#table.failed(node.id, clock.now())
        outcome?.failed()
      },
    })
  }

  /** Who was announced here: nobody else may have been told. */
  #tellOwn(infoHash: Uint8Array, onPeers: (addresses: readonly string[]) => void): void {
    const peers = this.#peers.get(toHex(infoHash), this.#world.clock.now())
    if (peers.length > 0) onPeers(peers)
  }

  #find(target: Uint8Array, q: 'find_node' | 'get_peers', told: Told): void {
    const query: Query = q === 'find_node' ? { q, target } : { q, infoHash: target }
    const lookup: Lookup<DhtNode> = new Lookup({
      target,
      from: this.#table.closest(target, LOOKUP_FROM),
      ask: node =>
        this.#ask(node.address, query, node, {
          answered: (id, { nodes, values, token }) => {
            if (values.length > 0) told.onPeers?.(values)
            if (token) told.onToken?.(node, token)
            const isIt = compareDistance(node.id, node.id, id) === 0
            if (isIt)
              lookup.answered(
                node,
                nodes.filter(({ id }) => compareDistance(id, id, this.#id) !== 0),
              )
            else lookup.failed(node)
          },
          failed: () => lookup.failed(node),
        }),
      done: found => {
        this.#lookups.delete(lookup)
        this.#done++
        this.#hops = found.hops
        told.done(found)
      },
    })
    this.#lookups.add(lookup)
    lookup.start()
  }

  /** Asks those that it was told of for itself, and then whom they name: so they get to know it, and it them. */
  #join(told: readonly string[]): void {
    const known = new Set([...this.#table].map(({ address }) => address))
    for (const address of told) {
      if (address === this.#world.address || known.has(address) || this.#questions.out > MAX_OUT) continue
      this.#ask(address, { q: 'find_node', target: this.#id }, undefined, {
        answered: () => this.#findItself(),
        failed: () => {},
      })
    }
  }

  /** One at a time: many answer at once where many were told of. */
  #findItself(): void {
    if (this.#findsItself) return
    this.#findsItself = true
    const done = () => {
      this.#findsItself = false
    }
    this.#find(this.#id, 'find_node', { done })
  }

  /** Those that are quiet are asked, and so are buckets; who was not there at the start may be there now. */
  #round(inMs: number): void {
    const { clock, random } = this.#world
    this.#cancelRound = clock.after(inMs, () => {
      const beforeMs = clock.now() - QUIET_MS
      this.#join(this.#world.bootstrap)
      for (const node of this.#table.silent(beforeMs)) this.#ask(node.address, { q: 'ping' }, node)
      for (const bits of this.#table.stale(beforeMs))
        this.#find(idBeside(this.#id, bits, random), 'find_node', { done: () => {} })
      this.#peers.expire(clock.now())
      this.#keep()
      if (this.nodes === 0) this.#retryMs = Math.min(2 * this.#retryMs, ROUND_MS)
      this.#round(this.nodes === 0 ? this.#retryMs : ROUND_MS)
    })
  }

  #keep(): void {
    const nodes = this.#table.closest(this.#id, KEPT_NODES)
    if (nodes.length > 0) this.#world.store?.commit([{ put: NODES_KEY, value: compactNodes(nodes) }])
  }
}

interface Told {
  onPeers?(addresses: readonly string[]): void
  onToken?(node: DhtNode, token: Uint8Array): void
  done(found: Found<DhtNode>): void
}

/** As many of its own contacts a look-up begins with. */
const LOOKUP_FROM = 16
const WORDS = { 203: 'protocol error', 204: 'method unknown' } as const
