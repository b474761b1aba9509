// Other people's programs on this machine, for scenarios that want one and were told none.

import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { basename, delimiter, join, resolve } from 'node:path'
import { CLIENTS, clientNamed } from '../clients/all.ts'
import { launchOf } from '../clients/client.ts'
import { EXIT, UserError } from '../errors.ts'
import type { PlannedNode } from '../spec/types.ts'

export interface FoundProgram {
  readonly client: string
  readonly program: string
}

/** Says which: a path. */
const CLIENT_VARIABLE = 'NETSPLIT_CLIENT'

/** And the one that it is to become, in the scenario `upgrade`. */
export const UPGRADE_VARIABLE = 'NETSPLIT_UPGRADE'

/** The one that the variable names, or the first that is here. Throws UserError (exit 4) that says what to do. */
export function theirProgram(scenario: string, env: NodeJS.ProcessEnv = process.env): FoundProgram {
  const named = env[CLIENT_VARIABLE]
  if (named !== undefined && named !== '') {
    if (!existsSync(named))
      throw new UserError(EXIT.environment, `${CLIENT_VARIABLE}=${named}: there is no such program`)
    return { client: clientOf(named), program: resolve(named) }
  }
  const found = onPath(env.PATH ?? '') ?? inPackages()
  if (found) return found
  throw new UserError(
    EXIT.environment,
    `${scenario} wants another program beside ours, and none is here`,
    `install one (bitcoind on the path, or npm i --ignore-scripts bcoin@1.0.2), or say where it is: ${CLIENT_VARIABLE}=/opt/bitcoin/bin/bitcoind, or --set nodes.theirs.program=…`,
  )
}

/** By its name: bitcoind-28 is bitcoind; what has none of their names takes the command line of the first. */
function clientOf(program: string): string {
  const name = basename(program)
  return CLIENTS.find(client => name.startsWith(client.name))?.name ?? (CLIENTS[0]?.name as string)
}

function onPath(path: string): FoundProgram | undefined {
  for (const { name, binary } of CLIENTS) {
    const program = binary === true ? inFolders(path, name) : undefined
    if (program !== undefined) return { client: name, program }
  }
  return undefined
}

function inFolders(path: string, name: string): string | undefined {
  const folder = path.split(delimiter).find(each => each !== '' && isExecutable(join(each, name)))
  return folder === undefined ? undefined : join(folder, name)
}

/** Throws UserError (exit 4) for a node whose program is not on this machine, where it is to be. */
export function refuseMissing(
  { name, group, client }: PlannedNode,
  env: NodeJS.ProcessEnv = process.env,
): void {
  const launch = launchOf(client)
  if (!client?.said || !launch || launch.image !== undefined) return
  const isPackage = clientNamed(client.name)?.binary === false
  const [command] = launch.argv
  const program = isPackage ? (client.said.program ?? '') : command
  if (program.startsWith('{')) return
  const { there, what } = isPackage
    ? lookInPackage(client.name, program)
    : program.includes('/')
      ? { there: isExecutable(program), what: `no program ${program}` }
      : { there: inFolders(env.PATH ?? '', program) !== undefined, what: `no ${program} on the path` }
  if (there) return
  throw new UserError(
    EXIT.environment,
    `${name}: there is ${what}`,
    `install it, or say where it is: nodes.${group}.program`,
  )
}

function lookInPackage(client: string, folder: string): { readonly there: boolean; readonly what: string } {
  if (folder === '') return { there: false, what: `no package of ${client}` }
  return { there: existsSync(join(folder, 'package.json')), what: `no package of ${client} in ${folder}` }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}

/** A package of npm, where it was installed beside. */
function inPackages(): FoundProgram | undefined {
  for (const { name, binary } of CLIENTS) {
    const folder = resolve('node_modules', name)
    if (binary === false && existsSync(join(folder, 'package.json'))) return { client: name, program: folder }
  }
  return undefined
}
