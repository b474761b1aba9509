// A file that the user names for an outcome: whether it can be written is found out before the run, not after it; and it is
// written whole or not at all.

import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  lstatSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { EXIT, UserError } from '../errors.ts'
import { makeFolders } from './paths.ts'

/** Nothing about the user's choice is wrong: a disk that is full or broken. */
const DISK_CODES: ReadonlySet<string | undefined> = new Set(['ENOSPC', 'EDQUOT', 'EIO', 'EFBIG'])

/** Makes the file's folder. Throws UserError (exit 4) where the file cannot be written. */
export function makeRoomFor(file: string): void {
  written(file, () => {
    makeFolders(dirname(file))
    if (existsSync(file) && statSync(file).isDirectory()) throw new Error('it is a folder')
    accessSync(existsSync(file) ? file : dirname(file), constants.W_OK)
  })
}

/** A file's content, whole or in pieces that are made while it is written. */
export type Content = string | Iterable<string | Uint8Array>

/** The file's content is this from now on, or what it was. Throws UserError: exit 1 for a full disk, else exit 4. */
export function writeTarget(file: string, content: Content): void {
  written(file, () => {
    if (!replaceable(file)) return writeThrough(file, content)
    const beside = `${file}.part`
    try {
      syncFile(beside, 'w', content, statSync(file, { throwIfNoEntry: false })?.mode)
      renameSync(beside, file)
    } catch (error) {
      rmSync(beside, { force: true })
      throw error
    }
  })
}

/** As `writeTarget`, behind what is there. */
export function appendTarget(file: string, text: string): void {
  written(file, () => syncFile(file, 'a', text))
}

/** Neither a device or pipe, nor a link to elsewhere; and there is room for another beside it. */
function replaceable(file: string): boolean {
  const is = lstatSync(file, { throwIfNoEntry: false })
  if (!is) return true
  try {
    accessSync(dirname(file), constants.W_OK)
    return is.isFile()
  } catch {
    return false
  }
}

/** Into a device, a pipe, or what a link leads to. */
function writeThrough(file: string, content: Content): void {
  const descriptor = openSync(file, 'w')
  try {
    for (const piece of piecesOf(content)) writeFileSync(descriptor, piece)
  } finally {
    closeSync(descriptor)
  }
}

function piecesOf(content: Content): Iterable<string | Uint8Array> {
  return typeof content === 'string' ? [content] : content
}

/** Writes it to the disk; half of it is taken back. */
function syncFile(file: string, flags: 'w' | 'a', content: Content, mode?: number): void {
  const descriptor = openSync(file, flags, mode)
  const { size } = fstatSync(descriptor)
  try {
    for (const piece of piecesOf(content)) writeFileSync(descriptor, piece)
    if (fstatSync(descriptor).isFile()) fsyncSync(descriptor)
  } catch (error) {
    if (fstatSync(descriptor).isFile()) ftruncateSync(descriptor, size)
    throw error
  } finally {
    closeSync(descriptor)
  }
}

/** Calls `write`; its failure is one that the user can act on. */
function written(file: string, write: () => void): void {
  try {
    write()
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const exitCode = DISK_CODES.has(code) ? EXIT.failure : EXIT.environment
    throw new UserError(exitCode, `cannot write ${file}: ${message}`)
  }
}
