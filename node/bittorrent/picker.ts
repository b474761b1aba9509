// Which blocks are asked of whom next: what was begun first, so that whole pieces are had to give; then the rarest piece that the peer
// has, of equally rare ones any; the very first any at all, since rare ones come slowly; and when all that is missing is asked for, the
// same of a second peer (Cohen 2003, "Incentives build robustness in BitTorrent").

import type { Random } from '../core/host.ts'
import { Rarity } from './rarity.ts'

export interface PickerOptions {
  readonly pieces: number
  blocksOf(piece: number): number
  readonly random: Random
  readonly order: 'rarest' | 'sequential'
  /** Bitfield of what is there already. */
  readonly have: Uint8Array
}

export interface Pick {
  readonly piece: number
  readonly block: number
}

/** What a peer can be asked for. */
export interface Asking {
  /** Bitfield of what it has. */
  readonly bits: Uint8Array
  /** So many blocks at most. */
  readonly count: number
  /** So many of them, at the end, that others were asked for as well. */
  readonly again: number
  /** It suggested these; they come first among equally rare ones. */
  readonly suggested: ReadonlySet<number>
  /** Pieces that it can be asked for. Default: all. */
  readonly may?: ((piece: number) => boolean) | undefined
}

/** A piece that is begun. */
interface Begun {
  readonly piece: number
  /** Whom each block was asked of and has not come from; by far most often nobody or one. */
  readonly askers: (readonly number[])[]
  readonly here: boolean[]
  /** Blocks that are not here, and asked of nobody. */
  free: number
  /** All of it is to come from one peer, so that what is wrong with it is that peer's. */
  isAlone: boolean
  alone: number | undefined
}

const NOBODY: readonly number[] = []
/** At the end a block is asked of so many. */
const MOST_ASKERS = 2
/** Before so many pieces are here any is as good as another. */
const RANDOM_FIRST = 1

export class Picker {
  readonly #options: PickerOptions
  readonly #have: Uint8Array
  #held = 0
  /** What is neither here nor begun. */
  readonly #rarity: Rarity
  readonly #begun = new Map<number, Begun>()
  /** Those of them that have free blocks, the one begun first before the others. */
  readonly #unfinished = new Map<number, Begun>()

  constructor(options: PickerOptions) {
    const { pieces, random, have } = options
    this.#options = options
    this.#have = have.slice()
    this.#rarity = new Rarity(pieces)
    const order = Array.from({ length: pieces }, (_, piece) => piece)
    for (let i = pieces - 1; i > 0; i--) {
      const j = random.int(i + 1)
      ;[order[i], order[j]] = [order[j] as number, order[i] as number]
    }
    for (const piece of order)
      if (has(have, piece)) this.#held++
      else this.#rarity.list(piece)
  }

