// Many real BitTorrent peers in one process, in virtual time, over a seeded link model. Same seed, same run.

import { createHash } from 'node:crypto'
import type { Conduct } from '../../node/bittorrent/conduct.ts'
import type { BittorrentEvent, ContentHealth } from '../../node/bittorrent/events.ts'
import {
  type BittorrentOptions,
  BittorrentService,
  type BittorrentWorld,
} from '../../node/bittorrent/service.ts'
import type { ContentFiles } from '../../node/bittorrent/storage.ts'
import type { AccessLine } from '../../node/core/access.ts'
import type { Address } from '../../node/core/host.ts'
import { type LinkConditions, PERFECT_LINK } from '../../node/core/link.ts'
import { createRandom } from '../../node/core/random.ts'
import { LATER, type Respond } from '../../node/core/service.ts'
import { digests } from '../../node/host/digests.ts'
import { VirtualClock } from '../../orchestrator/runtime/sim/clock.ts'
import { MemoryContent, SharedBlocks } from '../../orchestrator/runtime/sim/content.ts'
import { MemoryStore, VirtualHost } from '../../orchestrator/runtime/sim/host.ts'
import { VirtualNetwork } from '../../orchestrator/runtime/sim/network.ts'

export const SWARM_START_MS = Date.UTC(2025, 0, 1)

export interface SwarmOptions {
  readonly seed: string
  readonly peers: number
  /** Conditions of what `from` sends to `to`. Default: a perfect link. */
  readonly linkOf?: (from: number, to: number) => LinkConditions
  /** The peer's own line; undefined: it limits nothing. */
  readonly accessOf?: (peer: number) => AccessLine | undefined
  /** Whom a peer keeps connected to. Default: all before it. */
  readonly connect?: (peer: number) => readonly number[]
  readonly options?: (peer: number) => Partial<BittorrentOptions>
  readonly conduct?: (peer: number) => Conduct | undefined
  /** What stands between the peer and its files. */
  readonly files?: (peer: number, files: ContentFiles) => ContentFiles
  readonly world?: (peer: number) => Partial<BittorrentWorld>
}

export interface SwarmPeer {
  readonly index: number
  readonly address: Address
  readonly service: BittorrentService
  readonly host: VirtualHost
  readonly store: MemoryStore
  readonly content: MemoryContent
  readonly running: boolean
}

export interface ToldOf {
  readonly timeMs: number
  readonly peer: number
  readonly event: BittorrentEvent
}

export interface Made {
  readonly content: string
  readonly infoHashV1?: string
  readonly infoHashV2?: string
  readonly magnet: string
  readonly pieces: number
  readonly bytes: number
}

export type Swarm = ReturnType<typeof createSwarm>

/** The address of peer `index`: 10.1.0.1:6881, … */
export function peerAddress(index: number): Address {
  const number = index + 1
  return `10.1.${number >> 8}.${number & 0xff}:6881`
}

