// Keeps blocks secret around a core that knows nothing of it: what it sends of a hidden block waits here until the block is
// revealed. Frames of other things pass, so a peer that is kept in the dark sees an idle but honest neighbour.

import { fillOf } from '../bitcoin/backlog.ts'
import { encode, Reader } from '../bitcoin/wire/codec.ts'
import { encodeFrame, HEADER_BYTES, isFrameOf } from '../bitcoin/wire/framing.ts'
import type { HashHex } from '../bitcoin/wire/hex.ts'
import type { Address, Connections, Line, PeerId } from '../core/host.ts'
import { headerCodec } from '../ledger/chain/header.ts'
import type { Header } from '../ledger/chain/types.ts'
import { LEDGER_MESSAGES } from '../ledger/messages.ts'

interface Held {
  readonly line: Line
  readonly frame: Uint8Array
  readonly hashes: readonly HashHex[]
}

export class Veil implements Connections {
  readonly #inner: Connections
  readonly #magic: Uint8Array
  readonly #hidden = new Set<HashHex>()
  readonly #held = new Map<PeerId, Held[]>()
  #answering = false

  constructor(inner: Connections, magic: Uint8Array) {
    this.#inner = inner
    this.#magic = magic
  }

  /**
   * What is sent meanwhile answers a peer that asked for headers. It waits for that before it asks again, for minutes if need be,
   * and would not hear of what is revealed by then: where all is hidden, the answer is that there is none.
   */
  answering(task: () => void): void {
    this.#answering = true
    try {
      task()
    } finally {
      this.#answering = false
    }
  }

  /** From now on nobody hears of this block. */
  hide(hash: HashHex): void {
    this.#hidden.add(hash)
  }

  /** What waited for these blocks goes out now, in the order in which the core sent it. */
  reveal(hashes: Iterable<HashHex>): void {
    for (const hash of hashes) this.#hidden.delete(hash)
    for (const [peer, held] of this.#held) {
      const due = held.filter(each => !each.hashes.some(hash => this.#hidden.has(hash)))
      this.#keep(peer, held, due)
      for (const { line, frame } of due) line.send(frame)
    }
  }

  /** Nothing is hidden any more. */
  revealAll(): void {
    this.reveal([...this.#hidden])
  }

  /** These blocks are worth nothing any more: nobody will ever hear of them. */
  bury(hashes: Iterable<HashHex>): void {
    const buried = new Set(hashes)
    for (const [peer, held] of this.#held)
      this.#keep(
        peer,
        held,
        held.filter(each => each.hashes.some(hash => buried.has(hash))),
      )
    for (const hash of buried) this.#hidden.delete(hash)
  }

  dial(address: Address): void {
    this.#inner.dial(address)
  }

  /** A peer's line as its core is to have it: whether a frame tells of a block can be seen before it is sealed. */
  screen(peer: PeerId, line: Line): Line {
    return {
      reader: line.reader,
      get backlogBytes() {
        return line.backlogBytes
      },
      send: frame => this.#pass(peer, line, frame),
    }
  }

  send(peer: PeerId, bytes: Uint8Array): void {
    this.#inner.send(peer, bytes)
  }

  #pass(peer: PeerId, line: Line, frame: Uint8Array): void {
    const hashes = this.#hidden.size === 0 ? [] : blocksIn(frame)
    const first = hashes.findIndex(hash => this.#hidden.has(hash))
    if (first === -1) {
      line.send(frame)
      return
    }
    const [open, secret] = first > 0 || this.#answering ? this.#split(frame, first) : [undefined, frame]
    if (open) line.send(open)
    const held = this.#held.get(peer) ?? []
    held.push({ line, frame: secret, hashes: hashes.slice(first) })
    this.#held.set(peer, held)
  }

  pad(address: Address, frameFor: (peer: PeerId) => Uint8Array | undefined, times: number): void {
    this.#inner.pad(address, frameFor, times)
  }

  close(peer: PeerId): void {
    this.#held.delete(peer)
    this.#inner.close(peer)
  }

  identify(peer: PeerId, address: Address): void {
    this.#inner.identify(peer, address)
  }

  hold(peer: PeerId, on: boolean): void {
    this.#inner.hold?.(peer, on)
  }

  fill(peer: PeerId): number {
    return fillOf(this.#inner, peer)
  }

  backlogBytes(peer: PeerId): number {
    return this.#inner.backlogBytes(peer)
  }

  /** `headers` before and from the first hidden one: the chain up to there is public and may be told. */
  #split(frame: Uint8Array, first: number): [open: Uint8Array | undefined, secret: Uint8Array] {
    if (!isFrameOf(frame, 'headers')) return [undefined, frame]
    const headers = headersIn(frame)
    const part = (some: readonly Header[]) =>
      encodeFrame(this.#magic, 'headers', encode(LEDGER_MESSAGES.headers.codec, some))
    return [part(headers.slice(0, first)), part(headers.slice(first))]
  }

  #keep(peer: PeerId, held: readonly Held[], gone: readonly Held[]): void {
    const left = held.filter(each => !gone.includes(each))
    if (left.length > 0) this.#held.set(peer, left)
    else this.#held.delete(peer)
  }
}

/** The blocks that a frame tells of, in its order. */
function blocksIn(frame: Uint8Array): readonly HashHex[] {
  if (isFrameOf(frame, 'headers')) return headersIn(frame).map(({ hash }) => hash)
  if (isFrameOf(frame, 'cmpctblock') || isFrameOf(frame, 'block'))
    return [headerCodec.read(payloadOf(frame)).hash]
  if (isFrameOf(frame, 'inv'))
    return Array.from(LEDGER_MESSAGES.inv.codec.read(payloadOf(frame)), ({ hash }) => hash)
  return []
}

function headersIn(frame: Uint8Array): readonly Header[] {
  return LEDGER_MESSAGES.headers.codec.read(payloadOf(frame))
}

function payloadOf(frame: Uint8Array): Reader {
  return new Reader(frame.subarray(HEADER_BYTES))
}
