// Files that somebody wants written or read by name over RPC: in the node's own folder and nowhere else, whatever the name says.

import { lstatSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { dirname, isAbsolute, join, relative, resolve } from 'node:path'
import type { Files } from '../ledger/services.ts'

/** A wallet has some kilobytes. */
const MAX_BYTES = 64 * 1024 * 1024

export class NodeFiles implements Files {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = resolve(folder)
  }

  write(path: string, bytes: Uint8Array): string | undefined {
    const place = this.#placeOf(path)
    if (place === undefined) return `${path} does not lie in the node's folder.`
    try {
      mkdirSync(dirname(place), { recursive: true })
      if (!this.#isOwn(dirname(place)) || isLink(place)) return `${path} does not lie in the node's folder.`
      writeFileSync(place, bytes, { mode: 0o600 })
      return undefined
    } catch (error) {
      return `${path}: ${(error as Error).message}`
    }
  }

  read(path: string): Uint8Array | undefined {
    const place = this.#placeOf(path)
    if (place === undefined) return undefined
    try {
      const { size } = lstatSync(place)
      if (!this.#isOwn(realpathSync(place)) || size > MAX_BYTES) return undefined
      return new Uint8Array(readFileSync(place))
    } catch {
      return undefined // it is not there, or no file
    }
  }

  /** Names without a folder lie in the node's; the store's own files are nobody's business. */
  #placeOf(path: string): string | undefined {
    const place = isAbsolute(path) ? resolve(path) : join(this.#folder, path)
    const inside = relative(this.#folder, place)
    const [first = ''] = inside.split(/[\\/]/)
    return inside === '' || first === '..' || first === 'store' || isAbsolute(inside) ? undefined : place
  }

  /** Behind all links. */
  #isOwn(place: string): boolean {
    const inside = relative(realpathSync(this.#folder), realpathSync(place))
    return !inside.startsWith('..') && !isAbsolute(inside)
  }
}

function isLink(place: string): boolean {
  try {
    return lstatSync(place).isSymbolicLink()
  } catch {
    return false // it is not there yet
  }
}
