// A tracker and those who ask it, in virtual time: our clients, and hands that say whatever a test wants said.

import { TrackerClient, type TrackerClientOptions } from '../../node/bittorrent/tracker-client.ts'
import type { Address, ConnectionSink, PeerId } from '../../node/core/host.ts'
import { type LinkConditions, PERFECT_LINK } from '../../node/core/link.ts'
import { createRandom } from '../../node/core/random.ts'
import type { TrackerEvent } from '../../node/tracker/events.ts'
import { type TrackerOptions, TrackerService } from '../../node/tracker/service.ts'
import { VirtualClock } from '../../orchestrator/runtime/sim/clock.ts'
import { MemoryStore, VirtualHost } from '../../orchestrator/runtime/sim/host.ts'
import { VirtualNetwork } from '../../orchestrator/runtime/sim/network.ts'
import { NOW_MS } from './chain.ts'

export const TRACKER = '10.0.0.1:6969'
export const HASH = Uint8Array.from({ length: 20 }, (_, i) => (i * 37 + 250) & 0xff)
const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1')

export class TrackerWorld {
  readonly clock = new VirtualClock(NOW_MS)
  readonly random = createRandom('tracker')
  /** Of all links. */
  conditions: LinkConditions = PERFECT_LINK
  readonly network = new VirtualNetwork({
    clock: this.clock,
    random: this.random.fork('network'),
    conditionsOf: () => this.conditions,
  })

  host(address: Address, onEvent: (event: TrackerEvent) => void = () => {}): VirtualHost {
    return new VirtualHost({
      ...{ address, clock: this.clock, network: this.network, store: new MemoryStore() },
      random: this.random.fork(address),
      onEvent: event => onEvent(event as TrackerEvent),
    })
  }

  tracker(options: TrackerOptions = {}) {
    const events: TrackerEvent[] = []
    const host = this.host(TRACKER, event => events.push(event))
    const service = new TrackerService(options)
    host.run(service.start(host))
    const counts = () => {
      const { seeds, leechers } = service.status()
      return { seeds, leechers }
    }
    return { service, host, events, counts }
  }

  /** What is sent there over a connection of its own, and all that comes back. */
  ask(from: Address, said: string | readonly string[], chunks = Array.isArray(said) ? said : [said]) {
    const host = this.host(from)
    const heard = { text: '', closed: undefined as string | undefined }
    host.run({
      onConnected: peer => {
        for (const chunk of chunks) host.connections.send(peer, Buffer.from(chunk, 'latin1'))
      },
      onDialFailed: (_, why) => {
        heard.closed = why
      },
      onData: (_, bytes) => {
        heard.text += latin1(bytes)
      },
      onClosed: (_, why) => {
        heard.closed = why
      },
    })
    host.connections.dial(TRACKER)
    this.advance(0)
    host.off()
    return heard
  }

  /** A peer's question with these parameters in the place of the usual ones, and the body of the answer. */
  announce(from: Address, parameters: Readonly<Record<string, string | undefined>> = {}): string {
    const usual = {
      info_hash: escaped(HASH),
      peer_id: escaped(Buffer.from(`-XX0001-${from.padStart(12, '_')}`.slice(0, 20))),
      port: from.slice(from.indexOf(':') + 1),
      ...{ uploaded: '0', downloaded: '0', left: '100', compact: '1', event: 'started' },
      ...parameters,
    }
    const query = Object.entries(usual).flatMap(([name, value]) =>
      value === undefined ? [] : [`${name}=${value}`],
    )
    return this.ask(from, `GET /announce?${query.join('&')} HTTP/1.0\r\n\r\n`).text.split('\r\n\r\n')[1] ?? ''
  }

  /** A server in the place of a tracker, which answers each whole question with what `answer` gives; undefined: with nothing. */
  server(answer: (question: string, count: number) => string | undefined, ends = true) {
    const host = this.host(TRACKER)
    const questions: string[] = []
    const sink: ConnectionSink = {
      onConnected: () => {},
      onDialFailed: () => {},
      onClosed: () => {},
      onData: (peer: PeerId, bytes) => {
        questions.push(latin1(bytes))
        const said = answer(latin1(bytes), questions.length)
        if (said === undefined) return
        host.connections.send(peer, Buffer.from(said, 'latin1'))
        if (ends) host.connections.close(peer)
      },
    }
    host.run(sink)
    return { host, questions }
  }

  client(from: Address, options: Partial<TrackerClientOptions> = {}) {
    const host = this.host(from)
    const found: (readonly Address[])[] = []
    const problems: string[] = []
    const amounts = { uploaded: 0, downloaded: 0, left: 100 }
    const client = new TrackerClient(
      {
        ...{
          url: `http://${TRACKER}/announce`,
          infoHash: HASH,
          port: Number(from.slice(from.indexOf(':') + 1)),
        },
        ...{ peerId: Buffer.from(`-NS0001-${from.padStart(12, '_')}`.slice(0, 20)), ...options },
      },
      {
        ...{ clock: host.clock, random: host.random.fork('client'), connections: host.connections },
        amounts: () => amounts,
        onPeers: peers => found.push(peers),
        onProblem: why => problems.push(why),
      },
    )
    host.run({
      onConnected: (...said) => void client.onConnected(...said),
      onDialFailed: (...said) => void client.onDialFailed(...said),
      onData: (...said) => void client.onData(...said),
      onClosed: peer => void client.onClosed(peer),
    })
    return { client, host, found, problems, amounts }
  }

  advance(ms: number): void {
    this.clock.runUntil(this.clock.now() + ms)
  }
}

export function escaped(bytes: Uint8Array): string {
  return Array.from(bytes, byte => `%${byte.toString(16).padStart(2, '0')}`).join('')
}
