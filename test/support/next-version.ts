// Programs that say that they are a later version than they are: copies of ours with another number in them.

import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { bundleFile } from '../../orchestrator/machine/paths.ts'
import packageJson from '../../package.json' with { type: 'json' }
import { standIn } from './core-stand-in/program.ts'
import { temporaryDirectory } from './node-config.ts'

export const NEXT_VERSION = '0.99.7'

/** The stand-in for Core's program; gives its path. */
export async function nextStandIn(): Promise<string> {
  const program = await standIn()
  const folder = join(temporaryDirectory(), 'next')
  cpSync(dirname(program), folder, { recursive: true })
  // As the project's says it, whose folder it has left.
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'))
  renumber(join(folder, 'bitcoind.cjs'))
  return join(folder, basename(program))
}

/** Our own node; gives the folder. */
export function nextBuild(): string {
  const folder = temporaryDirectory()
  const from = dirname(bundleFile('node.cjs'))
  for (const name of ['node.cjs', 'miner-worker.cjs', 'wasm'])
    cpSync(join(from, name), join(folder, name), { recursive: true })
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'))
  renumber(join(folder, 'node.cjs'))
  return folder
}

function renumber(file: string): void {
  const text = readFileSync(file, 'utf8')
  const renumbered = text.replace(`version:"${packageJson.version}"`, `version:"${NEXT_VERSION}"`)
  if (renumbered === text) throw new Error(`${file} has no version in it`)
  writeFileSync(file, renumbered)
}
