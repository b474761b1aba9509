// What the scripts share: where the project is, and how a program is run.

import { type SpawnOptions, spawn } from 'node:child_process'

declare const ROOT_FOLDER: string

/** The project's folder (set by bootstrap.mjs). */
export const ROOT = ROOT_FOLDER

/** Bundles and loads a module of the project; bootstrap.mjs gives it to every script. */
export type ImportBundled = <T>(source: string, name: string) => Promise<T>

/** Runs a program with our own output; resolves with its exit code (1 when a signal ended it). */
export function run(command: string, args: readonly string[], options: SpawnOptions = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: 'inherit', ...options })
    child.on('error', reject)
    child.on('exit', code => resolve(code ?? 1))
  })
}
