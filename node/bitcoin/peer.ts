// One connection: what is known of the peer at its other end, and how far the handshake has come.

import type { Address, Cancel, Line, PeerId, Reader } from '../core/host.ts'
import { PingTimes } from '../core/ping-times.ts'
import type { FrameStore } from './frames.ts'
import { SealedLine } from './line.ts'
import type { Permissions } from './permissions.ts'
import type { PeerView } from './protocol.ts'
import type { Routes } from './routes.ts'
import { Traffic } from './traffic.ts'
import type { FrameSource } from './wire/frame.ts'
import { FrameReader, HEADER_BYTES, MAX_PAYLOAD_BYTES } from './wire/framing.ts'
import { MAX_USER_AGENT_BYTES, type Version } from './wire/messages.ts'
import type { V2Crypto } from './wire/v2/crypto.ts'
import { V2Transport } from './wire/v2/transport.ts'

/**
 * Who wanted the connection: the other end, the operator or the plan, the address manager to keep it (for all there is, or for
 * blocks alone), to ask once for addresses, or to learn whether the address still answers.
 */
export type ConnectionKind = 'inbound' | 'manual' | 'outbound' | 'blocks' | 'addresses' | 'feeler'

/** `fresh` until its `version` came, `greeted` until its `verack` came. */
export type PeerStage = 'fresh' | 'greeted' | 'ready'

/** The cancel of a timer that has run or never was: it holds on to nothing. */
export const NO_TIMER: Cancel = () => {}

/** Core has one limit for all commands: a `sendheaders` with something in it is no offence. */
const anyMessage = () => MAX_PAYLOAD_BYTES

/** Whose connection it is. */
export interface PeerOwner {
  lineOf(peer: Peer): Line
  /** What the peer's frames go through before its line. */
  screen(peer: Peer, line: Line): Line
  onData(peer: Peer, bytes: Uint8Array): void
  send(peer: Peer, command: string, payload: unknown): void
}

export interface PeerOptions {
  readonly id: PeerId
  readonly address: Address
  readonly kind: ConnectionKind
  readonly permissions: Permissions
  /** No transactions are wanted here, but of those who may. */
  readonly blocksOnly: boolean
  readonly nowMs: number
  /** What our `version` to it carries. */
  readonly nonce: bigint
  readonly magic: Uint8Array
  readonly routes: Routes
  readonly frames: FrameStore | undefined
  /** It is spoken to by BIP324, or may speak so to us. */
  readonly v2: V2Crypto | undefined
  readonly owner: PeerOwner
}

export class Peer implements PeerView, Reader {
  // First what every message reads or writes: among a thousand simulated peers no connection is in the processor's caches.
  readonly #owner: PeerOwner
  stage: PeerStage = 'fresh'
  /** Set once it is being closed: nothing more is read from it or sent to it. */
  leaving: string | undefined
  readonly line: Line
  readonly frames: FrameSource
  readonly received: Traffic
  readonly sent: Traffic
  /** By protocol: what it wants back with each message. */
  readonly notes: unknown[] = []

  readonly id: PeerId
  readonly kind: ConnectionKind
  readonly inbound: boolean
  readonly permissions: Permissions
  readonly maySendTransactions: boolean
  /** The other end of the connection: what was dialled, or the port that an inbound one came from. */
  readonly socketAddress: Address
  readonly connectedMs: number
  readonly nonce: bigint
  readonly handshakeCommands = new Set<string>()
  readonly ping = new PingTimes()

  address: Address
  readyMs = 0
  /** That came, of messages that are not whole yet, too. */
  heardBytes = 0
  services = 0n
  protocolVersion = 0
  userAgent = ''
  // Until its `version` says so.
  startHeight = -1
  relaysTransactions = false
  timeOffsetSeconds = 0
  lastBlockMs = 0
  lastTransactionMs = 0
  /** The handshake's deadline, then the next ping. */
  cancelTimer: Cancel = NO_TIMER
  /** Absent: nothing but v1 is spoken. */
  readonly v2: V2Transport | undefined

  constructor(options: PeerOptions) {
    this.id = options.id
    this.kind = options.kind
    this.inbound = options.kind === 'inbound'
    this.permissions = options.permissions
    const { kind, permissions, blocksOnly } = options
    this.maySendTransactions =
      kind !== 'blocks' && kind !== 'feeler' && (!blocksOnly || permissions.has('relay'))
    this.socketAddress = options.address
    this.address = options.address
    this.connectedMs = options.nowMs
    this.nonce = options.nonce
    this.sent = new Traffic(options.routes.commands.length, options.nowMs)
    this.received = new Traffic(options.routes.commands.length, options.nowMs)
    this.#owner = options.owner
    const line = options.owner.lineOf(this)
    const newReader = () => new FrameReader(options.magic, anyMessage, options.frames)
    this.v2 = options.v2 && this.#newTransport(options, options.v2, line, newReader)
    this.frames = this.v2 ?? newReader()
    this.line = options.owner.screen(this, this.v2 ? new SealedLine(line, this.v2) : line)
  }

  onData(bytes: Uint8Array): void {
    this.#owner.onData(this, bytes)
  }

  /** A message of so many bytes is so many on the wire, its header included. */
  bytesOf(command: string, payloadBytes: number): number {
    return this.v2?.sizeOf(command, payloadBytes) ?? HEADER_BYTES + payloadBytes
  }

  /** A frame as its connection has it now; undefined while it has none. */
  wire(frame: Uint8Array): Uint8Array | undefined {
    return this.v2 ? this.v2.wire(frame) : frame
  }

  say(command: string, payload: unknown): void {
    if (this.usable) this.#owner.send(this, command, payload)
  }

  #newTransport(
    { magic }: PeerOptions,
    crypto: V2Crypto,
    line: Line,
    newReader: () => FrameReader,
  ): V2Transport {
    const write = (bytes: Uint8Array, greeting: boolean) => {
      if (this.leaving !== undefined) return
      if (greeting) this.sent.spend(bytes.length)
      line.send(bytes)
    }
    return new V2Transport({ magic, initiating: !this.inbound, crypto, newReader, write })
  }

  get backlogBytes(): number {
    return this.line.backlogBytes
  }

  get lastReceivedMs(): number {
    return this.received.lastMs
  }

  get minPingMs(): number | undefined {
    return this.ping.minMs
  }

  get carriesBlocks(): boolean {
    return this.kind !== 'addresses' && this.kind !== 'feeler'
  }

  get carriesAddresses(): boolean {
    return this.kind !== 'blocks'
  }

  /** Handshake done and not closing. */
  get usable(): boolean {
    return this.stage === 'ready' && this.leaving === undefined
  }

  greet(version: Version, nowMs: number): void {
    this.stage = 'greeted'
    this.protocolVersion = version.version
    this.services = version.services
    this.userAgent = printable(version.userAgent)
    this.startHeight = version.startHeight
    this.relaysTransactions = version.relay && this.kind !== 'blocks'
    this.timeOffsetSeconds = Number(version.time) - Math.floor(nowMs / 1000)
  }
}

/** What may be logged and shown of a text from outside (Core's SanitizeString, SAFE_CHARS_DEFAULT). */
export function printable(text: string): string {
  return text.replace(/[^a-zA-Z0-9 .,;\-_/:?@()]/g, '').slice(0, MAX_USER_AGENT_BYTES)
}
