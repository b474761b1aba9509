// One connection between other people's program and a peer: two halves, an outer one over the links of the network, and an inner
// one to the program. Messages go through as they are, but for what would lead the program past its links.

import { decode, encode } from '../bitcoin/wire/codec.ts'
import type { Frame, FrameSource } from '../bitcoin/wire/frame.ts'
import { encodeFrame, FrameReader, MAX_PAYLOAD_BYTES } from '../bitcoin/wire/framing.ts'
import { baseMessages, type Ping, type Version } from '../bitcoin/wire/messages.ts'
import type { V2Crypto } from '../bitcoin/wire/v2/crypto.ts'
import { V2Transport } from '../bitcoin/wire/v2/transport.ts'
import { PingTimes } from '../core/ping-times.ts'
import { ProtocolError } from '../errors.ts'

/** Addresses that the program could dial past its links, were it told of them. */
const NOT_TOLD: ReadonlySet<string> = new Set(['addr', 'addrv2'])

const NOWHERE = { ip: new Uint8Array(16), port: 0 }

export interface PairEnds {
  readonly magic: Uint8Array
  /** The peer dialled, and may speak the encrypted transport (BIP324). Absent: it speaks v1. The program always does. */
  readonly v2?: V2Crypto | undefined
  /** Bytes for the peer, and for the program. */
  toPeer(bytes: Uint8Array): void
  toProgram(bytes: Uint8Array): void
  /** What the program says of itself in `version`, put right: who it is that listens where. */
  introduce(version: Version): Version
  /** The peer said who it is. */
  onVersion(version: Version): void
  /** The program has this message of the peer's. */
  onHanded(frame: Frame): void
  /** Both sides have finished the handshake. */
  onReady(): void
  /** These are no messages: the connection is of no use. */
  onBroken(why: string): void
  nowMs(): number
}

export class Pair {
  readonly ping = new PingTimes()
  readonly #ends: PairEnds
  readonly #v2: V2Transport | undefined
  readonly #fromPeer: FrameSource
  readonly #fromProgram: FrameSource
  #acknowledged = { peer: false, program: false }
  #broken = false

  constructor(ends: PairEnds) {
    this.#ends = ends
    const { magic, v2 } = ends
    const newReader = () => new FrameReader(magic, () => MAX_PAYLOAD_BYTES)
    this.#v2 = v2 && new V2Transport({ magic, initiating: false, crypto: v2, newReader, write: ends.toPeer })
    this.#fromPeer = this.#v2 ?? newReader()
    this.#fromProgram = newReader()
  }

  get ready(): boolean {
    return this.#acknowledged.peer && this.#acknowledged.program
  }

  takeFromPeer(bytes: Uint8Array): void {
    this.#take(this.#fromPeer, bytes, frame => this.#onPeerSays(frame))
  }

  takeFromProgram(bytes: Uint8Array): void {
    this.#take(this.#fromProgram, bytes, frame => this.#onProgramSays(frame))
  }

  /** A frame for the peer as its connection has it now; undefined while it has none. */
  wire(frame: Uint8Array): Uint8Array | undefined {
    return this.#v2 ? this.#v2.wire(frame) : frame
  }

  /** Asks the peer, past the program. */
  sendPing(nonce: bigint): void {
    if (!this.ready) return
    this.ping.sent(nonce, this.#ends.nowMs())
    const payload = encode(baseMessages.ping.codec, { nonce })
    this.#tellPeer('ping', payload)
  }

  #tellPeer(command: string, payload: Uint8Array): void {
    const frame = encodeFrame(this.#ends.magic, command, payload)
    if (this.#v2) this.#v2.send(frame)
    else this.#ends.toPeer(frame)
  }

  #take(from: FrameSource, bytes: Uint8Array, onFrame: (frame: Frame) => void): void {
    if (this.#broken) return
    try {
      from.push(bytes)
      for (let frame = from.next(); frame; frame = from.next()) onFrame(frame)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.#broken = true
      this.#ends.onBroken(error.message)
    }
  }

  #onPeerSays(frame: Frame): void {
    const { command, payload, damaged } = frame
    // Nobody reads a damaged message.
    if (damaged || NOT_TOLD.has(command)) return
    if (command === 'pong' && this.#isOurs(payload)) return
    const told = command === 'version' ? this.#met(payload) : payload
    this.#ends.toProgram(encodeFrame(this.#ends.magic, command, told))
    if (command === 'verack') this.#acknowledge('peer')
    this.#ends.onHanded(frame)
  }

  #onProgramSays({ command, payload, damaged }: Frame): void {
    if (damaged) return
    const told = command === 'version' ? this.#introduced(payload) : payload
    this.#tellPeer(command, told)
    if (command === 'verack') this.#acknowledge('program')
  }

  #introduced(payload: Uint8Array): Uint8Array {
    const { codec } = baseMessages.version
    return encode(codec, this.#ends.introduce(decode(codec, payload)))
  }

  /** Where the peer listens is between it and the node: the program could dial it there. */
  #met(payload: Uint8Array): Uint8Array {
    const { codec } = baseMessages.version
    const version = decode(codec, payload)
    this.#ends.onVersion(version)
    return encode(codec, { ...version, addrFrom: { ...version.addrFrom, ...NOWHERE } })
  }

  #acknowledge(who: 'peer' | 'program'): void {
    const before = this.ready
    this.#acknowledged = { ...this.#acknowledged, [who]: true }
    if (this.ready && !before) this.#ends.onReady()
  }

  /** The answer to a ping that the program knows nothing of. */
  #isOurs(payload: Uint8Array): boolean {
    if (payload.length !== 8) return false
    const { nonce } = decode(baseMessages.pong.codec, payload) as Ping
    const { answeredUpTo } = this.ping
    this.ping.answered(nonce, this.#ends.nowMs())
    return this.ping.answeredUpTo > answeredUpTo
  }
}
