// Info dictionaries made of what hashing found (BEP 3, 47, 52).

import { type Bencoded, encodeBencode, keyOf } from '../bencode.ts'
import type { TorrentVersion } from './metainfo.ts'

export interface HashedFile {
  readonly path: readonly string[]
  readonly length: number
  readonly root?: Uint8Array | undefined
}

export interface InfoParts {
  readonly name: string
  readonly pieceLength: number
  readonly version: TorrentVersion
  readonly files: readonly HashedFile[]
  readonly pieceHashesV1?: Uint8Array | undefined
}

const utf8 = new TextEncoder()

export function makeInfo({ name, pieceLength, version, files, pieceHashesV1 }: InfoParts): Uint8Array {
  const [only] = files
  const single = files.length === 1 && only?.path.length === 1 && only.path[0] === name
  const list: Bencoded[] = []
  files.forEach(({ path, length }, index) => {
    list.push({ length, path: [...path] })
    const pad = (pieceLength - (length % pieceLength)) % pieceLength
    if (version === 'hybrid' && pad > 0 && index < files.length - 1)
      list.push({ attr: 'p', length: pad, path: ['.pad', String(pad)] })
  })
  return encodeBencode({
    name,
    'piece length': pieceLength,
    ...(version !== 'v1' && { 'meta version': 2, 'file tree': treeOf(files) }),
    ...(version !== 'v2' && {
      pieces: pieceHashesV1,
      ...(single ? { length: only?.length } : { files: list }),
    }),
  })
}

interface Tree {
  [name: string]: Bencoded
}

function treeOf(files: readonly HashedFile[]): Tree {
  const tree: Tree = Object.create(null)
  for (const { path, length, root } of files) {
    let at = tree
    for (const element of path) {
      const key = keyOf(utf8.encode(element))
      at[key] ??= Object.create(null) as Tree
      at = at[key] as Tree
    }
    at[''] = { length, 'pieces root': root }
  }
  return tree
}
