// What of a content outlives its node's life: what it is, which pieces are verified and stored, what is to be done when it is complete.
// A piece is entered after its bytes were written: what is entered and not there after all is found when it is checked at the start.

import type { Store } from '../core/host.ts'
import { Bits } from './bits.ts'
import type { WhenComplete } from './options.ts'

/** Pieces a key: what changes with one piece is small, and what is read at the start is few. */
const GROUP = 512

export interface Kept {
  readonly name: string
  readonly trackers: readonly string[]
  /** In hex. */
  readonly hashes: { readonly v1?: string; readonly v2?: string }
  readonly whenComplete: WhenComplete
  /** It had all and took part no longer. */
  readonly left: boolean
}

const utf8 = { encode: new TextEncoder(), decode: new TextDecoder() }

export class Resume {
  readonly #store: Store
  readonly #keys: string

  constructor(store: Store, content: string) {
    this.#store = store
    this.#keys = `t/${content}/`
  }

  /** Contents that are kept. Only at the start. */
  static contents(store: Store): readonly string[] {
    const contents: string[] = []
    for (const [key] of store.scan('t/')) {
      const [, content = '', part] = key.split('/')
      if (part === 'what') contents.push(content)
    }
    return contents
  }

  read(): Kept | undefined {
    const what = this.#store.get(`${this.#keys}what`)
    return what && (JSON.parse(utf8.decode.decode(what)) as Kept)
  }

  write(kept: Kept): void {
    this.#store.commit([{ put: `${this.#keys}what`, value: utf8.encode.encode(JSON.stringify(kept)) }])
  }

  /** The info dictionary. */
  readInfo(): Uint8Array | undefined {
    return this.#store.get(`${this.#keys}info`)
  }

  writeInfo(info: Uint8Array): void {
    this.#store.commit([{ put: `${this.#keys}info`, value: info }])
  }

  /** Where peers listened. */
  readPeers(): readonly string[] {
    const peers = this.#store.get(`${this.#keys}peers`)
    return peers ? (JSON.parse(utf8.decode.decode(peers)) as readonly string[]) : []
  }

  writePeers(addresses: readonly string[]): void {
    this.#store.commit([{ put: `${this.#keys}peers`, value: utf8.encode.encode(JSON.stringify(addresses)) }])
  }

  /** The piece layer of a file of version 2, by the file's number; undefined: it was not known. */
  readLayer(file: number): Uint8Array | undefined {
    return this.#store.get(`${this.#keys}layer/${file}`)
  }

  writeLayer(file: number, layer: Uint8Array): void {
    this.#store.commit([{ put: `${this.#keys}layer/${file}`, value: layer }])
  }

  /** Pieces that were verified and stored, so far as the store says. */
  readHave(pieces: number): Bits {
    const have = new Bits(pieces)
    for (let group = 0; group * GROUP < pieces; group++) {
      const bytes = this.#store.get(this.#groupKey(group))
      if (!bytes) continue
      const most = Math.min(GROUP, pieces - group * GROUP)
      for (let at = 0; at < most; at++)
        if (((bytes[at >> 3] ?? 0) & (0x80 >> (at & 7))) !== 0) have.set(group * GROUP + at)
    }
    return have
  }

  /** The entry of this piece is as it is now. */
  enter(have: Bits, piece: number): void {
    this.#commitGroup(have, Math.floor(piece / GROUP))
  }

  enterAll(have: Bits): void {
    for (let group = 0; group * GROUP < have.length; group++) this.#commitGroup(have, group)
  }

  forget(pieces: number, files: number): void {
    const groups = Array.from({ length: Math.ceil(pieces / GROUP) }, (_, group) => this.#groupKey(group))
    const layers = Array.from({ length: files }, (_, file) => `${this.#keys}layer/${file}`)
    const keys = [`${this.#keys}what`, `${this.#keys}info`, `${this.#keys}peers`, ...groups, ...layers]
    this.#store.commit(keys.map(key => ({ del: key })))
  }

  #commitGroup(have: Bits, group: number): void {
    const value = have.bytes.slice((group * GROUP) / 8, ((group + 1) * GROUP) / 8)
    this.#store.commit([{ put: this.#groupKey(group), value }])
  }

  #groupKey(group: number): string {
    return `${this.#keys}has/${group}`
  }
}