  peerJoined(bits: Uint8Array): void {
    for (let piece = 0; piece < this.#options.pieces; piece++) if (has(bits, piece)) this.#rarity.more(piece)
  }

  peerLeft(bits: Uint8Array): void {
    for (let piece = 0; piece < this.#options.pieces; piece++) if (has(bits, piece)) this.#rarity.fewer(piece)
  }

  peerHas(piece: number): void {
    this.#rarity.more(piece)
  }

  /** How many peers have it. */
  copies(piece: number): number {
    return this.#rarity.copies(piece)
  }

  /** It is here for good. */
  verified(piece: number): void {
    this.#begun.delete(piece)
    this.#unfinished.delete(piece)
    this.#rarity.unlist(piece)
    if (has(this.#have, piece)) return
    this.#have[piece >> 3] = (this.#have[piece >> 3] as number) | (0x80 >> (piece & 7))
    this.#held++
  }

  /** It was here, and is no more. */
  lost(piece: number): void {
    if (!has(this.#have, piece)) return
    this.#have[piece >> 3] = (this.#have[piece >> 3] as number) & ~(0x80 >> (piece & 7))
    this.#held--
    this.#rarity.list(piece)
  }

  /** These blocks were not what they should be; all of them where nobody can tell which. They are wanted again. */
  failed(piece: number, blocks?: readonly number[]): void {
    const begun = this.#begun.get(piece)
    if (!begun) return
    for (const block of blocks ?? begun.here.keys()) {
      if (!begun.here[block]) continue
      begun.here[block] = false
      this.#free(begun)
    }
  }

  /** All of it is wanted again, and of one peer alone. */
  failedAlone(piece: number): void {
    const begun = this.#begun.get(piece)
    if (!begun) return
    this.failed(piece)
    begun.isAlone = true
    begun.alone = undefined
  }

  /** Blocks to ask this peer for, noted as asked. */
  pick(peer: number, { bits, count, again, suggested, may }: Asking): Pick[] {
    const picked: Pick[] = []
    const fits = (piece: number) => has(bits, piece) && (!may || may(piece))
    this.#takeUnique(peer, fits, suggested, count, picked)
    for (const begun of this.#unfinished.values()) {
      if (picked.length >= count) return picked
      if (fits(begun.piece)) this.#take(peer, begun, count, picked)
    }
    while (picked.length < count) {
      const piece = this.#next(fits, suggested)
      if (piece === undefined) break
      this.#take(peer, this.#begin(piece), count, picked)
    }
    if (picked.length === 0 && again > 0 && this.#isEnd)
      this.#takeAgain(peer, fits, Math.min(again, count), picked)
    return picked
  }

  /** What this peer alone has goes before what others could give as well: its line is what everybody waits for. */
  #takeUnique(
    peer: number,
    fits: (piece: number) => boolean,
    suggested: ReadonlySet<number>,
    count: number,
    picked: Pick[],
  ): void {
    const rarity = this.#rarity
    for (const begun of this.#unfinished.values())
      if (picked.length < count && rarity.copies(begun.piece) === 1 && fits(begun.piece))
        this.#take(peer, begun, count, picked)
    for (const piece of suggested)
      if (picked.length < count && rarity.isListed(piece) && rarity.copies(piece) === 1 && fits(piece))
        this.#take(peer, this.#begin(piece), count, picked)
    if (this.#options.order === 'sequential' || this.#held < RANDOM_FIRST) return
    while (picked.length < count) {
      const piece = this.#anyBetween(rarity.begin(1), rarity.end(1), fits)
      if (piece === undefined) return
      this.#take(peer, this.#begin(piece), count, picked)
    }
  }

  /** The peer does not send it: it chokes, refuses, lets it lie, or is gone. */
  released(peer: number, piece: number, block: number): void {
    const begun = this.#begun.get(piece)
    const askers = begun?.askers[block]
    if (!begun || !askers?.includes(peer)) return
    begun.askers[block] = askers.length === 1 ? NOBODY : askers.filter(each => each !== peer)
    if (askers.length === 1 && !begun.here[block]) this.#free(begun)
  }

  /** It is here, from this peer. Gives the others who were asked for it. */
  received(peer: number, piece: number, block: number): readonly number[] {
    const begun = this.#begun.get(piece) ?? this.#begin(piece)
    const askers = begun.askers[block] as readonly number[]
    begun.askers[block] = NOBODY
    if (!begun.here[block]) {
      begun.here[block] = true
      if (askers.length === 0) this.#less(begun)
    }
    return askers.filter(each => each !== peer)
  }

  /** All that is missing, and that somebody has, is asked for. */
  get #isEnd(): boolean {
    if (this.#rarity.available > 0) return false
    for (const { piece } of this.#unfinished.values()) if (this.#rarity.copies(piece) > 0) return false
    return true
  }

  #begin(piece: number): Begun {
    const blocks = this.#options.blocksOf(piece)
    const begun: Begun = {
      piece,
      askers: new Array(blocks).fill(NOBODY),
      here: new Array(blocks).fill(false),
      free: blocks,
      ...{ isAlone: false, alone: undefined },
    }
    this.#rarity.unlist(piece)
    this.#begun.set(piece, begun)
    this.#unfinished.set(piece, begun)
    return begun
  }

  #take(peer: number, begun: Begun, count: number, picked: Pick[]): void {
    if (begun.isAlone && begun.alone !== peer && isAskedFor(begun)) return
    for (let block = 0; begun.free > 0 && picked.length < count && block < begun.here.length; block++) {
      if (begun.here[block] || (begun.askers[block] as readonly number[]).length > 0) continue
      if (begun.isAlone) begun.alone = peer
      begun.askers[block] = [peer]
      picked.push({ piece: begun.piece, block })
      this.#less(begun)
    }
  }

  /** What others were asked for as well. */
  #takeAgain(peer: number, fits: (piece: number) => boolean, count: number, picked: Pick[]): void {
    for (const { piece, askers, here, isAlone } of this.#begun.values()) {
      if (isAlone || !fits(piece)) continue
      for (let block = 0; block < here.length && picked.length < count; block++) {
        const asked = askers[block] as readonly number[]
        if (here[block] || asked.length === 0 || asked.length >= MOST_ASKERS || asked.includes(peer)) continue
        askers[block] = [...asked, peer]
        picked.push({ piece, block })
      }
    }
  }

  /** A piece to begin. */
  #next(fits: (piece: number) => boolean, suggested: ReadonlySet<number>): number | undefined {
    const rarity = this.#rarity
    if (this.#options.order === 'sequential') return this.#lowest(fits)
    const better: number[] = []
    for (const piece of suggested) if (rarity.isListed(piece) && fits(piece)) better.push(piece)
    if (this.#held < RANDOM_FIRST) return better[0] ?? this.#anyBetween(rarity.begin(1), rarity.count, fits)
    for (let copies = 1; copies < rarity.classes; copies++) {
      const piece =
        better.find(each => rarity.copies(each) === copies) ??
        this.#anyBetween(rarity.begin(copies), rarity.end(copies), fits)
      if (piece !== undefined) return piece
    }
    return undefined
  }

  /** One that fits of those at these places, the first behind a random one. */
  #anyBetween(begin: number, end: number, fits: (piece: number) => boolean): number | undefined {
    const size = end - begin
    if (size <= 0) return undefined
    const from = this.#options.random.int(size)
    for (let i = 0; i < size; i++) {
      const piece = this.#rarity.at(begin + ((from + i) % size))
      if (fits(piece)) return piece
    }
    return undefined
  }

  #lowest(fits: (piece: number) => boolean): number | undefined {
    for (let piece = 0; piece < this.#options.pieces; piece++)
      if (this.#rarity.isListed(piece) && fits(piece)) return piece
    return undefined
  }

  #free(begun: Begun): void {
    begun.free++
    this.#unfinished.set(begun.piece, begun)
  }

  #less(begun: Begun): void {
    begun.free--
    if (begun.free === 0) this.#unfinished.delete(begun.piece)
  }
}

/** The one peer that it is to come from still owes some of it. */
function isAskedFor({ askers, alone }: Begun): boolean {
  return alone !== undefined && askers.some(each => each.includes(alone))
}

function has(bits: Uint8Array, piece: number): boolean {
  return ((bits[piece >> 3] as number) & (0x80 >> (piece & 7))) !== 0
}
