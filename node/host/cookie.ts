// Core's cookie file: user and password of the control address, for clients that look for them in the node's folder.

import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Core's name for whoever has read the file. The password is the control address's token. */
export const COOKIE_USER = '__cookie__'

export function cookieFile(dataDirectory: string): string {
  return join(dataDirectory, '.cookie')
}

/** One node's: removed only by whoever wrote it, and not by a second node that found the folder taken. */
export class Cookie {
  readonly #dataDirectory: string
  readonly #token: string
  #written = false

  constructor(dataDirectory: string, token: string) {
    this.#dataDirectory = dataDirectory
    this.#token = token
  }

  /** Written aside and renamed, as Core does it: a reader sees all of it or none, and nobody but its owner any. */
  write(): void {
    mkdirSync(this.#dataDirectory, { recursive: true })
    const file = cookieFile(this.#dataDirectory)
    const aside = `${file}.tmp`
    rmSync(aside, { force: true })
    writeFileSync(aside, `${COOKIE_USER}:${this.#token}`, { mode: 0o600 })
    renameSync(aside, file)
    this.#written = true
  }

  remove(): void {
    if (this.#written) rmSync(cookieFile(this.#dataDirectory), { force: true })
  }
}
