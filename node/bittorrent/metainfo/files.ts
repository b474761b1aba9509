// The files that an info dictionary describes: in version 1 a list in the order of their bytes, in version 2 a tree in the order of
// its names, each file beginning with a piece of its own (BEP 3, 47, 52).

import { bytesOf, type Dictionary, isDictionary } from '../bencode.ts'
import { MetainfoError } from './error.ts'
import { BLOCK_BYTES } from './metainfo.ts'
import { MAX_DEPTH } from './paths.ts'

/** As it is described, names and all. */
export interface DescribedFile {
  /** Below the content's folder; none: the content is this one file. */
  readonly path: readonly Uint8Array[]
  readonly length: number
  readonly offset: number
  readonly root?: Uint8Array
}

export interface Described {
  readonly files: readonly DescribedFile[]
  /** Where the last of them ends; in version 1 padding included. */
  readonly endBytes: number
}

const MAX_FILES = 100_000
/** Of a tree whose nodes, a root and two halves for each leaf, are counted in 31 bits; libtorrent's limit. */
const MAX_FILE_BYTES = (2 ** 30 - 2) * BLOCK_BYTES
const MAX_SPACE_BYTES = 2 ** 48
/** Attributes (BEP 47). */
const [PADDING, SYMLINK] = ['p', 'l']
/** Padding of before there were attributes has a name that begins so. */
const PADDING_NAME = bytesOf('_____padding_file_')

export function filesOfV1(info: Dictionary): Described {
  const { files } = info
  if (files === undefined) {
    const length = lengthOf(info)
    return { files: [{ path: [], length, offset: 0 }], endBytes: length }
  }
  if (!Array.isArray(files)) throw new MetainfoError('no-files', 'files is no list')
  if (files.length === 0) throw new MetainfoError('no-files', 'there are no files')
  if (files.length > MAX_FILES) throw new MetainfoError('too-large', `${files.length} files`)
  const described: DescribedFile[] = []
  let endBytes = 0
  for (const file of files) {
    if (!isDictionary(file)) throw new MetainfoError('file-tree', 'a file is no dictionary')
    const isLink = has(file, SYMLINK)
    const length = isLink ? 0 : lengthOf(file)
    const isPadding = has(file, PADDING) || isNamedPadding(file)
    if (isLink) linkOf(file)
    if (!isPadding && !isLink) described.push({ path: pathOf(file), length, offset: endBytes })
    endBytes = within(endBytes + length)
  }
  return { files: described, endBytes }
}

/** `info`: decoded strictly, so that the order of names is that of their bytes. */
export function filesOfV2(info: Dictionary, pieceLength: number): Described {
  const tree = info['file tree']
  if (!isDictionary(tree)) throw new MetainfoError('file-tree', 'file tree is missing')
  const walk = new TreeWalk(pieceLength)
  walk.folder(tree, [])
  if (walk.count === 0) throw new MetainfoError('no-files', 'there are no files')
  return { files: walk.files, endBytes: walk.endBytes }
}

class TreeWalk {
  readonly files: DescribedFile[] = []
  endBytes = 0
  /** Links included. */
  count = 0
  readonly #pieceLength: number

  constructor(pieceLength: number) {
    this.#pieceLength = pieceLength
  }

  folder(tree: Dictionary, path: readonly Uint8Array[]): void {
    if (path.length > MAX_DEPTH)
      throw new MetainfoError('too-deep', `more than ${MAX_DEPTH} folders in each other`)
    // Names that look like numbers come first in an object, whatever stood where.
    for (const key of Object.keys(tree).sort()) {
      const child = tree[key]
      if (key === '' || !isDictionary(child))
        throw new MetainfoError('file-tree', 'an entry is no file and no folder')
      const names = [...path, bytesOf(key)]
      const file = child['']
      if (file === undefined) this.folder(child, names)
      else if (isDictionary(file) && Object.keys(child).length === 1) this.#file(file, names)
      else throw new MetainfoError('file-tree', 'an entry is both a file and a folder')
    }
  }

  #file(file: Dictionary, path: readonly Uint8Array[]): void {
    if (has(file, PADDING)) throw new MetainfoError('pad-file', 'version 2 has no padding files')
    if (++this.count > MAX_FILES) throw new MetainfoError('too-large', `more than ${MAX_FILES} files`)
    if (has(file, SYMLINK)) return
    const length = lengthOf(file)
    const offset = Math.ceil(this.endBytes / this.#pieceLength) * this.#pieceLength
    this.files.push({ path, length, offset, ...(length > 0 && { root: rootOf(file) }) })
    this.endBytes = within(offset + length)
  }
}

function rootOf(file: Dictionary): Uint8Array {
  const root = file['pieces root']
  if (!(root instanceof Uint8Array) || root.length !== 32 || root.every(byte => byte === 0))
    throw new MetainfoError('pieces-root', 'a file has no pieces root')
  return root
}

function lengthOf(file: Dictionary): number {
  const { length } = file
  if (typeof length !== 'number' || length < 0 || length > MAX_FILE_BYTES)
    throw new MetainfoError('length', `a file's length is ${typeof length === 'number' ? length : 'missing'}`)
  return length
}

function pathOf({ path }: Dictionary): readonly Uint8Array[] {
  if (!Array.isArray(path) || path.length === 0) throw new MetainfoError('name', 'a file has no path')
  if (path.length > MAX_DEPTH)
    throw new MetainfoError('too-deep', `more than ${MAX_DEPTH} folders in each other`)
  for (const element of path)
    if (!(element instanceof Uint8Array)) throw new MetainfoError('name', "a file's path is no text")
  return path as readonly Uint8Array[]
}

/** Links are not made; one that leads nowhere is no torrent all the same. */
function linkOf(file: Dictionary): void {
  const path = file['symlink path']
  if (path !== undefined && (!Array.isArray(path) || path.some(element => !(element instanceof Uint8Array))))
    throw new MetainfoError('name', "a link's path is no text")
}

function has({ attr }: Dictionary, attribute: string): boolean {
  return attr instanceof Uint8Array && attr.includes(attribute.charCodeAt(0))
}

function isNamedPadding({ path }: Dictionary): boolean {
  const name = Array.isArray(path) ? path.at(-1) : undefined
  return name instanceof Uint8Array && PADDING_NAME.every((byte, at) => name[at] === byte)
}

function within(bytes: number): number {
  if (bytes > MAX_SPACE_BYTES) throw new MetainfoError('too-large', 'more than 256 TiB')
  return bytes
}
