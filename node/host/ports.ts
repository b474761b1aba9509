// The ports of a node: one a service. To the links they are one: a table names each address of a peer, and all that is asked
// of connections is asked of those of every port.

import type { LinkTable } from '../api.ts'
import type { Address, Clock, ConnectionSink, Connections, Datagrams, Random } from '../core/host.ts'
import { dialTimeoutMs } from '../core/patience.ts'
import type { ListenAt } from '../core/service.ts'
import { NodeLines } from './access.ts'
import { TcpConnections } from './tcp.ts'
import { UdpDatagrams } from './udp.ts'

export interface PortsOptions {
  readonly clock: Clock
  /** For the links of a service. */
  random(service: string): Random
  readonly links: LinkTable
  /** The slowest round trip over them, where they are slower than usual. */
  readonly roundTripMs?: number | undefined
  /** What a link is to carry for a frame of this service. */
  bytesOf(service: string, frame: Uint8Array): number
  /** A count of what it receives over one connection, where that is not its length. */
  countReceived(service: string): ((chunk: Uint8Array) => number) | undefined
  warn(message: string): void
  /** A port that a service needs cannot be had. Default: a warning. */
  failed?(message: string): void
}

export class Ports {
  readonly #ports: ReadonlyMap<string, TcpConnections>
  readonly #datagrams: ReadonlyMap<string, UdpDatagrams>
  readonly #lines: NodeLines
  #links: LinkTable
  #addresses: { readonly [service: string]: Address } = {}

  constructor(
    services: readonly string[],
    { clock, random, links, roundTripMs, bytesOf, countReceived, warn, failed = warn }: PortsOptions,
  ) {
    this.#links = links
    this.#lines = new NodeLines(clock, links.access)
    const open = (name: string) =>
      new TcpConnections({
        clock,
        random: random(name),
        links,
        lines: this.#lines,
        bytesOf: frame => bytesOf(name, frame),
        countReceived: () => countReceived(name),
        warn,
        dialTimeoutMs: dialTimeoutMs(roundTripMs),
      })
    this.#ports = new Map(services.map(name => [name, open(name)]))
    const bare = (name: string) =>
      new UdpDatagrams({
        clock,
        random: random(name).fork('datagrams'),
        links,
        lines: this.#lines,
        address: () => this.#addresses[name] as Address,
        failed: message => failed(message),
      })
    this.#datagrams = new Map(services.map(name => [name, bare(name)]))
  }

  /** Takes all ports; who connects waits until its service starts. */
  async listen(at: (service: string) => ListenAt): Promise<void> {
    const bound = [...this.#ports].map(
      async ([name, port]) => [name, await port.listen(at(name), `services.${name}.listen`)] as const,
    )
    this.#addresses = Object.fromEntries(await Promise.all(bound))
  }

  /** Where each service listens. */
  get addresses(): { readonly [service: string]: Address } {
    return this.#addresses
  }

  of(service: string): Connections {
    return this.#port(service)
  }

  datagramsOf(service: string): Datagrams {
    const datagrams = this.#datagrams.get(service)
    if (!datagrams) throw new Error(`${service} has no port here`)
    return datagrams
  }

  /** From here on the sink is told of the connections of its port. */
  start(service: string, sink: ConnectionSink): void {
    this.#port(service).start(sink)
  }

  /** The services are gone without having been told of anything: so is what they began. */
  drop(): void {
    for (const port of this.#ports.values()) port.drop()
    for (const port of this.#datagrams.values()) port.stop()
  }

  stop(): void {
    for (const port of [...this.#ports.values(), ...this.#datagrams.values()]) port.stop()
  }

  get links(): LinkTable {
    return this.#links
  }

  setLinks(links: LinkTable): void {
    this.#links = links
    this.#lines.set(links.access)
    for (const port of [...this.#ports.values(), ...this.#datagrams.values()]) port.setLinks(links)
  }

  reset(peers: readonly Address[]): void {
    for (const port of this.#ports.values()) port.reset(peers)
  }

  #port(service: string): TcpConnections {
    const port = this.#ports.get(service)
    if (!port) throw new Error(`${service} has no port here`)
    return port
  }
}

/** A wildcard is an address to listen on, not one to dial. */
export function dialable(address: Address | undefined): Address | undefined {
  return address === undefined || /^(0\.0\.0\.0|\[::\]):/.test(address) ? undefined : address
}
