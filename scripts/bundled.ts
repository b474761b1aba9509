// TypeScript of the project's own that a script runs: bundled into dist/, where workers and bundles are found as in the product.

import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { ROOT } from './shared.ts'

/** The module `source` (its place in the project), bundled as `dist/<name>.js` and loaded. */
export async function importBundled<T>(source: string, name: string): Promise<T> {
  const outfile = join(ROOT, 'dist', `${name}.js`)
  await build({
    entryPoints: [join(ROOT, source)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    loader: { '.wasm': 'binary', '.yaml': 'text' },
    define: { ROOT_FOLDER: JSON.stringify(ROOT) },
    logLevel: 'error',
  })
  return (await import(pathToFileURL(outfile).href)) as T
}
