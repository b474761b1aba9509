// Small documents in the state folder that are of no one network, or outlive it: believed where they are ours, replaced as a whole.

import { randomBytes } from 'node:crypto'
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readOwn } from './own-files.ts'
import { makeFolder, stateRoot } from './paths.ts'

interface Document {
  readonly schemaVersion: 1
}

/** Undefined: there is none, or it is of another version. */
export function readDocument<D extends Document>(name: string): D | undefined {
  try {
    const value = JSON.parse(readOwn(join(stateRoot(), name), stateRoot())) as D
    return value.schemaVersion === 1 ? value : undefined
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** `undefined`: there is nothing to say any more. */
export function writeDocument<D extends Document>(name: string, document: D | undefined): void {
  const file = join(stateRoot(), name)
  if (!document) {
    rmSync(file, { force: true })
    return
  }
  makeFolder(stateRoot(), 0o700)
  // Several processes may do so side by side.
  const beside = `${file}.${randomBytes(4).toString('hex')}`
  writeFileSync(beside, `${JSON.stringify(document, null, 2)}\n`, { mode: 0o600 })
  renameSync(beside, file)
}
