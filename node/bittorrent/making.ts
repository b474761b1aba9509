// A torrent made here: its bytes are generated or read, hashed, and written where content lies; from then on it is seeded. The name of
// the folder is a hash of it all, so the bytes are gone through twice; with pauses, for a large one must not hold up its node.

import type { Respond } from '../core/service.ts'
import { RPC, RpcError } from '../core/service.ts'
import { Bits } from './bits.ts'
import { Hashing } from './content-hashing.ts'
import type { ContentSource, MakingFile, MakingOrder } from './content-source.ts'
import type { PeerFace } from './face.ts'
import { GeneratedFile } from './generated.ts'
import { toHex } from './hex.ts'
import { MetainfoError } from './metainfo/error.ts'
import { makeInfo } from './metainfo/make.ts'
import { BLOCK_BYTES, type Metainfo } from './metainfo/metainfo.ts'
import { MAX_PIECE_LENGTH, parseInfo } from './metainfo/parse.ts'
import type { Torrent } from './torrent.ts'

/** Between two pauses. */
const SLICE_BYTES = 4 * 1024 * 1024
const MAX_FILES = 100_000
const MAX_PIECES = 4_000_000

export class Making {
  readonly #service: PeerFace
  readonly #order: MakingOrder
  readonly #respond: Respond
  readonly #done: (torrent: Torrent) => unknown
  readonly #source: ContentSource
  readonly #hashing: Hashing
  #file = 0
  #offset = 0