/** All peers are started; time stands still until `advance` or `until`. */
export function createSwarm(options: SwarmOptions) {
  const { peers: count, connect = before } = options
  const random = createRandom(options.seed)
  const clock = new VirtualClock(SWARM_START_MS)
  const indexOf = new Map(Array.from({ length: count }, (_, index) => [peerAddress(index), index]))
  const blocked = new Set<string>()
  const network = new VirtualNetwork({
    clock,
    random: random.fork('network'),
    conditionsOf: (from, to) => {
      const [a, b] = [indexOf.get(from) ?? -1, indexOf.get(to) ?? -1]
      const link = options.linkOf?.(a, b) ?? PERFECT_LINK
      return blocked.has(`${a}>${b}`) ? { ...link, blocked: true } : link
    },
    accessOf: address => options.accessOf?.(indexOf.get(address) ?? -1),
  })
  const events: ToldOf[] = []
  const blocks = new SharedBlocks()
  const sharedThings = new Map<string, unknown>()
  const shared = <T>(key: string, make: () => T): T => {
    if (!sharedThings.has(key)) sharedThings.set(key, make())
    return sharedThings.get(key) as T
  }

  const makePeer = (index: number, store: MemoryStore, content: MemoryContent, life: number) => {
    const address = peerAddress(index)
    const own = random.fork(`peer ${index} life ${life}`)
    const host = new VirtualHost({
      ...{ address, clock, network, random: own, store },
      onEvent: event =>
        events.push({ timeMs: clock.now() - SWARM_START_MS, peer: index, event: event as BittorrentEvent }),
    })
    const conduct = options.conduct?.(index)
    const service = new BittorrentService(
      { connect: connect(index).map(peerAddress), ...options.options?.(index) },
      {
        ...{ version: 'test', address, digests, shared },
        content: options.files?.(index, content) ?? content,
        ...(conduct && { conduct }),
        ...options.world?.(index),
      },
    )
    host.run(service.start(host))
    return { index, address, service, host, store, content, running: true }
  }

  const lives = new Array<number>(count).fill(0)
  const peers = lives.map((_, index) => makePeer(index, new MemoryStore(), new MemoryContent(blocks), 0))
  const peer = (index: number) => {
    const found = peers[index]
    if (!found) throw new Error(`no peer ${index}`)
    return found
  }

  const swarm = {
    clock,
    network,
    events: events as readonly ToldOf[],
    peer: peer as (index: number) => SwarmPeer,
    elapsedMs: () => clock.now() - SWARM_START_MS,
    advance: (ms: number) => clock.runUntil(clock.now() + ms),
    /** False when it did not come to be within `timeoutMs`. */
    until(predicate: () => boolean, timeoutMs: number): boolean {
      const deadline = clock.now() + timeoutMs
      while (!predicate()) {
        if (clock.nextMs > deadline) {
          clock.runUntil(deadline)
          return predicate()
        }
        clock.step()
      }
      return true
    },
    /** Calls a method of the peer's; a late answer is waited for in virtual time. */
    rpc(index: number, method: string, ...params: readonly unknown[]): unknown {
      const found = peer(index).service.rpc[method]
      if (!found) throw new Error(`no method ${method}`)
      let outcome: Parameters<Respond>[0] | undefined
      const answer = found.handle(params, late => {
        outcome = late
      })
      if (answer !== LATER) return answer
      if (!swarm.until(() => outcome !== undefined, 600_000) || !outcome)
        throw new Error(`${method} never answered`)
      if ('error' in outcome) throw outcome.error
      return outcome.result
    },
    /** A peer makes generated content and seeds it. */
    make(index: number, order: MakeOrder = {}): Made {
      const { name = 'film', files = [{ path: [name], length: order.length ?? 1_000_000 }], ...rest } = order
      const generate = { seed: options.seed, files }
      const { length: _, ...others } = { length: 0, ...rest }
      return swarm.rpc(index, 'createtorrent', { name, pieceLength: 65_536, generate, ...others }) as Made
    },
    health(index: number, content: string): ContentHealth | undefined {
      return (swarm.rpc(index, 'gettorrents') as readonly ContentHealth[]).find(
        each => each.content === content,
      )
    },
    complete: (index: number, content: string) => swarm.health(index, content)?.complete ?? false,
    told: <T extends BittorrentEvent['type']>(index: number, type: T) =>
      events
        .filter(each => each.peer === index && each.event.type === type)
        .map(({ event }) => event as Extract<BittorrentEvent, { readonly type: T }>),
    /** SHA-256 of a file as the peer stored it, read without a line of the peer's code. */
    digest(index: number, content: string, path: readonly string[], length: number): string {
      const bytes = peer(index).content.read([content, ...path], 0, length) ?? new Uint8Array(0)
      return createHash('sha256').update(bytes).digest('hex')
    },
    /** Cuts everything between these two, both ways. */
    cut(a: number, b: number): void {
      blocked.add(`${a}>${b}`).add(`${b}>${a}`)
      network.refresh()
    },
    heal(): void {
      blocked.clear()
      network.refresh()
    },
    /** Power off: no last words. */
    kill(index: number): void {
      peer(index).host.off()
      peer(index).running = false
    },
    /** In order. */
    stop(index: number): void {
      peer(index).service.stop()
      swarm.kill(index)
    },
    /** On what its store and its files hold. */
    restart(index: number): void {
      const { running, store, content } = peer(index)
      if (running) throw new Error(`peer ${index} is running`)
      const life = (lives[index] ?? 0) + 1
      lives[index] = life
      peers[index] = makePeer(index, store, content, life)
    },
    log: () =>
      events.map(({ timeMs, peer, event }) => `${timeMs} ${peer} ${JSON.stringify(event)}\n`).join(''),
  }
  return swarm
}

/** Of each of equal peers. */
export const UP_BPS = 10_000_000

/** Peers with equal lines, each of which knows a dozen others. */
export function equalPeers(peers: number, options: Partial<SwarmOptions> = {}) {
  return createSwarm({
    seed: `equal ${peers}`,
    peers,
    connect: index =>
      Array.from({ length: Math.min(index, 12) }, (_, each) => (index * 31 + each * 17) % index),
    linkOf: () => ({ ...PERFECT_LINK, latencyMs: 20 }),
    accessOf: () => ({ upBps: UP_BPS, downBps: 0 }),
    ...options,
  })
}

export interface MakeOrder {
  readonly name?: string
  readonly length?: number
  readonly files?: readonly { readonly path: readonly string[]; readonly length: number }[]
  readonly pieceLength?: number
  readonly version?: 'v1' | 'v2' | 'hybrid'
  readonly whenComplete?: unknown
}

function before(index: number): readonly number[] {
  return Array.from({ length: index }, (_, each) => each)
}
