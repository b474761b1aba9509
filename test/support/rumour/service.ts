// In the place of node/services.ts: with a service of numbered rumours. Who hears a new one keeps it and passes it on, and peers
// that find each other again tell what they know. Frames are lines of JSON.

import { address, list, listenAt, object } from '../../../node/core/check.ts'
import type { Address, ConnectionSink, PeerId, ServiceHost } from '../../../node/core/host.ts'
import { PingTimes, pingAll, readAll } from '../../../node/core/ping-times.ts'
import type { LinkProbe, PaddingLoad, Service, ServiceConfig } from '../../../node/core/service.ts'
import type { ServiceKind } from '../../../node/kind.ts'
import { SERVICES as OWN } from '../../../node/services.ts'

interface RumourConfig extends ServiceConfig {
  readonly connect: readonly Address[]
}

interface Frame {
  readonly hello?: Address
  /** Rumours that the sender knows. */
  readonly know?: readonly number[]
  readonly pad?: string
  /** Its number comes back as a pong. */
  readonly ping?: number
  readonly pong?: number
}

const AGAIN_MS = 500
const utf8 = { encode: new TextEncoder(), decode: new TextDecoder() }

const rumour: ServiceKind<RumourConfig> = {
  name: 'rumour',
  config: object<RumourConfig>({ listen: listenAt, connect: list(address) }),
  make: (config, { address }) => new Rumours(config.connect, address ?? ''),
}

interface Peer {
  address: Address
  readonly dialled: boolean
  readonly ping: PingTimes
  /** What came of a line that is not whole. */
  rest: string
}

class Rumours implements Service, ConnectionSink {
  readonly name = 'rumour'
  readonly bodies = []
  readonly #dials: readonly Address[]
  readonly #own: Address
  readonly #known = new Set<number>()
  readonly #peers = new Map<PeerId, Peer>()
  #host: ServiceHost | undefined

  constructor(dials: readonly Address[], own: Address) {
    this.#dials = dials
    this.#own = own
  }

  readonly rpc = {
    startrumour: {
      params: ['number'],
      summary: 'It begins here.',
      handle: ([n]: readonly unknown[]) => this.#hear([Number(n)]),
    },
  }

  start(host: ServiceHost): ConnectionSink {
    this.#host = host
    for (const [key] of host.store.scan('r/')) this.#known.add(Number(key.slice(2)))
    for (const peer of this.#dials) host.connections.dial(peer)
    return this
  }

  stop(): void {
    for (const id of this.#peers.keys()) this.#host?.connections.close(id)
    this.#host = undefined
  }

  status() {
    return { peers: this.#peers.size, known: this.#known.size }
  }

  readMetrics() {
    const help = 'Rumours that came here.'
    return [{ name: 'netsplit_rumours_known', help, kind: 'gauge' as const, value: this.#known.size }]
  }

  pad(peer: Address, { frames, bytes }: PaddingLoad): void {
    const frame = frameOf({ pad: ' '.repeat(bytes) })
    this.#host?.connections.pad(peer, () => frame, frames)
    this.#ping(({ address }) => address === peer)
  }

  readonly links: LinkProbe = {
    ping: () => this.#ping(),
    read: () => readAll(this.#peers, this.#nowMs),
  }

  onConnected(id: PeerId, address: Address, inbound: boolean): void {
    this.#peers.set(id, { address, dialled: !inbound, ping: new PingTimes(), rest: '' })
    this.#send(id, { hello: this.#own, know: [...this.#known] })
  }

  onDialFailed(address: Address): void {
    this.#host?.clock.after(AGAIN_MS, () => this.#host?.connections.dial(address))
  }

  onClosed(id: PeerId): void {
    const { address = '', dialled } = this.#peers.get(id) ?? {}
    this.#peers.delete(id)
    if (dialled) this.onDialFailed(address)
  }

  onData(id: PeerId, bytes: Uint8Array): void {
    const peer = this.#peers.get(id)
    if (!peer) return
    const lines = (peer.rest + utf8.decode.decode(bytes)).split('\n')
    peer.rest = lines.pop() ?? ''
    for (const { hello, know, ping, pong } of lines.map(line => JSON.parse(line) as Frame)) {
      if (hello !== undefined) this.#host?.connections.identify(id, hello)
      if (hello !== undefined && !peer.dialled) peer.address = hello
      if (ping !== undefined) this.#send(id, { pong: ping })
      if (pong !== undefined) peer.ping.answered(BigInt(pong), this.#nowMs)
      if (know) this.#hear(know)
    }
  }

  /** Keeps what is new and passes it on. */
  #hear(numbers: readonly number[]): number {
    const fresh = numbers.filter(number => !this.#known.has(number))
    for (const number of fresh) {
      this.#known.add(number)
      this.#host?.store.commit([{ put: `r/${number}`, value: new Uint8Array(1) }])
      this.#host?.emit({ type: 'rumour/heard', number } as { type: string })
    }
    if (fresh.length > 0) for (const id of this.#peers.keys()) this.#send(id, { know: fresh })
    return this.#known.size
  }

  #ping(isMeant?: (peer: Peer) => boolean): void {
    pingAll(this.#peers, this.#nowMs, (id, ping) => this.#send(id, { ping }), isMeant)
  }

  get #nowMs(): number {
    return this.#host?.clock.now() ?? 0
  }

  #send(id: PeerId, frame: Frame): void {
    this.#host?.connections.send(id, frameOf(frame))
  }
}

const frameOf = (frame: Frame) => utf8.encode.encode(`${JSON.stringify(frame)}\n`)

export const SERVICES: readonly ServiceKind[] = [...OWN, rumour]
