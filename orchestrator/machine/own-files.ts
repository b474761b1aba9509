// Files that decide whom a signal goes to and what is removed are taken at their word only where nobody but this user could
// have written them.

import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync, type Stats } from 'node:fs'
import { dirname, relative } from 'node:path'

/** Somebody else may have written it. */
export class NotOurs extends Error {
  override readonly name = 'NotOurs'
}

const OTHERS_WRITE = 0o022
const OTHERS_ENTER = 0o077

/** A file somewhere below a folder of ours. NotOurs; or Node's own error when it cannot be read. */
export function readOwn(file: string, folder: string): string {
  const closed = checkFolder(folder)
  for (let each = dirname(file); relative(folder, each) !== ''; each = dirname(each))
    check(each, lstatSync(each), closed)
  const descriptor = openSync(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0))
  try {
    const stats = fstatSync(descriptor)
    if (!stats.isFile()) throw new NotOurs(`${file} is not a file`)
    check(file, stats, closed)
    return readFileSync(descriptor, 'utf8')
  } finally {
    closeSync(descriptor)
  }
}

/** NotOurs, or whether nobody else even gets in: then the modes of what lies below do not matter. */
export function checkFolder(folder: string): boolean {
  const stats = lstatSync(folder)
  if (!stats.isDirectory()) throw new NotOurs(`${folder} is not a folder`)
  const closed = (stats.mode & OTHERS_ENTER) === 0
  check(folder, stats, closed)
  return closed
}

function check(path: string, { uid, mode }: Stats, closed: boolean): void {
  const self = process.geteuid?.()
  if (self === undefined) return // no such thing as an owner here
  if (uid !== self) throw new NotOurs(`${path} belongs to another user`)
  if (!closed && (mode & OTHERS_WRITE) !== 0) throw new NotOurs(`${path} may be written by others`)
}
