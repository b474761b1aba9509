// `npm start`: builds what changed, then launches the demo, or the spec that is named or lies there; flags are passed on.

import { join } from 'node:path'
import { buildIfStale } from './build.ts'
import { ROOT } from './shared.ts'

export async function main(args: readonly string[]): Promise<number> {
  await buildIfStale()
  // In this very process: one Ctrl-C reaches one program, and the terminal is ours.
  process.argv = [process.execPath, join(ROOT, 'dist', 'netsplit.js'), 'up', '--demo', ...args]
  await import(join(ROOT, 'dist', 'netsplit.js'))
  return Number(process.exitCode ?? 0)
}
