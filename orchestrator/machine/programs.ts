// Other people's programs on this machine, for scenarios that want one and were told none.

import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { basename, delimiter, join, resolve } from 'node:path'
import { CLIENTS } from '../clients/all.ts'
import { EXIT, UserError } from '../errors.ts'

export interface FoundProgram {
  readonly client: string
  readonly program: string
}

/** Says which: a path. */
export const CLIENT_VARIABLE = 'NETSPLIT_CLIENT'

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
    if (binary !== true) continue
    const folder = path.split(delimiter).find(each => each !== '' && isExecutable(join(each, name)))
    if (folder !== undefined) return { client: name, program: join(folder, name) }
  }
  return undefined
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
