// A file that the user names for an outcome: whether it can be written is found out before the run, not after it.

import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { EXIT, UserError } from './errors.ts'
import { makeFolders } from './paths.ts'

/** Makes the file's folder. Throws UserError (exit 4) where the file cannot be written. */
export function makeRoomFor(file: string): void {
  written(file, () => {
    makeFolders(dirname(file))
    if (existsSync(file) && statSync(file).isDirectory()) throw new Error('it is a folder')
    accessSync(existsSync(file) ? file : dirname(file), constants.W_OK)
  })
}

/** Calls `write`; its failure is one that the user can act on. */
export function written(file: string, write: () => void): void {
  try {
    write()
  } catch (error) {
    throw new UserError(EXIT.environment, `cannot write ${file}: ${(error as Error).message}`)
  }
}
