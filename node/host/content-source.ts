// Files of this machine that somebody wants shared: read as they are, wherever they lie. Links are not followed, and what is no file
// is left out.

import { closeSync, constants, lstatSync, openSync, readdirSync, readSync } from 'node:fs'
import { basename, isAbsolute, join, resolve } from 'node:path'
import type { ContentSource, SourceFile } from '../bittorrent/storage.ts'

/** A folder of more is not meant. */
const MAX_FILES = 100_000
const MAX_DEPTH = 100

/** The file, or the folder with all in it; undefined: it is not there, cannot be read, or has no file. */
export function openSource(path: string): ContentSource | undefined {
  if (!isAbsolute(path)) return undefined
  const place = resolve(path)
  try {
    const isFolder = lstatSync(place).isDirectory()
    const files = isFolder ? filesBelow(place, []) : filesAt(place, [basename(place)])
    if (files.length === 0) return undefined
    const placeOf = ({ path }: SourceFile) => (isFolder ? join(place, ...path) : place)
    return { files, read: (file, offset, length) => readAt(placeOf(file), offset, length) }
  } catch {
    return undefined
  }
}

function filesBelow(folder: string, path: readonly string[]): SourceFile[] {
  if (path.length > MAX_DEPTH) throw new RangeError(`${folder}: too deep`)
  const files = readdirSync(folder).flatMap(name => {
    const place = join(folder, name)
    const below = [...path, name]
    return lstatSync(place).isDirectory() ? filesBelow(place, below) : filesAt(place, below)
  })
  if (files.length > MAX_FILES) throw new RangeError(`${folder}: too many files`)
  return files
}

function filesAt(place: string, path: readonly string[]): SourceFile[] {
  const stat = lstatSync(place)
  return stat.isFile() ? [{ path, length: stat.size }] : []
}

function readAt(place: string, offset: number, length: number): Uint8Array | undefined {
  try {
    const fd = openSync(place, constants.O_RDONLY | constants.O_NOFOLLOW)
    try {
      const bytes = new Uint8Array(length)
      let had = 0
      while (had < length) {
        const more = readSync(fd, bytes, had, length - had, offset + had)
        if (more === 0) break
        had += more
      }
      return bytes.subarray(0, had)
    } finally {
      closeSync(fd)
    }
  } catch {
    return undefined // it is gone, or changed into something else
  }
}
