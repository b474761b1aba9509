// A seed made by hand on a swarm's network: it says that it has everything, and gives what a test wants.

import type { Address, PeerId } from '../../node/core/host.ts'
import type { Swarm } from './swarm.ts'
import { concat, greeting } from './torrent-fuzz.ts'

const HAVE_ALL = Uint8Array.of(0, 0, 0, 1, 14)
const UNCHOKE = Uint8Array.of(0, 0, 0, 1, 1)
const HANDSHAKE_BYTES = 68
const [REQUEST, PIECE, EXTENDED] = [6, 7, 20]

export interface RawSeed {
  readonly infoHash: Uint8Array
  /** What it gives for a request. */
  block(piece: number, begin: number, length: number): Uint8Array
  /** Where it says that it listens, if it does. */
  readonly port?: number
}

/** It takes connections at `address`, and may dial. `served`: blocks so far. */
export function attachRawSeed(swarm: Swarm, address: Address, seed: RawSeed) {
  const served = { blocks: 0, closed: false }
  const reads = new Map<PeerId, FrameReader>()
  const connections = swarm.network.attach(address, {
    onConnected: peer => {
      reads.set(peer, new FrameReader())
      const hello = new TextEncoder().encode(seed.port === undefined ? 'd1:mdee' : `d1:mde1:pi${seed.port}ee`)
      const extended = concat(Uint8Array.of(0, 0, 0, hello.length + 2, EXTENDED, 0), hello)
      for (const frame of [
        greeting(seed.infoHash, Buffer.alloc(20, `seed ${address}`)),
        extended,
        HAVE_ALL,
        UNCHOKE,
      ])
        connections.send(peer, frame)
    },
    onDialFailed: () => {},
    onClosed: () => {
      served.closed = true
    },
    onData: (peer, bytes) => {
      for (const frame of reads.get(peer)?.push(bytes) ?? []) if (frame[0] === REQUEST) give(peer, frame)
    },
  })
  const give = (peer: PeerId, request: Buffer) => {
    const block = seed.block(request.readUInt32BE(1), request.readUInt32BE(5), request.readUInt32BE(9))
    const head = Buffer.alloc(5, PIECE)
    head.writeUInt32BE(9 + block.length)
    served.blocks++
    connections.send(peer, concat(head, request.subarray(1, 9), block))
  }
  return { served, dial: (to: Address) => connections.dial(to) }
}

/** What comes behind a handshake, frame by frame. */
class FrameReader {
  #rest = Buffer.alloc(0)
  #greeted = false

  push(bytes: Uint8Array): readonly Buffer[] {
    this.#rest = Buffer.concat([this.#rest, bytes])
    if (!this.#greeted && this.#rest.length >= HANDSHAKE_BYTES) {
      this.#greeted = true
      this.#rest = this.#rest.subarray(HANDSHAKE_BYTES)
    }
    const frames: Buffer[] = []
    while (this.#greeted && this.#rest.length >= 4 && this.#rest.length >= 4 + this.#rest.readUInt32BE()) {
      const end = 4 + this.#rest.readUInt32BE()
      frames.push(this.#rest.subarray(4, end))
      this.#rest = this.#rest.subarray(end)
    }
    return frames
  }
}
