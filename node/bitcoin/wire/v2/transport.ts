// The encrypted transport of BIP324 on one connection: bytes in and frames out, frames in and bytes out. Who is dialled finds out
// by the first bytes whether the other side speaks it, and speaks v1 to whoever does not. Core 28.1's V2Transport is the reference.

import { ProtocolError } from '../../../errors.ts'
import type { Frame, FrameSource } from '../frame.ts'
import { COMMAND_BYTES, type FrameReader, MAGIC_BYTES, MAX_PAYLOAD_BYTES, partsOf } from '../framing.ts'
import { toHex } from '../hex.ts'
import { Inflow } from '../inflow.ts'
import { joined } from '../joined.ts'
import type { KeyPair, V2Crypto } from './crypto.ts'
import {
  EXPANSION_BYTES,
  LENGTH_BYTES,
  type Packet,
  SEALING_BYTES,
  Session,
  TERMINATOR_BYTES,
} from './session.ts'
import { readType, typeBytes, writeType } from './short-ids.ts'

/** It speaks this transport, says a peer's `version`, and so do addresses. */
export const NODE_P2P_V2 = 1n << 11n
export const KEY_BYTES = 64
export const MAX_GARBAGE_BYTES = 4095
const MAX_CONTENTS_BYTES = 1 + COMMAND_BYTES + MAX_PAYLOAD_BYTES
/** What v1 begins with behind its magic. */
const VERSION = Uint8Array.from('version\0\0\0\0\0', letter => letter.charCodeAt(0))
const V1_PREFIX_BYTES = MAGIC_BYTES + VERSION.length
const NO_BYTES: Uint8Array = new Uint8Array(0)

/**
 * `start`: nothing says yet which transport this is. `key`: the other side's public key is to come. `garbage`: so is the end of what
 * it sent behind that. `version`: its first packet that is no decoy. `packets`: messages.
 */
type Stage = 'start' | 'v1' | 'key' | 'garbage' | 'version' | 'packets'

export type TransportType = 'detecting' | 'v1' | 'v2'

export interface V2Options {
  readonly magic: Uint8Array
  /** We dialled. */
  readonly initiating: boolean
  readonly crypto: V2Crypto
  /** For a peer that speaks v1 to us. */
  readonly newReader: () => FrameReader
  /** Bytes for the other side. `greeting`: they are no message. */
  write(bytes: Uint8Array, greeting: boolean): void
}

export class V2Transport implements FrameSource {
  readonly #options: V2Options
  readonly #inflow = new Inflow()
  #stage: Stage
  #ours: KeyPair | undefined
  /** Sent behind our key: our first packet vouches for it. */
  #ourGarbage = NO_BYTES
  /** What came behind theirs, and how much of it that is. */
  #garbage = { bytes: NO_BYTES, length: 0 }
  /** What their next packet has to vouch for. */
  #aad = NO_BYTES
  #session: Session | undefined
  /** Of the packet that is coming. */
  #length: number | undefined
  #v1: FrameReader | undefined
  /** Frames to be sent once it is known how. */
  #waiting: Uint8Array[] = []

  constructor(options: V2Options) {
    this.#options = options
    this.#stage = options.initiating ? 'key' : 'start'
  }

