// Names of files as somebody else gave them, made safe: whatever they say, what comes of them lies below the content's folder, and no
// two are the same. What is made of bad names is as libtorrent makes it, so that one torrent is one folder for all who have it.

import { MetainfoError } from './error.ts'

/** Bytes of one name that every usual file system takes. */
const MAX_ELEMENT_BYTES = 240
const MAX_EXTENSION_BYTES = 32
export const MAX_DEPTH = 100
const MAX_CLASHES = 5_000
/** As many as there may be files. */
const MAX_FOLDERS = 100_000
const TOP = 0
const utf8 = { encode: new TextEncoder(), decode: new TextDecoder() }
/** Control characters, and what was no UTF-8. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNFIT = /[\u0000-\u001f\u007f\ufffd]+/g
// What turns the direction of writing makes a name look like another.
const TURNING = /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g
const SEPARATORS = /[/\\]/g

/** A name of one element; undefined: it says nothing but where it is (`.`, `..`). */
export function safeElement(name: Uint8Array | string): string | undefined {
  const said = typeof name === 'string' ? name : utf8.decode.decode(name)
  const text = said.replace(SEPARATORS, '').replace(TURNING, '').replace(UNFIT, '_')
  if (text === '.' || text === '..') return undefined
  return text === '' ? '_' : shortened(text)
}

/** At least one element. */
export function safePath(elements: readonly (Uint8Array | string)[]): readonly string[] {
  const safe = elements.flatMap(element => safeElement(element) ?? [])
  return safe.length === 0 ? ['_'] : safe
}

/** Its extension is kept, as far as that is one. */
function shortened(text: string): string {
  const bytes = utf8.encode.encode(text)
  if (bytes.length <= MAX_ELEMENT_BYTES) return text
  const dot = text.lastIndexOf('.')
  const extension = dot < 0 ? new Uint8Array(0) : utf8.encode.encode(text.slice(dot))
  const kept = extension.length <= MAX_EXTENSION_BYTES ? extension : new Uint8Array(0)
  const head = bytes.subarray(0, wholeCharacters(bytes, MAX_ELEMENT_BYTES - kept.length))
  return utf8.decode.decode(head) + utf8.decode.decode(kept)
}

/** The end of the last whole character before `end`. */
function wholeCharacters(bytes: Uint8Array, end: number): number {
  let at = end
  while (at > 0 && ((bytes[at] as number) & 0xc0) === 0x80) at--
  return at
}

/**
 * Paths that are all different, also where letters of both cases are one, and none of which is the folder of another: the second
 * `a.txt` is `a.1.txt`.
 */
export class DistinctPaths {
  /** Numbers of folders that files lie in, by the folder's own folder and name: paths of a hundred elements have many beginnings. */
  readonly #folders = new Map<string, number>()
  readonly #files = new Set<string>()
  #clashes = 0

  /** Throws MetainfoError where too many are the same, or folders are too many. */
  add(path: readonly string[]): readonly string[] {
    let folder = TOP
    for (let at = 0; at < path.length - 1; at++) {
      const key = keyOf(folder, path[at] as string)
      if (this.#files.has(key)) {
        this.#count()
        return this.add(path.map((element, i) => (i === at ? `${element}.d` : element)))
      }
      folder = this.#folder(key)
    }
    const said = path.at(-1) as string
    let name = said
    for (let n = 1; this.#taken(keyOf(folder, name)); n++) {
      this.#count()
      name = numbered(said, n)
    }
    this.#files.add(keyOf(folder, name))
    return name === said ? path : [...path.slice(0, -1), name]
  }

  #folder(key: string): number {
    const known = this.#folders.get(key)
    if (known !== undefined) return known
    const number = this.#folders.size + 1
    if (number > MAX_FOLDERS) throw new MetainfoError('too-large', `more than ${MAX_FOLDERS} folders`)
    this.#folders.set(key, number)
    return number
  }

  /** Each name that is taken has the next one tried: without an end, a thousand files of one name would cost a million. */
  #count(): void {
    if (++this.#clashes > MAX_CLASHES) throw new MetainfoError('name', 'too many files have the same name')
  }

  #taken(key: string): boolean {
    return this.#files.has(key) || this.#folders.has(key)
  }
}

function keyOf(folder: number, name: string): string {
  return `${folder}/${name.toLowerCase()}`
}

function numbered(name: string, n: number): string {
  const dot = name.lastIndexOf('.')
  return dot <= 0 ? `${name}.${n}` : `${name.slice(0, dot)}.${n}${name.slice(dot)}`
}
