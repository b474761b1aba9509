// The folder that a run is recorded in: one run a folder, or the record would be of neither. Whoever records takes it
// before anything starts; a folder that holds a run already is refused and not touched.

import { closeSync, existsSync, openSync, rmdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { EXIT, UserError } from '../errors.ts'
import { makeFolder } from '../machine/paths.ts'

/** Made by one run only: who makes it has the folder. */
const EVENTS = 'events.ndjson'
/** What a record begins with. */
const RECORD = [EVENTS, 'plan.json', 'run.json', 'spec.yaml'] as const

/** A new folder for the record of a run, `netsplit-runs/2026-01-31T12-00-00-demo` here; or the one asked for, if it is free. */
export function runDirectory(asked: string | undefined, network: string, nowMs: number): string {
  if (asked !== undefined) return unused(resolve(asked))
  const time = new Date(nowMs).toISOString().slice(0, 19).replaceAll(':', '-')
  const wanted = resolve('netsplit-runs', `${time}-${network}`)
  let free = wanted
  for (let i = 2; existsSync(free); i++) free = `${wanted}-${i}`
  return free
}

/** Makes the folder and takes it for one run. Returns what undoes it, for a run that was refused before anything ran. */
export function takeRunDirectory(directory: string): () => void {
  const isNew = !existsSync(unused(directory))
  makeFolder(directory)
  try {
    closeSync(openSync(join(directory, EVENTS), 'wx'))
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') throw used(directory, EVENTS)
    throw new UserError(EXIT.environment, `cannot write in the folder ${directory}: ${message}`)
  }
  return () => {
    for (const name of RECORD) rmSync(join(directory, name), { force: true })
    removeIfEmpty(join(directory, 'logs'))
    if (isNew) removeIfEmpty(directory)
  }
}

function unused(directory: string): string {
  const found = RECORD.find(name => existsSync(join(directory, name)))
  if (found !== undefined) throw used(directory, found)
  return directory
}

function used(directory: string, found: string): UserError {
  const hint = 'name another folder with --run-dir, or remove this one'
  return new UserError(EXIT.usage, `${directory} holds the record of a run already (${found})`, hint)
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder)
  } catch {
    // Somebody has something in it, or it is not there.
  }
}
