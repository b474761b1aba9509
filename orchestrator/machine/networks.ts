// The networks of this machine: claimed by name when they come up, found by other terminals, released when they go down.
//
// A live network is a folder that holds controller.json. It is made beside and renamed into place, which succeeds for one
// claimant only and never shows a half-written file; a dead one is renamed away before it is deleted. A stopped one has no
// controller.json, but all that it needs to come up again (kept.ts).

import { randomBytes } from 'node:crypto'
import { linkSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { ControllerFile } from '../control/api.ts'
import { EXIT, UserError } from '../errors.ts'
import { didYouMean } from '../spec/suggest.ts'
import { readKept } from './kept.ts'
import { checkFolder, readOwn } from './own-files.ts'
import { isNetworkName, makeFolder, networkDirectory, networkName, stateRoot } from './paths.ts'
import { readIdentity, standingOf } from './processes.ts'

const FILE = 'controller.json'

export interface KnownNetwork {
  readonly network: string
  /** Undefined when its file cannot be read. */
  readonly controller: ControllerFile | undefined
  /** Its controller runs, or nothing proves that it does not. */
  readonly alive: boolean
  /** It can come up again with its chain. */
  readonly kept: boolean
  /** Why its files are not believed: somebody else may have written them. It is left alone. */
  readonly foreign?: string
}

/** Takes the name for this controller, or says who has it (exit 2). Returns the network's state directory. */
export function claim(controller: ControllerFile): string {
  const directory = networkDirectory(controller.network)
  const beside = join(stateRoot(), `.new-${controller.network}-${randomBytes(4).toString('hex')}`)
  makeFolder(beside, 0o700)
  try {
    writeFileSync(join(beside, FILE), `${JSON.stringify(controller, null, 2)}\n`, { mode: 0o600 })
    while (!moved(beside, directory)) {
      const holder = inspect(controller.network)
      if (holder?.foreign !== undefined) throw notOurs(holder.foreign)
      if (holder?.alive) throw taken(controller.network)
      if (holder?.kept) throw stopped(controller.network)
      if (holder) remove(holder)
    }
    return directory
  } catch (error) {
    rmSync(beside, { recursive: true, force: true })
    throw error
  }
}

/** Takes the name of a network that is stopped, with the state directory that it kept; or says who has it (exit 2). */
export function reclaim(controller: ControllerFile): string {
  const directory = networkDirectory(controller.network)
  const file = join(directory, FILE)
  const holder = inspect(controller.network)
  if (holder?.foreign !== undefined) throw notOurs(holder.foreign)
  if (holder?.alive) throw taken(controller.network)
  if (!holder?.kept) throw new UserError(EXIT.usage, `${controller.network} has kept nothing to start from`)
  const beside = `${file}.${randomBytes(4).toString('hex')}`
  try {
    if (holder.controller) bury(file, `${beside}.dead`, holder.controller)
    writeFileSync(beside, `${JSON.stringify(controller, null, 2)}\n`, { mode: 0o600 })
    linkSync(beside, file) // for one claimant only
    return directory
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw taken(controller.network)
    throw error
  } finally {
    rmSync(beside, { force: true })
  }
}

/** Moves a dead controller's file away; a newer one goes back, and its owner has the name. */
function bury(file: string, grave: string, dead: ControllerFile): void {
  if (!moved(file, grave)) return
  if (!isSame(parse(readOwn(grave, dirname(grave))), dead)) {
    moved(grave, file)
    throw taken(dead.network)
  }
  rmSync(grave)
}

/** Gives the name back; the network's state stays for `netsplit start`. */
export function leave(controller: ControllerFile): void {
  const known = inspect(controller.network)
  if (isSame(known?.controller, controller))
    rmSync(join(networkDirectory(controller.network), FILE), { force: true })
}

/** Gives the name back and removes the network's state. Does nothing to a network that is not this controller's. */
export function release(controller: ControllerFile): void {
  const known = inspect(controller.network)
  if (known && isSame(known.controller, controller)) remove(known)
}

/** Every network that left a trace, by name. */
export function knownNetworks(): KnownNetwork[] {
  const names = entries().filter(isNetworkName).sort()
  return names.map(inspect).filter(known => known !== undefined)
}

/** What claims that were broken off left behind. */
export function debris(): string[] {
  return entries()
    .filter(name => /^\.(new|dead)-/.test(name))
    .map(name => join(stateRoot(), name))
    .filter(directory => !isClaiming(directory))
}

/** The live network of this name; without a name the only one. UserError (exit 2) with what there is otherwise. */
export function findNetwork(name: string | undefined): ControllerFile {
  const wanted = name === undefined ? undefined : networkName(name)
  const known = knownNetworks()
  const live = known.flatMap(({ alive, controller }) => (alive && controller ? [controller] : []))
  const running = live.map(controller => controller.network).join(', ')
  const [stoppedOne] = known.filter(({ alive, kept }) => kept && !alive)
  const start = stoppedOne
    ? `netsplit start ${stoppedOne.network} brings it up again`
    : 'start one: netsplit up'
  const hint = live.length > 0 ? `running: ${running}` : start
  if (wanted !== undefined) {
    const found = live.find(controller => controller.network === wanted)
    if (found) return found
    const foreign = known.find(({ network }) => network === wanted)?.foreign
    if (foreign !== undefined) throw notOurs(foreign)
    if (known.some(({ network, kept }) => network === wanted && kept)) throw stopped(wanted)
    if (known.some(({ network }) => network === wanted))
      throw new UserError(
        EXIT.usage,
        `the controller of ${wanted} has died`,
        `netsplit down ${wanted} removes what it left, and every fault with it`,
      )
    throw new UserError(
      EXIT.usage,
      `no network named ${wanted} is running`,
      didYouMean(
        wanted,
        live.map(({ network }) => network),
      ) ?? hint,
    )
  }
  const [only, ...others] = live
  const [dead] = known.filter(({ alive, kept, foreign }) => foreign === undefined && !alive && !kept)
  if (!only && dead) return findNetwork(dead.network)
  if (!only) throw new UserError(EXIT.usage, 'no network is running', hint)
  if (others.length > 0)
    throw new UserError(EXIT.usage, `${live.length} networks are running`, `pick one with --name: ${running}`)
  return only
}

/** Removes a network's state directory. Whoever claims the name meanwhile is not touched. */
export function remove(known: KnownNetwork): void {
  const grave = join(stateRoot(), `.dead-${known.network}-${randomBytes(4).toString('hex')}`)
  if (!moved(networkDirectory(known.network), grave)) return
  if (isSame(read(grave).controller, known.controller)) rmSync(grave, { recursive: true, force: true })
  // Between the look and the move a new network took the name: give it back.
  else moved(grave, networkDirectory(known.network))
}

/** Somebody is about to take a name, or somebody else's folder it is. */
function isClaiming(directory: string): boolean {
  const { controller, foreign } = read(directory)
  const identity = readIdentity(controller)
  return foreign !== undefined || (identity !== undefined && standingOf(identity) !== 'gone')
}

function inspect(network: string): KnownNetwork | undefined {
  const directory = networkDirectory(network)
  const { controller, foreign } = read(directory)
  if (!controller && !entries().includes(network)) return undefined
  if (foreign !== undefined) return { network, controller: undefined, alive: false, kept: false, foreign }
  const identity = readIdentity(controller)
  // What cannot be told is not swept.
  const alive = identity !== undefined && standingOf(identity) !== 'gone'
  return { network, controller, alive, kept: readKept(network) !== undefined }
}

function read(directory: string): Pick<KnownNetwork, 'controller'> & { readonly foreign?: string } {
  try {
    checkFolder(directory)
    return { controller: parse(readOwn(join(directory, FILE), directory)) }
  } catch (error) {
    if (isTelling(error)) return { controller: undefined }
    return { controller: undefined, foreign: (error as Error).message }
  }
}

/** There is no such file, or nonsense in it: nobody's network. Whatever else keeps us from reading says nothing of the network. */
function isTelling(error: unknown): boolean {
  return error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT'
}

function parse(text: string): ControllerFile | undefined {
  const value = JSON.parse(text) as ControllerFile
  return value.schemaVersion === 1 ? value : undefined
}

/** One that comes up again has the token that it had: only its process tells it from the one before. */
function isSame(one: ControllerFile | undefined, other: ControllerFile | undefined): boolean {
  return one?.token === other?.token && one?.pid === other?.pid && one?.start === other?.start
}

function entries(): string[] {
  try {
    return readdirSync(stateRoot())
  } catch {
    return []
  }
}

/** False when there is nothing to move, or something in the way. */
function moved(from: string, to: string): boolean {
  try {
    renameSync(from, to)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTEMPTY' || code === 'EEXIST') return false
    throw error
  }
}

/** Somebody else has the name. */
export class NameTaken extends UserError {}

function notOurs(why: string): UserError {
  const hint = `make it yours alone (chmod -R go-w), or remove it; the folder is ${stateRoot()}`
  return new UserError(EXIT.environment, why, hint)
}

function stopped(network: string): UserError {
  const hint = `netsplit start ${network} brings it up again with its chain, netsplit down ${network} removes it`
  return new UserError(EXIT.usage, `${network} is stopped`, hint)
}

function taken(network: string): NameTaken {
  const hint = `netsplit status ${network} shows it, netsplit down ${network} ends it, --name gives this one another name`
  return new NameTaken(EXIT.usage, `a network named ${network} is already running`, hint)
}
