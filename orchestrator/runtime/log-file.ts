// Files that nodes' output is appended to. A disk that is full ends a log and nothing else; which logs are cut is remembered
// for the record that holds them.

import { appendFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'

export interface CutLog {
  /** `logs/<node>.log`. */
  readonly file: string
  readonly why: string
}

/** By path. A process has one network, or a few one after the other. */
const cut = new Map<string, string>()

export function appendToLog(file: string, part: Buffer | string): void {
  try {
    appendFileSync(file, part)
  } catch (error) {
    cut.set(file, (error as Error).message)
  }
}

/** The logs of this folder that lack something; they are asked for once. */
export function cutLogs(folder: string): CutLog[] {
  const found = [...cut].filter(([file]) => dirname(file) === folder)
  for (const [file] of found) cut.delete(file)
  return found.map(([file, why]) => ({ file: `logs/${basename(file)}`, why }))
}
