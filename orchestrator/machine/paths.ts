// Where things live: the state of live networks, and the package's own bundles.

import { existsSync, mkdirSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { EXIT, UserError } from '../errors.ts'

/** Network names become folder names and container names. */
const NETWORK_NAME = /^[a-z0-9][a-z0-9-]{0,39}$/

/** The name itself, or a usage error: nothing that is not a plain name ever reaches a path. */
export function networkName(name: string): string {
  if (NETWORK_NAME.test(name)) return name
  throw new UserError(
    EXIT.usage,
    `${JSON.stringify(name)} is not a network name`,
    'use 1 to 40 lower-case letters, digits and dashes, beginning with a letter or digit',
  )
}

export function isNetworkName(name: string): boolean {
  return NETWORK_NAME.test(name)
}

/** `$XDG_STATE_HOME/netsplit`; a relative XDG_STATE_HOME is invalid by its specification and ignored. */
export function stateRoot(): string {
  const home = process.env.XDG_STATE_HOME
  return join(home && isAbsolute(home) ? home : join(homedir(), '.local', 'state'), 'netsplit')
}

/** State of one live network: controller.json, the nodes' token, configurations and data. */
export function networkDirectory(network: string): string {
  return join(stateRoot(), networkName(network))
}

/** Makes a folder and those above it; what stands in the way is the user's to mend. */
export function makeFolder(folder: string, mode?: number): void {
  try {
    makeFolders(folder, mode)
  } catch (error) {
    throw new UserError(EXIT.environment, `cannot make the folder ${folder}: ${(error as Error).message}`)
  }
}

/** As Node's own with `recursive`, which does not come back where a file system has no room for folders at all (/proc). */
export function makeFolders(folder: string, mode?: number): void {
  if (isFolder(folder)) return
  if (dirname(folder) !== folder) makeFolders(dirname(folder), mode)
  try {
    mkdirSync(folder, mode)
  } catch (error) {
    if (!isFolder(folder)) throw error
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

/** The package's folder, from wherever this code runs (a bundle, one of its chunks, or the sources under test). */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder)
  return folder
}

/** A file of dist/. */
export function bundleFile(name: string): string {
  return join(packageRoot(), 'dist', name)
}
