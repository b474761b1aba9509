// The info dictionary from peers (BEP 9): pieces of 16 KiB, asked of several of them, and put together when all are there. What does not
// hash to what it should was spoilt by one of those who gave it: it is then asked of one alone, which cannot blame another.

import type { Clock } from '../core/host.ts'
import type { Company } from './company.ts'
import type { Peer } from './peer.ts'
import { decodeMetadataMessage, encodeMetadataMessage } from './wire/ut-metadata.ts'

export const METADATA_PIECE_BYTES = 16_384
/** A larger one is not asked for, and would not be one of ours. */
export const MAX_METADATA_BYTES = 8 * 1024 * 1024
/** Asked of one peer at a time. */
const AT_ONCE = 2
/** Of one peer in so long; one that asks for more is refused. */
const SERVED_AT_MOST = 4
export const UT_METADATA = 'ut_metadata'

interface Part {
  bytes: Uint8Array | undefined
  from: Peer | undefined
  askedMs: number
}

/** One size that peers claim, and what came of it. */
interface Attempt {
  readonly bytes: number
  readonly parts: Part[]
  /** Asked of this one alone. */
  only: Peer | undefined
}

export interface MetadataGoal {
  /** The bytes are the info that was looked for. */
  isInfo(bytes: Uint8Array): boolean
  /** It was found, and checked. */
  found(info: Uint8Array): void
}

export class Metadata {
  readonly #company: Company
  readonly #goal: MetadataGoal
  #info: Uint8Array | undefined
  #attempt: Attempt | undefined
  /** Parts of attempts that failed, with those who gave them. */
  #doubtful: { readonly bytes: Uint8Array; readonly part: number; readonly from: Peer }[] = []
  /** Who refused, and until when it is not asked. */
  readonly #refusedUntil = new Map<Peer, number>()
  /** Who is done with: it spoilt one alone. */
  #alone = false

  constructor(company: Company, goal: MetadataGoal, info?: Uint8Array) {
    this.#company = company
    this.#goal = goal
    this.#info = info
  }

  get known(): boolean {
    return this.#info !== undefined
  }

