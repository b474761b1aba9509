// The handshake: both sides send `version`, then the empty messages that are allowed before `verack`, then `verack`.

import type { Address } from '../core/host.ts'
import type { Discouragement } from './discouragement.ts'
import type { Host } from './frames.ts'
import type { Peer } from './peer.ts'
import type { Peers } from './peers.ts'
import type { Protocol } from './protocol.ts'
import type { Route } from './route.ts'
import { formatAddress, hostOf, isUnspecified, NO_ENDPOINT, parseAddress } from './wire/address.ts'
import {
  HANDSHAKE_MESSAGES_VERSION,
  MIN_PROTOCOL_VERSION,
  PROTOCOL_VERSION,
  type Version,
} from './wire/messages.ts'

/** Why a connection ends whose other side said nothing, or too little. */
export const HANDSHAKE_TIMEOUT = 'handshake timeout'

export interface HandshakeOptions {
  readonly timeoutMs: number
  readonly services: bigint
  readonly listenAddress: Address | undefined
  readonly userAgent: string
  readonly protocols: readonly Protocol[]
  /** Sent between `version` and `verack`, in this order, to whoever is new enough to know them. */
  readonly commands: readonly string[]
  onReady(peer: Peer): void
  /** A newcomer was refused for this older connection, which may be dead without knowing it. */
  onRival(older: Peer): void
  /** The address that a feeler asked for answers; it has done its work. */
  onFeelerAnswered(peer: Peer): void
}

export class Handshake {
  readonly #options: HandshakeOptions
  readonly #host: Host
  readonly #peers: Peers
  readonly #discouragement: Discouragement

  constructor(options: HandshakeOptions, host: Host, peers: Peers, discouragement: Discouragement) {
    this.#options = options
    this.#host = host
    this.#peers = peers
    this.#discouragement = discouragement
  }

  begin(peer: Peer): void {
    const { timeoutMs } = this.#options
    peer.cancelTimer = this.#host.clock.after(timeoutMs, () => this.#peers.drop(peer, HANDSHAKE_TIMEOUT))
    if (peer.inbound) return
    this.#host.connections.identify(peer.id, peer.address)
    peer.v2?.begin()
    this.#sendVersion(peer)
  }

  /** Before `verack` only the handshake's own messages count; Core ignores all others unread, and so does this. */
  awaits(peer: Peer, { command, handshake }: Route): boolean {
    return peer.stage === 'fresh' ? command === 'version' : command === 'verack' || handshake
  }

  onMessage(peer: Peer, command: string, payload: unknown): void {
    if (command === 'version') this.#onVersion(peer, payload as Version)
    else if (command === 'verack') this.#onVerack(peer)
    else peer.handshakeCommands.add(command)
  }

  #onVersion(peer: Peer, version: Version): void {
    peer.greet(version, this.#host.clock.now())
    const unfit = this.#whyUnfit(peer, version)
    if (unfit !== undefined) this.#peers.drop(peer, unfit)
    else if (peer.kind === 'feeler') this.#options.onFeelerAnswered(peer)
    else {
      if (peer.inbound) this.#sendVersion(peer)
      if (version.version >= HANDSHAKE_MESSAGES_VERSION)
        for (const command of this.#options.commands) this.#peers.send(peer, command, null)
      this.#peers.send(peer, 'verack', null)
    }
  }

  #onVerack(peer: Peer): void {
    peer.stage = 'ready'
    peer.readyMs = this.#host.clock.now()
    peer.cancelTimer()
    this.#options.onReady(peer)
  }

  #whyUnfit(peer: Peer, version: Version): string | undefined {
    if (version.version < MIN_PROTOCOL_VERSION) return `version ${version.version} is too old`
    if (!peer.inbound) return this.#whyUseless(peer)
    if (this.#isOwnNonce(version.nonce)) return 'connected to self'
    const claimed = claimedAddress(peer, version)
    if (claimed === undefined) return undefined
    if (this.#discouragement.refusesClaim(claimed)) return 'discouraged'
    if (!this.#yieldsTo(claimed)) return 'duplicate connection'
    peer.address = claimed
    this.#host.connections.identify(peer.id, claimed)
    return undefined
  }

  /** A slot that is filled from here goes to who has what is wanted; whom the operator named may have nothing. */
  #whyUseless(peer: Peer): string | undefined {
    if (peer.kind === 'manual' || peer.kind === 'feeler') return undefined
    const needed = this.#options.protocols.reduce(
      (bits, each) => bits | (each.neededServices?.(peer) ?? 0n),
      0n,
    )
    if ((peer.services & needed) === needed) return undefined
    const hex = (services: bigint) => services.toString(16).padStart(8, '0')
    return `does not offer the expected services (${hex(peer.services)} offered, ${hex(needed)} expected)`
  }

  /**
   * An inbound peer says that it listens at `claimed`. When that is being dialled from here at the same time, one of
   * the two connections must go, and both ends must choose the same: the one that the smaller address dialled stays,
   * unless ours had finished its handshake before. False: the inbound one must go.
   */
  #yieldsTo(claimed: Address): boolean {
    const ours = this.#peers.staying().find(peer => !peer.inbound && peer.address === claimed)
    if (!ours) return true
    const { listenAddress } = this.#options
    if (ours.stage !== 'ready' && listenAddress !== undefined && claimed < listenAddress) {
      this.#peers.drop(ours, 'duplicate connection')
      return true
    }
    this.#options.onRival(ours)
    return false
  }

  #isOwnNonce(nonce: bigint): boolean {
    return this.#peers.staying().some(peer => !peer.inbound && peer.nonce === nonce)
  }

  #sendVersion(peer: Peer): void {
    this.#peers.send(peer, 'version', this.#makeVersion(peer))
  }

  #makeVersion(peer: Peer): Version {
    const { services, listenAddress, userAgent, protocols } = this.#options
    const ours = listenAddress === undefined ? undefined : parseAddress(listenAddress)
    return {
      version: PROTOCOL_VERSION,
      services,
      time: BigInt(Math.floor(this.#host.clock.now() / 1000)),
      addrRecv: { services: 0n, ...(parseAddress(peer.socketAddress) ?? NO_ENDPOINT) },
      // Core leaves this empty; here it names the node, so that both ends of a link know who is at the other.
      addrFrom: { services, ...(ours ?? NO_ENDPOINT) },
      nonce: peer.nonce,
      userAgent,
      startHeight: Math.max(0, ...protocols.map(protocol => protocol.startHeight())),
      relay: peer.maySendTransactions && protocols.every(({ wantsTransactions = true }) => wantsTransactions),
    }
  }
}

/**
 * Where an inbound peer listens, if it says so: its claim counts only for the host that it connects from,
 * so it can at most pass for another process of its own machine.
 */
function claimedAddress(peer: Peer, version: Version): Address | undefined {
  const { ip, port } = version.addrFrom
  if (port === 0) return undefined
  const host = hostOf(peer.socketAddress)
  if (isUnspecified(ip)) return `${host}:${port}`
  const claimed = formatAddress({ ip, port })
  return hostOf(claimed) === host ? claimed : undefined
}
