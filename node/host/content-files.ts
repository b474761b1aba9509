// Content as the files that it is, below one folder and nowhere else, whatever a torrent calls them: no name that leads out, and
// no link on the way, is followed. What was used last stays open.

import {
  closeSync,
  constants,
  fdatasyncSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import type { ContentFiles } from '../bittorrent/storage.ts'

/** Files kept open. A node has a thousand descriptors, and as many peers may want some of them. */
const MAX_OPEN = 64
/** A name that waits for whoever writes into it (a pipe) must not hold the node up. */
const SAFELY = constants.O_NOFOLLOW | constants.O_NONBLOCK

export const DISK_FULL = 'disk full'
const NO_PLACE = 'its path does not lie in the folder for content'

/** What the system refuses, in words for an operator. */
const WORDS: { readonly [code: string]: string } = {
  ENOSPC: DISK_FULL,
  EDQUOT: DISK_FULL,
  EFBIG: 'file too large for this disk',
  EROFS: 'the disk is read-only',
  EACCES: 'no permission',
  EPERM: 'no permission',
  EMFILE: 'too many open files',
  ENFILE: 'too many open files',
  ENAMETOOLONG: 'a name is too long for this disk',
  ELOOP: NO_PLACE,
  ENOTDIR: 'a file lies where a folder belongs',
  EISDIR: 'a folder lies where the file belongs',
  EIO: 'the disk fails',
}

interface Open {
  readonly fd: number
  readonly writable: boolean
  readonly inode: number
}

export class ContentFolder implements ContentFiles {
  readonly #folder: string
  readonly #mostOpen: number
  /** By place; the least used first. */
  readonly #open = new Map<string, Open>()

  constructor(folder: string, mostOpen = MAX_OPEN) {
    this.#folder = folder
    this.#mostOpen = mostOpen
  }

  read(path: readonly string[], offset: number, length: number): Uint8Array | undefined {
    try {
      const file = this.#opened(path, false)
      if (!file) return undefined
      const bytes = new Uint8Array(length)
      let had = 0
      while (had < length) {
        const more = readSync(file.fd, bytes, had, length - had, offset + had)
        if (more === 0) break
        had += more
      }
      return bytes.subarray(0, had)
    } catch {
      return undefined // none that can be read: whoever wants it fetches it anew
    }
  }

  write(path: readonly string[], offset: number, bytes: Uint8Array): string | undefined {
    try {
      const file = this.#opened(path, true)
      if (!file) return NO_PLACE
      for (let done = 0; done < bytes.length; )
        done += writeSync(file.fd, bytes, done, bytes.length - done, offset + done)
      return undefined
    } catch (error) {
      return wordFor(error as NodeJS.ErrnoException)
    }
  }

  size(path: readonly string[]): number | undefined {
    try {
      const place = this.#placeOf(path, false)
      if (place === undefined) return undefined
      const stat = lstatSync(place, { throwIfNoEntry: false })
      // Somebody may have taken it away, or put another in its place: that one is meant from here on.
      const open = this.#open.get(place)
      if (open && open.inode !== stat?.ino) this.#close(place)
      return stat?.isFile() ? stat.size : undefined
    } catch {
      return undefined
    }
  }

  sync(path: readonly string[]): void {
    try {
      const file = this.#opened(path, false)
      if (file) fdatasyncSync(file.fd)
    } catch {
      // It is gone, or the disk fails: what is read next shows it.
    }
  }

  remove(path: readonly string[]): void {
    try {
      const place = this.#placeOf(path, false)
      if (place === undefined) return
      for (const open of [...this.#open.keys()])
        if (open === place || open.startsWith(`${place}/`)) this.#close(open)
      rmSync(place, { recursive: true, force: true })
    } catch {
      // It is not there, or the disk will not let it go: nobody can do more.
    }
  }

  close(): void {
    for (const place of [...this.#open.keys()]) this.#close(place)
  }

  /** Undefined: it does not lie here, or is no file. Throws what the system says. */
  #opened(path: readonly string[], writable: boolean): Open | undefined {
    const known = this.#take(path, writable)
    if (known) return known
    const place = this.#placeOf(path, writable)
    if (place === undefined) return undefined
    const how = writable ? constants.O_RDWR | constants.O_CREAT : constants.O_RDONLY
    const fd = openSync(place, how | SAFELY)
    const stat = fstatSync(fd)
    if (!stat.isFile()) {
      closeSync(fd)
      return undefined
    }
    const file = { fd, writable, inode: stat.ino }
    this.#close(place)
    for (const [oldest] of this.#open) if (this.#open.size >= this.#mostOpen) this.#close(oldest)
    this.#open.set(place, file)
    return file
  }

  /** From those that are open; it is now the one that was used last. */
  #take(path: readonly string[], writable: boolean): Open | undefined {
    if (!path.every(isName)) return undefined
    const place = join(this.#folder, ...path)
    const file = this.#open.get(place)
    if (!file || (writable && !file.writable)) return undefined
    this.#open.delete(place)
    this.#open.set(place, file)
    return file
  }

  #close(place: string): void {
    const file = this.#open.get(place)
    this.#open.delete(place)
    if (file) closeSync(file.fd)
  }

  /** Undefined: it would not lie here. `make`: folders on the way that are missing are made. */
  #placeOf(path: readonly string[], make: boolean): string | undefined {
    if (path.length === 0 || !path.every(isName)) return undefined
    if (make) mkdirSync(this.#folder, { recursive: true })
    let folder = this.#folder
    for (const name of path.slice(0, -1)) {
      folder = join(folder, name)
      if (make) makeFolder(folder)
      if (!lstatSync(folder).isDirectory()) return undefined
    }
    return join(folder, path.at(-1) as string)
  }
}

/** A single element that stays where it is. */
function isName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[/\\\0]/.test(name)
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

function wordFor({ code = '', message }: NodeJS.ErrnoException): string {
  return WORDS[code] ?? message
}