  /** Throws RpcError where that cannot be a torrent. `done`: what is answered. */
  constructor(service: PeerFace, order: MakingOrder, respond: Respond, done: (torrent: Torrent) => unknown) {
    this.#service = service
    this.#order = order
    this.#respond = respond
    this.#done = done
    checkOrder(service, order)
    this.#source = sorted(order.generate ? generated(order.generate) : opened(service, order.from ?? ''))
    checkFiles(this.#source.files, order)
    this.#hashing = new Hashing(this.#source.files, order, service.world.digests)
  }

  start(): void {
    this.#later(() => this.#hash())
  }

  #hash(): void {
    this.#walk(
      (file, _offset, bytes) => {
        this.#hashing.add(file, bytes)
        return undefined
      },
      () => this.#hashed(),
    )
  }

  #hashed(): void {
    const { name, pieceLength, version } = this.#order
    const { roots, pieceHashesV1 } = this.#hashing.finish()
    const files = this.#source.files.map((file, index) => ({ ...file, root: roots[index] }))
    const info = makeInfo({ name, pieceLength, version, files, pieceHashesV1 })
    const meta = this.#read(info)
    if (!meta) return
    const content = toHex(meta.infoHashV2 ?? (meta.infoHashV1 as Uint8Array))
    const known = this.#service.torrents.get(content)
    if (known) this.#respond({ result: this.#done(known) })
    else this.#write(meta, content)
  }

  /** As everybody will read it. Undefined: nobody could, and that was answered. */
  #read(info: Uint8Array): Metainfo | undefined {
    try {
      return parseInfo(info, [], this.#service.world.digests)
    } catch (error) {
      if (!(error instanceof MetainfoError)) throw error
      this.#respond({ error: new RpcError(RPC.invalidParameter, error.message) })
      return undefined
    }
  }

  /** Under the names that its readers give to the files: two that differ in case alone are told apart there. */
  #write({ info, files: named }: Metainfo, content: string): void {
    const { content: files } = this.#service.world
    this.#file = 0
    this.#offset = 0
    this.#walk(
      (file, offset, bytes) =>
        files?.write([content, ...(named[this.#file]?.path ?? file.path)], offset, bytes),
      () => this.#respond({ result: this.#done(this.#begin(info, content)) }),
    )
  }

  #begin(info: Uint8Array, content: string): Torrent {
    const { trackers, whenComplete } = this.#order
    const { infoHashV1, infoHashV2, name, pieces } = parseInfo(info, trackers, this.#service.world.digests)
    const { layers } = this.#hashing.finish()
    return this.#service.add(
      { content, infoHashV1, infoHashV2, name, trackers, whenComplete },
      {
        info,
        begin: torrent => {
          for (const tree of torrent.verifier?.trees ?? []) {
            const layer = layers.get(toHex(tree.root))
            if (layer) tree.giveLayer(layer)
          }
          const have = new Bits(pieces)
          have.fill()
          torrent.begin(have)
        },
      },
    )
  }

  /** Goes through all blocks, a slice at a time. `act`: a word on why it cannot go on. */
  #walk(
    act: (file: MakingFile, offset: number, bytes: Uint8Array) => string | undefined,
    through: () => void,
  ): void {
    const { files } = this.#source
    for (let bytes = 0; bytes < SLICE_BYTES; ) {
      const file = files[this.#file]
      if (!file) {
        through()
        return
      }
      const length = Math.min(BLOCK_BYTES, file.length - this.#offset)
      const block = length > 0 ? this.#source.read(file, this.#offset, length) : new Uint8Array(0)
      const why = block?.length === length ? act(file, this.#offset, block) : 'it cannot be read'
      if (why !== undefined) {
        this.#respond({ error: new RpcError(RPC.misc, `${file.path.join('/')}: ${why}`) })
        return
      }
      bytes += length
      this.#offset += length
      if (this.#offset < file.length) continue
      this.#file += 1
      this.#offset = 0
    }
    this.#later(() => this.#walk(act, through))
  }

  #later(task: () => void): void {
    this.#service.clock.after(0, task)
  }
}

function checkOrder({ world }: PeerFace, { name, pieceLength, version }: MakingOrder): void {
  if (!world.content) throw new RpcError(RPC.misc, 'this node has no room for content')
  if (version !== 'v2' && !world.digests)
    throw new RpcError(RPC.misc, 'torrents of version 1 and hybrids need SHA-1, which this machine has not')
  if (!isName(name)) throw new RpcError(RPC.invalidParameter, `${name} is no name for a file`)
  const power = Number.isInteger(Math.log2(pieceLength))
  if (pieceLength < BLOCK_BYTES || pieceLength > MAX_PIECE_LENGTH || !power)
    throw new RpcError(
      RPC.invalidParameter,
      `pieceLength must be a power of two from ${BLOCK_BYTES} to ${MAX_PIECE_LENGTH}`,
    )
}

function checkFiles(files: readonly MakingFile[], { pieceLength }: MakingOrder): void {
  const wrong = files.find(({ path }) => path.length === 0 || !path.every(isName))
  if (wrong) throw new RpcError(RPC.invalidParameter, `${wrong.path.join('/')} is no path below a folder`)
  if (new Set(files.map(({ path }) => path.join('/'))).size < files.length)
    throw new RpcError(RPC.invalidParameter, 'two files have one path')
  const pieces = files.reduce((sum, { length }) => sum + Math.ceil(length / pieceLength), 0)
  if (pieces === 0) throw new RpcError(RPC.invalidParameter, 'there is not a byte in it')
  if (files.length > MAX_FILES || pieces > MAX_PIECES)
    throw new RpcError(RPC.invalidParameter, 'too many files or pieces')
}

function isName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[/\\\0]/.test(name) && name.length <= 255
}

function generated({ seed, files }: NonNullable<MakingOrder['generate']>): ContentSource {
  const made = new Map<MakingFile, GeneratedFile>()
  const of = (file: MakingFile) => {
    const known = made.get(file) ?? new GeneratedFile(seed, file.path)
    made.set(file, known)
    return known
  }
  return { files, read: (file, offset, length) => of(file).read(offset, length) }
}

function opened({ world }: PeerFace, path: string): ContentSource {
  const source = world.openSource?.(path)
  if (!source) throw new RpcError(RPC.invalidParameter, `${path}: no file or folder that this node can read`)
  return source
}

/** As trees have them: by the bytes of their paths (BEP 52). */
function sorted({ files, read }: ContentSource): ContentSource {
  const key = ({ path }: MakingFile) =>
    path
      .map(element =>
        [...new TextEncoder().encode(element)].map(byte => String.fromCharCode(byte + 1)).join(''),
      )
      .join('\0')
  const keyed = files.map(file => [key(file), file] as const).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return { files: keyed.map(([, file]) => file), read }
}
