// Bitcoin's v1 framing: 24 bytes of header (magic, command, length, checksum) and a payload.
// The reader takes any chunking, checks every limit before it keeps a byte, and copies only what a chunk border splits.

import { ProtocolError, type ProtocolErrorCode } from '../../errors.ts'
import { hasher } from '../../hash.ts'
import type { Frame, FrameSource } from './frame.ts'
import { Inflow } from './inflow.ts'

export const HEADER_BYTES = 24
/** Core's MAX_PROTOCOL_MESSAGE_LENGTH; the limit of commands that no table names. */
export const MAX_PAYLOAD_BYTES = 4_000_000

/** Bytes that no frame begins with, and what is said of them: Core hangs up on their sender, and has no grudge against it. */
export const NO_FRAME: ReadonlyMap<ProtocolErrorCode, string> = new Map([
  ['bad-magic', 'wrong magic'],
  ['oversize', 'message too long'],
  ['no-terminator', 'missing garbage terminator'],
  ['bad-tag', 'packet decryption failure'],
])

export const MAGIC_BYTES = 4
export const COMMAND_BYTES = 12
const LENGTH_OFFSET = 16
const CHECKSUM_OFFSET = 20

/** A message as it goes over the wire. `command`: at most 12 printable ASCII characters. */
export function encodeFrame(magic: Uint8Array, command: string, payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(HEADER_BYTES + payload.length)
  frame.set(magic)
  for (let i = 0; i < command.length; i++) frame[MAGIC_BYTES + i] = command.charCodeAt(i)
  const view = new DataView(frame.buffer)
  view.setUint32(LENGTH_OFFSET, payload.length, true)
  view.setUint32(CHECKSUM_OFFSET, checksum(payload), true)
  frame.set(payload, HEADER_BYTES)
  return frame
}

/** What a reader would make of these bytes of `encodeFrame`. */
export function frameOf(command: string, bytes: Uint8Array): Frame {
  return { command, payload: bytes.subarray(HEADER_BYTES), damaged: undefined }
}

/** Is this whole frame a message of that command? */
export function isFrameOf(frame: Uint8Array, command: string): boolean {
  for (let i = 0; i < command.length; i++) if (frame[MAGIC_BYTES + i] !== command.charCodeAt(i)) return false
  return command.length === COMMAND_BYTES || frame[MAGIC_BYTES + command.length] === 0
}

/** What a whole frame says, in its parts: views of it. */
export function partsOf(frame: Uint8Array): { readonly command: string; readonly payload: Uint8Array } {
  const { command } = readCommand(frame.subarray(MAGIC_BYTES, MAGIC_BYTES + COMMAND_BYTES))
  return { command, payload: frame.subarray(HEADER_BYTES) }
}

/** What a frame's header says of its payload's length, in bytes. */
export function payloadLength(header: Uint8Array): number {
  return new DataView(header.buffer, header.byteOffset).getUint32(MAGIC_BYTES + COMMAND_BYTES, true)
}

interface Header {
  readonly command: string
  readonly valid: boolean
  readonly length: number
  readonly checksum: number
}

/** Frames by the chunk that holds each of them whole. */
export interface KnownFrames {
  get(chunk: Uint8Array): Frame | undefined
  put(chunk: Uint8Array, frame: Frame): void
}

/** Turns one connection's bytes into frames. After a throw the stream is lost: the connection must be closed. */
export class FrameReader implements FrameSource {
  readonly #magic: Uint8Array
  readonly #limitOf: (command: string) => number
  readonly #known: KnownFrames | undefined
  readonly #inflow = new Inflow()
  #header: Header | undefined

  /** `limitOf`: the greatest payload of a command in bytes. `known`: what others have read already, of this magic. */
  constructor(magic: Uint8Array, limitOf: (command: string) => number, known?: KnownFrames) {
    this.#magic = magic
    this.#limitOf = limitOf
    this.#known = known
  }

  get pendingBytes(): number {
    return this.#inflow.length
  }

  whole(chunk: Uint8Array): Frame | undefined {
    return this.#header || this.#inflow.length > 0 ? undefined : this.#known?.get(chunk)
  }

  push(chunk: Uint8Array): void {
    this.#inflow.push(chunk)
  }

  /** Throws ProtocolError `bad-magic` or `oversize`. */
  next(): Frame | undefined {
    return this.#known ? this.#nextKnown(this.#known) : this.#nextFrame()
  }

  #nextFrame(): Frame | undefined {
    this.#header ??= this.#readHeader()
    if (!this.#header) return undefined
    const payload = this.#inflow.take(this.#header.length)
    if (!payload) return undefined
    const { command, valid, checksum: announced } = this.#header
    this.#header = undefined
    const damaged = !valid ? 'command' : checksum(payload) !== announced ? 'checksum' : undefined
    return { command, payload, damaged }
  }

  /** As `#nextFrame`; a frame that is a chunk of its own is read once, by whoever has it first. */
  #nextKnown(known: KnownFrames): Frame | undefined {
    const inflow = this.#inflow
    if (!this.#header && inflow.length === 0) return undefined
    const chunk = this.#header ? undefined : inflow.first
    if (!chunk) return this.#nextFrame()
    const before = known.get(chunk)
    if (before) {
      inflow.some(chunk.length)
      return before
    }
    const left = inflow.chunks
    const frame = this.#nextFrame()
    const whole = frame !== undefined && HEADER_BYTES + frame.payload.length === chunk.length
    if (whole && inflow.chunks === left - 1) known.put(chunk, frame)
    return frame
  }

  /** All frames that `chunk` completes. */
  *frames(chunk: Uint8Array): Generator<Frame> {
    this.push(chunk)
    for (let frame = this.next(); frame; frame = this.next()) yield frame
  }

  #readHeader(): Header | undefined {
    const bytes = this.#inflow.take(HEADER_BYTES)
    // A stranger is told by its first bytes, whether or not 24 of them ever come.
    this.#checkMagic(bytes ?? this.#inflow.gathered(MAGIC_BYTES))
    if (!bytes) return undefined
    const view = new DataView(bytes.buffer, bytes.byteOffset)
    const length = view.getUint32(LENGTH_OFFSET, true)
    const { command, valid } = readCommand(bytes.subarray(MAGIC_BYTES, MAGIC_BYTES + COMMAND_BYTES))
    const limit = valid ? this.#limitOf(command) : MAX_PAYLOAD_BYTES
    if (length > limit) throw new ProtocolError('oversize', `${command} of ${length} bytes, at most ${limit}`)
    return { command, valid, length, checksum: view.getUint32(CHECKSUM_OFFSET, true) }
  }

  #checkMagic(start: Uint8Array): void {
    const count = Math.min(MAGIC_BYTES, start.length)
    for (let i = 0; i < count; i++)
      if (start[i] !== this.#magic[i]) throw new ProtocolError('bad-magic', 'another network or protocol')
  }
}

/** Printable ASCII, then zeros to the end (Core's CMessageHeader::IsMessageTypeValid). */
export function readCommand(field: Uint8Array): { command: string; valid: boolean } {
  let end = field.indexOf(0)
  if (end < 0) end = field.length
  let command = ''
  let valid = true
  for (const [i, byte] of field.entries()) {
    if (i >= end) valid &&= byte === 0
    else if (byte < 0x20 || byte > 0x7e) valid = false
    else command += String.fromCharCode(byte)
  }
  return { command, valid }
}

/** The first four bytes of the payload's hash, as one word. */
function checksum(payload: Uint8Array): number {
  const hash = hasher.sha256d(payload)
  return new DataView(hash.buffer, hash.byteOffset).getUint32(0, true)
}
