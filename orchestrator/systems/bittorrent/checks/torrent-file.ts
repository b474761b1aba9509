// A .torrent file read anew: bencode, the info dictionary's own bytes, and the files that it describes. Shares no code with the peer,
// which is what is checked by it.

import { createHash } from 'node:crypto'

type Value = number | Buffer | readonly Value[] | Dictionary
interface Dictionary {
  readonly entries: ReadonlyMap<string, Value>
  /** As they stand in the file. */
  readonly bytes: Buffer
}

export interface DescribedFile {
  readonly path: readonly string[]
  readonly length: number
  /** BEP 52; absent in version 1, and of an empty file. */
  readonly root?: Buffer
  /** BEP 47: zeros that nobody stores. */
  readonly padding?: true
}

export interface Described {
  /** SHA-1 and SHA-256 of the info dictionary, hex. */
  readonly infoHashV1: string
  readonly infoHashV2: string
  readonly pieceLength: number
  /** Of version 2: its file tree. Absent where the torrent has none. */
  readonly tree?: readonly DescribedFile[]
  /** Of version 1: its files in their order, padding too, and 20 bytes a piece. */
  readonly list?: { readonly files: readonly DescribedFile[]; readonly hashes: Buffer }
}

/** Throws an Error that says what is wrong. */
export function described(torrent: Buffer): Described {
  const [value, end] = decode(torrent, 0)
  if (end !== torrent.length) throw new Error('there is something behind the torrent')
  const info = dictionary(dictionary(value).entries.get('info'))
  const { entries, bytes } = info
  const name = text(entries.get('name'))
  const tree = entries.has('file tree') ? [...treeOf(dictionary(entries.get('file tree')), [])] : undefined
  const hashes = entries.get('pieces')
  return {
    infoHashV1: createHash('sha1').update(bytes).digest('hex'),
    infoHashV2: createHash('sha256').update(bytes).digest('hex'),
    pieceLength: Number(entries.get('piece length')),
    ...(tree && { tree }),
    ...(Buffer.isBuffer(hashes) && { list: { files: listOf(entries, name), hashes } }),
  }
}

function* treeOf(node: Dictionary, path: readonly string[]): Generator<DescribedFile> {
  for (const [name, value] of node.entries) {
    const below = dictionary(value)
    if (name !== '') {
      yield* treeOf(below, [...path, name])
      continue
    }
    const root = below.entries.get('pieces root')
    yield { path, length: Number(below.entries.get('length')), ...(Buffer.isBuffer(root) && { root }) }
  }
}

function listOf(info: ReadonlyMap<string, Value>, name: string): readonly DescribedFile[] {
  const files = info.get('files')
  if (!Array.isArray(files)) return [{ path: [name], length: Number(info.get('length')) }]
  return (files as readonly Value[]).map(each => {
    const { entries } = dictionary(each)
    const attributes = entries.get('attr')
    const isPadding = Buffer.isBuffer(attributes) && attributes.includes('p')
    const path = (entries.get('path') as readonly Value[]).map(text)
    return { path, length: Number(entries.get('length')), ...(isPadding && { padding: true as const }) }
  })
}

function dictionary(value: Value | undefined): Dictionary {
  if (typeof value === 'object' && 'entries' in value && value.entries instanceof Map)
    return value as Dictionary
  throw new Error('the torrent is not made as one is')
}

function text(value: Value | undefined): string {
  if (Buffer.isBuffer(value)) return value.toString('utf8')
  throw new Error('the torrent has no text where one is to be')
}

const [INTEGER, LIST, DICTIONARY, END, COLON] = Array.from('ilde:', letter => letter.charCodeAt(0))

/** The value that begins there, and where it ends. */
function decode(bytes: Buffer, at: number): readonly [Value, number] {
  const kind = bytes[at]
  if (kind === INTEGER) {
    const end = bytes.indexOf(END as number, at)
    return [Number(bytes.toString('latin1', at + 1, end)), end + 1]
  }
  if (kind === LIST || kind === DICTIONARY) {
    const values: Value[] = []
    let next = at + 1
    while (bytes[next] !== END) {
      if (next >= bytes.length) throw new Error('the torrent ends too early')
      const [value, end] = decode(bytes, next)
      values.push(value)
      next = end
    }
    if (kind === LIST) return [values, next + 1]
    const entries = new Map<string, Value>()
    for (let i = 0; i + 1 < values.length; i += 2) entries.set(text(values[i]), values[i + 1] as Value)
    return [{ entries, bytes: bytes.subarray(at, next + 1) }, next + 1]
  }
  const colon = bytes.indexOf(COLON as number, at)
  const length = Number(bytes.toString('latin1', at, colon))
  if (colon < 0 || !Number.isInteger(length) || colon + 1 + length > bytes.length)
    throw new Error('the torrent ends too early')
  return [bytes.subarray(colon + 1, colon + 1 + length), colon + 1 + length]
}
