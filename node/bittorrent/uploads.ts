// Blocks for peers that ask: of pieces that are here, to those who are unchoked, in the order of their requests. No more is handed to the
// network than it takes in half a second, so that a choke, a cancel or a `have` need not wait behind what nobody wants any more.

import type { Cancel } from '../core/host.ts'
import type { Bits } from './bits.ts'
import type { BlockMemo } from './block-memo.ts'
import type { Company } from './company.ts'
import type { KeptContent } from './kept-content.ts'
import { BLOCK_BYTES } from './metainfo/metainfo.ts'
import type { Peer } from './peer.ts'
import { MAX_BLOCK_BYTES } from './wire/ids.ts'
import type { BlockRequest } from './wire/message.ts'

/** Requests of one peer that wait; told as `reqq`. Those beyond are rejected. */
export const MAX_QUEUED = 500
const WINDOW_BYTES = { least: 4 * BLOCK_BYTES, most: 1024 * 1024 } as const
const WINDOW_MS = 500
const LOOK_AGAIN_MS = { least: 2, most: 500 } as const

interface Queue {
  readonly requests: BlockRequest[]
  cancel: Cancel | undefined
  /** No block is sent to it before. */
  freeMs: number
  /** So much may wait in the network. */
  windowBytes: number
  /** When it began to wait for that to be less, and how much it was. */
  sinceMs: number
  sinceBytes: number
  /** How fast it went lately: of what was seen to go, not of what was sent, which would hold itself down. */
  drainBps: number
}

export interface UploadGround {
  readonly content: KeptContent
  readonly have: Bits
  readonly memo: BlockMemo | undefined
  /** A piece may be asked for by one who is choked (BEP 6). */
  isAllowedFast(peer: Peer, piece: number): boolean
  /** What is stored of it may be served. */
  clears(piece: number): boolean
  /** What should be stored is not. */
  damaged(piece: number): void
}

export class Uploads {
  readonly #company: Company
  readonly #ground: UploadGround
  readonly #queues = new Map<Peer, Queue>()
  /** Blocks sent in this life, by who got them. */
  readonly upTo = new Map<string, number>()
  upBytes = 0

  constructor(company: Company, ground: UploadGround) {
    this.#company = company
    this.#ground = ground
  }

  onRequest(peer: Peer, request: BlockRequest): void {
    const { content, have } = this.#ground
    const { piece, begin, length } = request
    const { layout } = content
    if (
      length < 1 ||
      length > MAX_BLOCK_BYTES ||
      begin + length > layout.pieceLength ||
      piece >= layout.pieces
    ) {
      this.#company.drop(peer, 'request out of range')
      return
    }
    const queue = this.#queueOf(peer)
    const serves = have.has(piece) && (!peer.choked || this.#ground.isAllowedFast(peer, piece))
    if (!serves || queue.requests.length >= MAX_QUEUED) this.#reject(peer, request)
    else {
      queue.requests.push(request)
      if (!queue.cancel) this.#pump(peer, queue)
    }
  }

  onCancel(peer: Peer, { piece, begin, length }: BlockRequest): void {
    const { requests = [] } = this.#queues.get(peer) ?? {}
    const at = requests.findIndex(
      each => each.piece === piece && each.begin === begin && each.length === length,
    )
    const [cancelled] = at < 0 ? [] : requests.splice(at, 1)
    if (cancelled) this.#reject(peer, cancelled)
  }

  /** It was choked: what it asked for is not served, but for what it may have all the same. */
  onChoked(peer: Peer): void {
    const queue = this.#queues.get(peer)
    if (!queue) return
    for (const request of queue.requests.splice(0))
      if (this.#ground.isAllowedFast(peer, request.piece)) queue.requests.push(request)
      else this.#reject(peer, request)
  }

  onGone(peer: Peer): void {
    this.#queues.get(peer)?.cancel?.()
    this.#queues.delete(peer)
  }

  stop(): void {
    for (const peer of [...this.#queues.keys()]) this.onGone(peer)
  }

  #queueOf(peer: Peer): Queue {
    let queue = this.#queues.get(peer)
    if (!queue) {
      const windowBytes = 4 * WINDOW_BYTES.least
      queue = {
        requests: [],
        cancel: undefined,
        freeMs: 0,
        windowBytes,
        sinceMs: 0,
        sinceBytes: 0,
        drainBps: 1e7,
      }
      this.#queues.set(peer, queue)
    }
    return queue
  }

  #pump(peer: Peer, queue: Queue): void {
    queue.cancel = undefined
    const { clock, conduct } = this.#company
    const nowMs = clock.now()
    while (queue.requests.length > 0 && !peer.closing) {
      const waiting = peer.backlogBytes
      if (nowMs < queue.freeMs || waiting >= queue.windowBytes) {
        this.#wait(peer, queue, waiting, nowMs)
        return
      }
      const request = queue.requests.shift() as BlockRequest
      this.#serve(peer, request)
      if (conduct.upBps < Number.POSITIVE_INFINITY)
        queue.freeMs = nowMs + (request.length * 1000) / conduct.upBps
    }
  }

  #wait(peer: Peer, queue: Queue, waiting: number, nowMs: number): void {
    const drained = (waiting - queue.windowBytes / 2) / queue.drainBps
    const ms = Math.max(queue.freeMs - nowMs, drained * 1000, LOOK_AGAIN_MS.least)
    queue.sinceMs = nowMs
    queue.sinceBytes = waiting
    queue.cancel = this.#company.clock.after(Math.min(ms, LOOK_AGAIN_MS.most), () => {
      measure(queue, peer.backlogBytes, this.#company.clock.now())
      this.#pump(peer, queue)
    })
  }

  #serve(peer: Peer, request: BlockRequest): void {
    const { content, have } = this.#ground
    const { piece, begin, length } = request
    const there = Math.min(length, Math.max(0, content.layout.dataBytes(piece) - begin))
    let block = have.has(piece) && this.#ground.clears(piece) ? content.read(piece, begin, there) : undefined
    if (!block) {
      if (have.has(piece)) this.#ground.damaged(piece)
      this.#reject(peer, request)
      return
    }
    if (there < length) {
      const padded = new Uint8Array(length)
      padded.set(block)
      block = padded
    }
    block = this.#company.conduct.served(request, block)
    if (this.#ground.memo) this.#company.sendFrame(peer, this.#ground.memo.frame(piece, begin, block))
    else this.#company.send(peer, { type: 'piece', piece, begin, block })
    peer.up.add(length, this.#company.clock.now())
    peer.upBytes += length
    this.upBytes += length
    this.upTo.set(peer.address, (this.upTo.get(peer.address) ?? 0) + length)
  }

  #reject(peer: Peer, { piece, begin, length }: BlockRequest): void {
    if (peer.fast) this.#company.send(peer, { type: 'reject', piece, begin, length })
  }
}

/** What went meanwhile tells how fast it goes; where nothing is left, faster than that. */
function measure(queue: Queue, waiting: number, nowMs: number): void {
  const ms = Math.max(1, nowMs - queue.sinceMs)
  const gone = queue.sinceBytes - waiting
  if (gone <= 0) return
  const isEmpty = waiting < queue.windowBytes / 8
  queue.drainBps = ((isEmpty ? 2 : 1) * gone * 1000) / ms
  const wanted = isEmpty ? 2 * queue.windowBytes : (queue.drainBps * WINDOW_MS) / 1000
  queue.windowBytes = Math.min(WINDOW_BYTES.most, Math.max(WINDOW_BYTES.least, wanted))
}
