// A tracker (BEP 3, 23, 48): tells peers of the same content of each other, over HTTP on connections of its own port. A connection
// is one question and its answer.

import type { Address, Cancel, ConnectionSink, PeerId, ServiceHost } from '../core/host.ts'
import type { Json, MetricReading, RpcTable, Service } from '../core/service.ts'
import { HASH_BYTES, hexOf, readAnnounce, textOfEndpoint } from './announce.ts'
import { failure, peersAnswer, refusal, scrapeAnswer } from './answers.ts'
import type { TrackerEvent, TrackerHealth } from './events.ts'
import { parseQuery, type Query } from './query.ts'
import { type Request, RequestReader } from './request.ts'
import { type Limits, Swarms } from './swarms.ts'

/** Who has not asked by then does not want to: the question follows right behind what opens the connection, however long the link. */
const QUESTION_MS = 10_000
/** Open at once; whoever has kept one the longest without a word makes room. */
const MAX_CONNECTIONS = 500
const MAX_SCRAPED = 100
const EVENTS = ['started', 'stopped', 'completed', 'none'] as const

export interface TrackerOptions {
  /** How often peers are asked to come back. Default: 60 s. */
  readonly intervalMs?: number | undefined
  /** Peers given in an answer at most. Default: 50. */
  readonly maxPeers?: number | undefined
  readonly limits?: Limits | undefined
}

interface Asking {
  /** The host that it comes from. */
  readonly from: string
  readonly reader: RequestReader
  readonly cancel: Cancel
}

export class TrackerService implements Service, ConnectionSink {
  readonly name = 'tracker'
  readonly bodies = []
  readonly #options: TrackerOptions
  readonly #intervalMs: number
  readonly #asking = new Map<PeerId, Asking>()
  readonly #announces = { started: 0, stopped: 0, completed: 0, none: 0 }
  #scrapes = 0
  #refused = 0
  #full = false
  #host: ServiceHost | undefined
  #swarms: Swarms | undefined

  constructor(options: TrackerOptions) {
    this.#options = options
    this.#intervalMs = options.intervalMs ?? 60_000
  }

  readonly rpc: RpcTable = {
    gettracker: {
      params: [],
      summary: 'What the tracker knows: each swarm with its seeds, leechers and peers.',
      handle: () => this.#told(),
    },
  }

  start(host: ServiceHost): ConnectionSink {
    this.#host = host
    this.#swarms = new Swarms(host.random, this.#intervalMs, this.#options.limits)
    return this
  }

