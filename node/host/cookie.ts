// Core's cookie file: user and password of the control address, for clients that look for them in the node's folder.

import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Core's name for whoever has read the file. The password is the control address's token. */
export const COOKIE_USER = '__cookie__'

export function cookieFile(dataDirectory: string): string {
  return join(dataDirectory, '.cookie')
}

/** Written aside and renamed, as Core does it: a reader sees all of it or none, and nobody but its owner any. */
export function writeCookie(dataDirectory: string, token: string): void {
  mkdirSync(dataDirectory, { recursive: true })
  const file = cookieFile(dataDirectory)
  const aside = `${file}.tmp`
  rmSync(aside, { force: true })
  writeFileSync(aside, `${COOKIE_USER}:${token}`, { mode: 0o600 })
  renameSync(aside, file)
}

export function removeCookie(dataDirectory: string): void {
  rmSync(cookieFile(dataDirectory), { force: true })
}
