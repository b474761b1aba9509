// Torrents made by node:crypto from BEP 3, 47 and 52, for whoever is to read them: no code of ours is in them.

import { createHash } from 'node:crypto'

const LEAF = 16_384

type Value = number | string | Buffer | readonly Value[] | { readonly [key: string]: Value }

export function bencoded(value: Value): Buffer {
  if (typeof value === 'number') return Buffer.from(`i${value}e`)
  if (typeof value === 'string' || Buffer.isBuffer(value)) {
    const bytes = Buffer.from(value as string)
    return Buffer.concat([Buffer.from(`${bytes.length}:`), bytes])
  }
  const parts = Array.isArray(value)
    ? [Buffer.from('l'), ...(value as readonly Value[]).map(bencoded)]
    : [
        Buffer.from('d'),
        ...Object.entries(value as { readonly [key: string]: Value })
          .map(([key, each]) => [Buffer.from(key, 'latin1'), each] as const)
          .sort(([a], [b]) => Buffer.compare(a, b))
          .flatMap(([key, each]) => [bencoded(key), bencoded(each)]),
      ]
  return Buffer.concat([...parts, Buffer.from('e')])
}

interface File {
  readonly path: readonly string[]
  readonly bytes: Buffer
}

const sha = (how: 'sha1' | 'sha256', ...parts: readonly Buffer[]) => {
  const hash = createHash(how)
  for (const part of parts) hash.update(part)
  return hash.digest()
}

/** A folder of these files. */
export function torrentOf(
  version: 'v1' | 'v2' | 'hybrid',
  name: string,
  files: readonly File[],
  pieceLength: number,
): Buffer {
  const v2 = version !== 'v1'
  const v1 = version !== 'v2'
  const layers: { [root: string]: Value } = {}
  let tree: { readonly [name: string]: Value } = {}
  for (const { path, bytes } of files) {
    const root = bytes.length > 0 ? treeRoot(leavesOf(bytes)) : undefined
    if (root && bytes.length > pieceLength) layers[root.toString('latin1')] = layerOf(bytes, pieceLength)
    tree = placed(tree, path, { length: bytes.length, ...(root && { 'pieces root': root }) })
  }
  const list =
    version === 'hybrid' ? padded(files, pieceLength) : files.map(file => ({ ...file, padding: false }))
  const info = {
    ...{ name, 'piece length': pieceLength },
    ...(v2 && { 'meta version': 2, 'file tree': tree }),
    ...(v1 && {
      files: list.map(({ path, bytes, padding }) => ({
        length: bytes.length,
        path,
        ...(padding && { attr: 'p' }),
      })),
      pieces: piecesOf(Buffer.concat(list.map(({ bytes }) => bytes)), pieceLength),
    }),
  }
  return bencoded({ info, ...(v2 && { 'piece layers': layers }) })
}

type Tree = { readonly [name: string]: Value }

function placed(
  tree: { readonly [name: string]: Value },
  [first = '', ...rest]: readonly string[],
  file: Value,
): Tree {
  const below = (tree[first] ?? {}) as { readonly [name: string]: Value }
  return { ...tree, [first]: rest.length === 0 ? { '': file } : placed(below, rest, file) }
}

/** Every file but the last is followed by zeros to the end of a piece (BEP 47). */
function padded(
  files: readonly File[],
  pieceLength: number,
): readonly (File & { readonly padding: boolean })[] {
  return files.flatMap((file, i) => {
    const gap = (pieceLength - (file.bytes.length % pieceLength)) % pieceLength
    const own = { ...file, padding: false }
    if (gap === 0 || i === files.length - 1) return [own]
    return [own, { path: ['.pad', String(gap)], bytes: Buffer.alloc(gap), padding: true }]
  })
}

function piecesOf(bytes: Buffer, pieceLength: number): Buffer {
  const hashes: Buffer[] = []
  for (let at = 0; at < bytes.length; at += pieceLength)
    hashes.push(sha('sha1', bytes.subarray(at, at + pieceLength)))
  return Buffer.concat(hashes)
}

function leavesOf(bytes: Buffer): Buffer[] {
  const leaves: Buffer[] = []
  for (let at = 0; at < bytes.length; at += LEAF) leaves.push(sha('sha256', bytes.subarray(at, at + LEAF)))
  return leaves
}

/** The whole row of leaves is filled up first. */
function treeRoot(leaves: readonly Buffer[], least = 1): Buffer {
  let width = least
  while (width < leaves.length) width *= 2
  let row = Array.from({ length: width }, (_, i) => leaves[i] ?? Buffer.alloc(32))
  while (row.length > 1)
    row = Array.from({ length: row.length / 2 }, (_, i) =>
      sha('sha256', row[2 * i] as Buffer, row[2 * i + 1] as Buffer),
    )
  return row[0] as Buffer
}

function layerOf(bytes: Buffer, pieceLength: number): Buffer {
  const roots: Buffer[] = []
  for (let at = 0; at < bytes.length; at += pieceLength)
    roots.push(treeRoot(leavesOf(bytes.subarray(at, at + pieceLength)), pieceLength / LEAF))
  return Buffer.concat(roots)
}
