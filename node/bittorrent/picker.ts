// Stand-in: which blocks are asked for next.

import type { Random } from '../core/host.ts'

interface Open {
  /** Peers asked for each block. */
  readonly askers: (number[] | undefined)[]
  readonly here: boolean[]
  alone: number | undefined
  isAlone: boolean
}

export class Picker {
  readonly #pieces: number
  readonly #blocksOf: (piece: number) => number
  readonly #have: Uint8Array
  readonly #open = new Map<number, Open>()
  readonly #copies: Uint32Array
  readonly #order: readonly number[]

  constructor(o: { pieces: number; blocksOf(piece: number): number; random: Random; order: 'rarest' | 'sequential'; have: Uint8Array }) {
    this.#pieces = o.pieces
    this.#blocksOf = o.blocksOf
    this.#have = o.have.slice()
    this.#copies = new Uint32Array(o.pieces)
    const order = Array.from({ length: o.pieces }, (_, i) => i)
    for (let i = order.length - 1; i > 0; i--) {
      const j = o.random.int(i + 1)
      ;[order[i], order[j]] = [order[j] as number, order[i] as number]
    }
    this.#order = order
  }

  peerJoined(bits: Uint8Array): void {
    for (let p = 0; p < this.#pieces; p++) if (has(bits, p)) this.#copies[p]!++
  }

  peerLeft(bits: Uint8Array): void {
    for (let p = 0; p < this.#pieces; p++) if (has(bits, p)) this.#copies[p]!--
  }

  peerHas(piece: number): void {
    this.#copies[piece]!++
  }

  verified(piece: number): void {
    this.#open.delete(piece)
    this.#have[piece >> 3]! |= 0x80 >> (piece & 7)
  }

  lost(piece: number): void {
    this.#have[piece >> 3]! &= ~(0x80 >> (piece & 7))
  }

  failed(piece: number, blocks?: readonly number[]): void {
    const open = this.#open.get(piece)
    if (!open) return
    for (const b of blocks ?? open.here.keys()) open.here[b] = false
  }

  failedAlone(piece: number): void {
    this.failed(piece)
    const open = this.#open.get(piece)
    if (open) open.isAlone = true
  }

  pick(peer: number, bits: Uint8Array, count: number, may?: (piece: number) => boolean): { piece: number; block: number }[] {
    const picked: { piece: number; block: number }[] = []
    const take = (piece: number, again: boolean) => {
      const open = this.#of(piece)
      if (open.isAlone && open.alone !== undefined && open.alone !== peer) return
      for (let block = 0; block < open.here.length && picked.length < count; block++) {
        const askers = open.askers[block]
        if (open.here[block] || (askers && askers.length > 0 && (!again || askers.includes(peer) || open.isAlone))) continue
        if (open.isAlone) open.alone = peer
        open.askers[block] = [...(askers ?? []), peer]
        picked.push({ piece, block })
      }
    }
    const ok = (piece: number) => has(bits, piece) && !has(this.#have, piece) && (!may || may(piece))
    for (const piece of this.#open.keys()) if (picked.length < count && ok(piece)) take(piece, false)
    if (picked.length < count) {
      const fresh = this.#order.filter(piece => !this.#open.has(piece) && ok(piece))
      fresh.sort((a, b) => this.#copies[a]! - this.#copies[b]!)
      for (const piece of fresh) if (picked.length < count) take(piece, false)
      if (picked.length === 0) for (const piece of this.#open.keys()) if (picked.length < count && ok(piece)) take(piece, true)
    }
    return picked
  }

  released(peer: number, piece: number, block: number): void {
    const open = this.#open.get(piece)
    if (!open) return
    open.askers[block] = open.askers[block]?.filter(each => each !== peer)
    if (open.alone === peer && !open.askers.some(each => each?.includes(peer))) open.alone = undefined
  }

  received(peer: number, piece: number, block: number): number[] {
    const open = this.#of(piece)
    open.here[block] = true
    const others = (open.askers[block] ?? []).filter(each => each !== peer)
    open.askers[block] = []
    return others
  }

  #of(piece: number): Open {
    let open = this.#open.get(piece)
    const blocks = this.#blocksOf(piece)
    if (!open) this.#open.set(piece, (open = { askers: new Array(blocks).fill(undefined), here: new Array(blocks).fill(false), alone: undefined, isAlone: false }))
    return open
  }
}

function has(bits: Uint8Array, piece: number): boolean {
  return (bits[piece >> 3]! & (0x80 >> (piece & 7))) !== 0
}
