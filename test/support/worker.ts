// Builds a worker thread's file for tests that run from source: Node 20 cannot load TypeScript.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

export interface BuiltWorker {
  readonly file: URL
  remove(): Promise<void>
}

/** Bundles `source` (from the project's folder) into a temporary folder, as the build does into dist/. */
export async function buildWorker(source: string): Promise<BuiltWorker> {
  const folder = await mkdtemp(join(tmpdir(), 'netsplit-worker-'))
  const outfile = join(folder, 'worker.mjs')
  await build({
    entryPoints: [fileURLToPath(new URL(`../../${source}`, import.meta.url))],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    loader: { '.wasm': 'binary' },
    logLevel: 'error',
  })
  return { file: pathToFileURL(outfile), remove: () => rm(folder, { recursive: true, force: true }) }
}
