// Content for torrents: files of odd sizes whose bytes are a function of their names, and whether others got the same.

import { createCipheriv, createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export interface ContentFile {
  readonly path: string
  readonly length: number
}

/** 50 MB in two files, of which neither ends with a block. */
export const FIFTY_MB: readonly ContentFile[] = [
  { path: 'first.bin', length: 31_234_567 },
  { path: 'folder/second.bin', length: 18_765_433 },
]

/** Bytes that do not repeat and cannot be packed: a cipher's key stream, keyed by the name. */
export function bytesOf({ path, length }: ContentFile): Buffer {
  const key = createHash('sha256').update(path).digest()
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(length))
}

/** Below `folder`, in a folder of this name, whose path is given. */
export function writeContent(folder: string, name: string, files: readonly ContentFile[]): string {
  for (const file of files) {
    const path = join(folder, name, file.path)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, bytesOf(file))
  }
  return join(folder, name)
}

/** The first difference between what lies in this folder and what should, in words; undefined: there is none. */
export function differenceIn(folder: string, files: readonly ContentFile[]): string | undefined {
  for (const file of files) {
    const [is, should] = [readFileSync(join(folder, file.path)), bytesOf(file)]
    if (is.equals(should)) continue
    const at = is.findIndex((byte, i) => byte !== should[i])
    return `${file.path}: ${is.length} of ${should.length} bytes, byte ${at} is another`
  }
  return undefined
}