  /** Who dials says its key at once. */
  begin(): void {
    if (this.#options.initiating) this.#sayKey()
  }

  get type(): TransportType {
    if (this.#stage === 'packets') return 'v2'
    return this.#stage === 'v1' ? 'v1' : 'detecting'
  }

  /** Hex, the same at both ends; empty where nothing is encrypted. */
  get sessionId(): string {
    return this.#stage === 'packets' && this.#session ? toHex(this.#session.id) : ''
  }

  /** We dialled, and have heard nothing: whoever speaks v1 alone hangs up on a key. */
  get unanswered(): boolean {
    return this.#options.initiating && this.#stage === 'key' && this.#inflow.length === 0
  }

  /** Bytes on the wire of a message whose payload is so long. */
  sizeOf(command: string, payloadBytes: number): number | undefined {
    return this.#stage === 'v1' ? undefined : EXPANSION_BYTES + typeBytes(command) + payloadBytes
  }

  // Out

  /** `frame`: as v1 has it. */
  send(frame: Uint8Array): void {
    if (this.#stage === 'v1') this.#options.write(frame, false)
    else if (this.#session) this.#options.write(this.#seal(this.#session, frame), false)
    else this.#waiting.push(frame)
  }

  /** The bytes of a message to be sent now; undefined while that cannot be. */
  wire(frame: Uint8Array): Uint8Array | undefined {
    if (this.#stage === 'v1') return frame
    return this.#session && this.#seal(this.#session, frame)
  }

  #seal(session: Session, frame: Uint8Array): Uint8Array {
    const { command, payload } = partsOf(frame)
    const type = new Uint8Array(typeBytes(command))
    writeType(command, type)
    return session.seal([type, payload])
  }

  #flush(): void {
    for (const frame of this.#waiting.splice(0)) this.send(frame)
  }

  /** In one piece: what goes first over a slow link is to be a whole. */
  #sayKey(): void {
    const { crypto, write } = this.#options
    const ours = crypto.keyPair()
    this.#ours = ours
    this.#ourGarbage = garbageOf(crypto)
    write(joined([ours.publicKey, this.#ourGarbage]), true)
  }

  // In

  get pendingBytes(): number {
    return this.#inflow.length + (this.#v1?.pendingBytes ?? 0)
  }

  whole(chunk: Uint8Array): Frame | undefined {
    return this.#v1?.whole(chunk)
  }

  push(chunk: Uint8Array): void {
    if (this.#v1) this.#v1.push(chunk)
    else this.#inflow.push(chunk)
  }

  /** Throws ProtocolError where this is not the transport, or not with us. */
  next(): Frame | undefined {
    while (this.#advance());
    if (this.#v1) return this.#v1.next()
    if (this.#stage !== 'packets') return undefined
    const packet = this.#meantPacket()
    return packet && frameOf(packet)
  }

  /** One step of the handshake; false when it is over, or waits for bytes. */
  #advance(): boolean {
    switch (this.#stage) {
      case 'start':
        return this.#tellTransport()
      case 'key':
        return this.#takeKey()
      case 'garbage':
        return this.#takeGarbage()
      case 'version':
        // Its contents are for extensions that there are none of.
        if (!this.#meantPacket()) return false
        this.#stage = 'packets'
        return true
      default:
        return false
    }
  }

  /** Nothing is said before a byte came that v1 does not begin with (BIP324): what we are is not to be had for nothing. */
  #tellTransport(): boolean {
    const start = this.#inflow.peek(V1_PREFIX_BYTES)
    const { magic, newReader } = this.#options
    const ofV1 = start.every((byte, i) => byte === (i < MAGIC_BYTES ? magic[i] : VERSION[i - MAGIC_BYTES]))
    if (ofV1 && start.length < V1_PREFIX_BYTES) return false
    if (ofV1) {
      this.#stage = 'v1'
      this.#v1 = newReader()
      for (const chunk of this.#inflow.rest()) this.#v1.push(chunk)
      this.#flush()
      return true
    }
    this.#checkStranger(start)
    this.#stage = 'key'
    this.#sayKey()
    return true
  }

  /** Somebody who speaks v1 in another network. */
  #checkStranger(start: Uint8Array): void {
    const isVersion =
      start.length >= V1_PREFIX_BYTES && VERSION.every((byte, i) => byte === start[MAGIC_BYTES + i])
    if (isVersion) throw new ProtocolError('bad-magic', 'v1 of another network')
  }

  #takeKey(): boolean {
    const { crypto, magic, initiating } = this.#options
    const theirs = this.#inflow.take(KEY_BYTES)
    if (!initiating) this.#checkStranger(theirs ?? this.#inflow.gathered(V1_PREFIX_BYTES))
    const ours = this.#ours
    if (!theirs || !ours) return false
    const session = new Session({ crypto, magic, ours, theirs, initiating })
    this.#session = session
    this.#ours = undefined
    this.#stage = 'garbage'
    this.#garbage.bytes = new Uint8Array(MAX_GARBAGE_BYTES + TERMINATOR_BYTES)
    const version = session.seal([], this.#ourGarbage)
    this.#ourGarbage = NO_BYTES
    this.#options.write(joined([session.ourTerminator, version]), true)
    this.#flush()
    return true
  }

  #takeGarbage(): boolean {
    const garbage = this.#garbage
    const part = this.#inflow.some(garbage.bytes.length - garbage.length)
    if (part.length === 0) return false
    const from = garbage.length
    garbage.bytes.set(part, from)
    garbage.length += part.length
    const end = this.#endOfGarbage(from)
    if (end !== undefined) {
      this.#inflow.putBack(part.subarray(end - from))
      this.#aad = garbage.bytes.slice(0, end - TERMINATOR_BYTES)
      this.#garbage = { bytes: NO_BYTES, length: 0 }
      this.#stage = 'version'
    } else if (garbage.length === garbage.bytes.length)
      throw new ProtocolError('no-terminator', `none in ${garbage.length} bytes`)
    return true
  }

  /** Where the first terminator that is not all before `from` ends. */
  #endOfGarbage(from: number): number | undefined {
    const { bytes, length } = this.#garbage
    const terminator = this.#session?.theirTerminator ?? NO_BYTES
    for (let end = Math.max(from + 1, TERMINATOR_BYTES); end <= length; end++)
      if (terminator.every((byte, i) => byte === bytes[end - TERMINATOR_BYTES + i])) return end
    return undefined
  }

  /** The next packet that is no decoy. */
  #meantPacket(): Packet | undefined {
    for (let packet = this.#packet(); packet; packet = this.#packet()) if (!packet.ignored) return packet
    return undefined
  }

  /** No memory is taken for what a length says, but for what has come. */
  #packet(): Packet | undefined {
    const session = this.#session as Session
    if (this.#length === undefined) {
      const bytes = this.#inflow.take(LENGTH_BYTES)
      if (!bytes) return undefined
      const length = session.openLength(bytes)
      if (length > MAX_CONTENTS_BYTES)
        throw new ProtocolError('oversize', `a packet of ${length} bytes, at most ${MAX_CONTENTS_BYTES}`)
      this.#length = length
    }
    const sealed = this.#inflow.take(this.#length + SEALING_BYTES)
    if (!sealed) return undefined
    this.#length = undefined
    const packet = session.open(sealed, this.#aad)
    if (!packet) throw new ProtocolError('bad-tag', `a packet of ${sealed.length} bytes`)
    this.#aad = NO_BYTES
    return packet
  }
}

/** Without a type that can be read it is nobody's message. */
function frameOf({ contents }: Packet): Frame {
  const type = readType(contents)
  if (!type) return { command: '', payload: contents, damaged: 'command' }
  return { command: type.command, payload: contents.subarray(type.bytes), damaged: undefined }
}

/** As many bytes as there may be, or fewer, each number as likely. */
function garbageOf(crypto: V2Crypto): Uint8Array {
  const bytes = crypto.random(MAX_GARBAGE_BYTES + 2)
  const draw = ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0)
  return bytes.subarray(2, 2 + (draw % (MAX_GARBAGE_BYTES + 1)))
}