  stop(): void {
    for (const id of [...this.#asking.keys()]) this.#end(id)
    this.#host = undefined
  }

  status(): { readonly [key: string]: Json } {
    if (!this.#host) return {}
    const { swarms, seeds, leechers } = this.#totals()
    const announces = Object.values(this.#announces).reduce((sum, count) => sum + count, 0)
    return { swarms, seeds, leechers, announces, refused: this.#refused } satisfies TrackerHealth
  }

  readMetrics(): readonly MetricReading[] {
    const { swarms, seeds, leechers } = this.#totals()
    const peers = { name: 'netsplit_tracker_peers', help: 'Peers of all swarms.', kind: 'gauge' } as const
    const asked = {
      name: 'netsplit_tracker_announces_total',
      help: 'Announces answered.',
      kind: 'counter',
    } as const
    return [
      {
        name: 'netsplit_tracker_swarms',
        help: 'Contents that peers take part in.',
        kind: 'gauge',
        value: swarms,
      },
      { ...peers, labels: { role: 'seed' }, value: seeds },
      { ...peers, labels: { role: 'leecher' }, value: leechers },
      ...EVENTS.map(event => ({ ...asked, labels: { event }, value: this.#announces[event] })),
      {
        name: 'netsplit_tracker_scrapes_total',
        help: 'Scrapes answered.',
        kind: 'counter',
        value: this.#scrapes,
      },
      {
        name: 'netsplit_tracker_refused_total',
        help: 'Questions refused.',
        kind: 'counter',
        value: this.#refused,
      },
    ]
  }

  /** It keeps no connection that a load could go over. */
  pad(): void {}

  onConnected(id: PeerId, address: Address): void {
    const { clock } = this.#host as ServiceHost
    const [longest] = this.#asking.keys()
    if (longest !== undefined && this.#asking.size >= MAX_CONNECTIONS) this.#end(longest)
    const cancel = clock.after(QUESTION_MS, () => this.#end(id))
    const from = address.slice(0, address.lastIndexOf(':'))
    this.#asking.set(id, { from, reader: new RequestReader(), cancel })
  }

  /** It dials nobody. */
  onDialFailed(): void {}

  onClosed(id: PeerId): void {
    this.#forget(id)
  }

  onData(id: PeerId, bytes: Uint8Array): void {
    const asking = this.#asking.get(id)
    const request = asking?.reader.push(bytes)
    if (!asking || !request) return
    const answer =
      'status' in request ? this.#refuse(refusal(request.status)) : this.#answer(id, request, asking)
    this.#host?.connections.send(id, answer)
    this.#end(id)
  }

  #answer(id: PeerId, { path, query: text }: Request, { from }: Asking): Uint8Array {
    const isAnnounce = path === '/announce'
    if (!isAnnounce && path !== '/scrape') return this.#refuse(refusal(404))
    const query = parseQuery(text)
    if (!query) return this.#refuse(failure('the query cannot be read'))
    return isAnnounce ? this.#announce(id, query, from) : this.#scrape(query)
  }

  #announce(id: PeerId, query: Query, from: string): Uint8Array {
    const { clock, connections } = this.#host as ServiceHost
    const swarms = this.#swarms as Swarms
    const nowMs = clock.now()
    const said = readAnnounce(query, from)
    if (typeof said === 'string') return this.#refuse(failure(said))
    const address = textOfEndpoint(said.at)
    connections.identify(id, address)
    const taken = swarms.announce(said, nowMs)
    if (typeof taken === 'string') return this.#refuse(failure(taken), /full/.test(taken) ? taken : undefined)
    this.#full = false
    this.#announces[said.event ?? 'none']++
    if (taken.fresh) this.#emit({ type: 'tracker/swarm', infoHash: said.infoHash, address })
    const { maxPeers = 50 } = this.#options
    const most = said.event === 'stopped' ? 0 : Math.min(maxPeers, said.wanted ?? maxPeers)
    return peersAnswer(
      said,
      swarms.peersFor(said, most),
      swarms.counts(said.infoHash, nowMs),
      this.#intervalMs,
    )
  }

  #scrape(query: Query): Uint8Array {
    const hashes = query.get('info_hash') ?? []
    if (hashes.length === 0 || hashes.length > MAX_SCRAPED)
      return this.#refuse(failure(`info_hash must be there, 1 to ${MAX_SCRAPED} times`))
    if (hashes.some(hash => hash.length !== HASH_BYTES))
      return this.#refuse(failure(`info_hash must be ${HASH_BYTES} bytes`))
    this.#scrapes++
    const nowMs = this.#nowMs
    const countsOf = (hash: string) => (this.#swarms as Swarms).counts(hash, nowMs)
    return scrapeAnswer(hashes.map(hexOf), countsOf, this.#intervalMs)
  }

  /** `full`: for want of room. */
  #refuse(answer: Uint8Array, full?: string): Uint8Array {
    this.#refused++
    if (full !== undefined && !this.#full) {
      this.#full = true
      this.#emit({ type: 'tracker/full', why: full })
    }
    return answer
  }

  #told() {
    const swarms = Array.from(this.#swarms?.all(this.#nowMs) ?? [], ([infoHash, { peers, ...counts }]) => ({
      infoHash,
      ...counts,
      peers: peers.map(({ at, isSeed }) => ({ address: textOfEndpoint(at), seed: isSeed })),
    }))
    return { intervalSeconds: this.#intervalMs / 1000, ...this.status(), swarms }
  }

  #totals() {
    const all = [...(this.#swarms?.all(this.#nowMs).values() ?? [])]
    const sum = (of: 'seeds' | 'leechers') => all.reduce((total, swarm) => total + swarm[of], 0)
    return { swarms: all.length, seeds: sum('seeds'), leechers: sum('leechers') }
  }

  get #nowMs(): number {
    return this.#host?.clock.now() ?? 0
  }

  /** What was sent still goes. */
  #end(id: PeerId): void {
    this.#forget(id)
    this.#host?.connections.close(id)
  }

  #forget(id: PeerId): void {
    this.#asking.get(id)?.cancel()
    this.#asking.delete(id)
  }

  #emit(event: TrackerEvent): void {
    this.#host?.emit(event)
  }
}
