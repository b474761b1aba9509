// Info dictionaries made of what hashing found (BEP 3, 47, 52).

import { encodeBencode } from '../bencode.ts'
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
  const list: unknown[] = []
  files.forEach(({ path, length }, index) => {
    list.push({ length, path: [...path] })
    const pad = (pieceLength - (length % pieceLength)) % pieceLength
    if (version === 'hybrid' && pad > 0 && index < files.length - 1) list.push({ attr: 'p', length: pad, path: ['.pad', String(pad)] })
  })
  return encodeBencode({
    name,
    'piece length': pieceLength,
    ...(version !== 'v1' && { 'meta version': 2, 'file tree': treeOf(files) }),
    ...(version !== 'v2' && { pieces: pieceHashesV1, ...(single ? { length: only?.length } : { files: list }) }),
  })
}

function treeOf(files: readonly HashedFile[]): Record<string, unknown> {
  const tree: Record<string, unknown> = {}
  for (const { path, length, root } of files) {
    let at = tree
    for (const element of path) {
      const key = String.fromCharCode(...utf8.encode(element))
      at[key] ??= {}
      at = at[key] as Record<string, unknown>
    }
    at[''] = { length, ...(root && { 'pieces root': root }) }
  }
  return tree
}