  /** It told its extensions: it may have the info, or be to be told that it can be had here. */
  onPeer(): void {
    if (!this.#info) this.#ask()
  }

  onGone(peer: Peer): void {
    this.#refusedUntil.delete(peer)
    const attempt = this.#attempt
    if (!attempt) return
    if (attempt.only === peer) this.#attempt = undefined
    else for (const part of attempt.parts) if (part.from === peer && !part.bytes) part.from = undefined
    this.#ask()
  }

  onMessage(peer: Peer, payload: Uint8Array): void {
    const message = decodeMetadataMessage(payload)
    if (!message) return
    if (message.type === 'request') this.#serve(peer, message.piece)
    else if (message.type === 'data') this.#onData(peer, message.piece, message.totalBytes, message.bytes)
    else this.#onReject(peer, message.piece)
  }

  /** Asks others where somebody lets it wait. */
  tick(nowMs: number): void {
    const attempt = this.#attempt
    if (this.#info) return
    for (const part of attempt?.parts ?? [])
      if (part.from && !part.bytes && nowMs - part.askedMs > this.#company.patience.answerMs) {
        this.#refusedUntil.set(part.from, nowMs + 2 * this.#company.patience.answerMs)
        if (attempt?.only === part.from) attempt.only = undefined
        part.from = undefined
      }
    this.#ask()
  }

  #serve(peer: Peer, piece: number): void {
    const info = this.#info
    const begin = piece * METADATA_PIECE_BYTES
    const tooMuch = peer.backlogBytes > SERVED_AT_MOST * METADATA_PIECE_BYTES * 16
    if (!info || begin >= info.length || tooMuch) {
      this.#company.extend(peer, UT_METADATA, encodeMetadataMessage({ type: 'reject', piece }))
      return
    }
    const bytes = info.subarray(begin, begin + METADATA_PIECE_BYTES)
    const message = { type: 'data' as const, piece, totalBytes: info.length, bytes }
    this.#company.extend(peer, UT_METADATA, encodeMetadataMessage(message))
  }

  #ask(): void {
    if (this.#info) return
    const nowMs = this.#now
    for (const peer of this.#company.peers.values()) {
      const { metadataBytes: bytes = 0 } = peer
      const asks = bytes > 0 && bytes <= MAX_METADATA_BYTES && peer.extension(UT_METADATA) !== undefined
      if (!asks || (this.#refusedUntil.get(peer) ?? 0) > nowMs) continue
      this.#attempt ??= newAttempt(bytes, this.#alone ? peer : undefined)
      if (this.#alone) this.#attempt.only ??= peer
      if (this.#attempt.bytes === bytes && (this.#attempt.only ?? peer) === peer)
        this.#askOf(peer, this.#attempt)
    }
    this.#dropIdle()
  }

  /** The attempt's size is one that nobody claims any more, or that nobody gives. */
  #dropIdle(): void {
    const attempt = this.#attempt
    if (!attempt || attempt.parts.some(({ from, bytes }) => from && !bytes)) return
    this.#attempt = undefined
  }

  #askOf(peer: Peer, { parts }: Attempt): void {
    let out = 0
    for (const { from, bytes } of parts) if (from === peer && !bytes) out++
    for (let piece = 0; piece < parts.length && out < AT_ONCE; piece++) {
      const part = parts[piece] as Part
      if (part.from) continue
      part.from = peer
      part.askedMs = this.#now
      out++
      this.#company.extend(peer, UT_METADATA, encodeMetadataMessage({ type: 'request', piece }))
    }
  }

  #onReject(peer: Peer, piece: number): void {
    const part = this.#attempt?.parts[piece]
    if (!part || part.from !== peer || part.bytes) return
    part.from = undefined
    if (this.#attempt?.only === peer) this.#attempt.only = undefined
    this.#refusedUntil.set(peer, this.#now + this.#company.patience.answerMs)
    this.#ask()
  }

  #onData(peer: Peer, piece: number, totalBytes: number, bytes: Uint8Array): void {
    const attempt = this.#attempt
    const part = attempt?.parts[piece]
    if (!attempt || !part || part.from !== peer || part.bytes) return
    const wanted = Math.min(METADATA_PIECE_BYTES, attempt.bytes - piece * METADATA_PIECE_BYTES)
    if (totalBytes !== attempt.bytes || bytes.length !== wanted) {
      this.#company.drop(peer, 'metadata of another size than it said')
      return
    }
    part.bytes = bytes.slice()
    if (attempt.parts.every(each => each.bytes)) this.#assemble(attempt)
    else this.#ask()
  }

  #assemble({ bytes, parts }: Attempt): void {
    const whole = new Uint8Array(bytes)
    parts.forEach((part, index) => {
      whole.set(part.bytes as Uint8Array, index * METADATA_PIECE_BYTES)
    })
    this.#attempt = undefined
    if (this.#goal.isInfo(whole)) this.#found(whole)
    else this.#spoilt(parts)
  }

  #found(info: Uint8Array): void {
    this.#info = info
    for (const { bytes, part, from } of this.#doubtful) {
      const right = info.subarray(part * METADATA_PIECE_BYTES, (part + 1) * METADATA_PIECE_BYTES)
      if (!sameBytes(right, bytes)) this.#company.ban(from, 'info')
    }
    this.#doubtful = []
    this.#refusedUntil.clear()
    this.#goal.found(info)
  }

  #spoilt(parts: readonly Part[]): void {
    const givers = new Set(parts.map(({ from }) => from as Peer))
    this.#alone = true
    if (givers.size > 1)
      parts.forEach(({ bytes, from }, part) => {
        this.#doubtful.push({ bytes: bytes as Uint8Array, part, from: from as Peer })
      })
    else for (const liar of givers) this.#company.ban(liar, 'info')
    this.#ask()
  }

  get #now(): number {
    return (this.#company.clock satisfies Clock).now()
  }
}

function newAttempt(bytes: number, only: Peer | undefined): Attempt {
  const count = Math.ceil(bytes / METADATA_PIECE_BYTES)
  const parts = Array.from({ length: count }, () => ({ bytes: undefined, from: undefined, askedMs: 0 }))
  return { bytes, parts, only }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at])
}
