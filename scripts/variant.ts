// A netsplit in which other modules take the place of some: one more service, one more system. For tests; in a folder of its
// own below dist/, complete as a package is, so that its command line starts its own nodes and makes an image of them.

import { createHash } from 'node:crypto'
import { cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { Plugin } from 'esbuild'
import { buildIfStale, bundleInto, fingerprint } from './build.ts'
import { ROOT } from './shared.ts'

/** Module → the one in its place, both as paths from the project's folder. */
export type Replacements = Readonly<Record<string, string>>

/** What a package has beside dist/. */
const BESIDE = ['package.json', '.dockerignore', 'docker', 'grafana']

/** Builds it unless it was made of exactly these sources; gives its folder. */
export async function buildVariant(name: string, replacements: Replacements): Promise<string> {
  await buildIfStale()
  const folder = join(ROOT, 'dist', 'variants', name)
  const stamp = join(folder, '.built')
  const wanted = await stampOf(replacements)
  const isMade = async () => (await readFile(stamp, 'utf8').catch(() => '')) === wanted
  if (await isMade()) return folder
  // Beside its place, and then put there whole: test files that run side by side may want the same at once.
  const made = `${folder}.${process.pid}`
  await mkdir(join(made, 'dist'), { recursive: true })
  for (const path of BESIDE) await cp(join(ROOT, path), join(made, path), { recursive: true })
  await bundleInto(join(made, 'dist'), [replacing(replacements)])
  await writeFile(join(made, '.built'), wanted)
  if (!(await isMade())) await rm(folder, { recursive: true, force: true })
  // Whoever was first has put there the same.
  await rename(made, folder).catch(() => rm(made, { recursive: true, force: true }))
  return folder
}

/** Of all sources, and of what lies beside the replacements. */
async function stampOf(replacements: Replacements): Promise<string> {
  const folders = [...new Set(Object.values(replacements).map(dirname))].sort()
  const hash = createHash('sha256').update(JSON.stringify(replacements))
  return hash.update(await fingerprint(folders)).digest('hex')
}

/** Whoever imports a module gets the other; that one alone gets the module itself. */
function replacing(replacements: Replacements): Plugin {
  const others = new Map(
    Object.entries(replacements).map(([module, other]) => [join(ROOT, module), join(ROOT, other)]),
  )
  return {
    name: 'replacing',
    setup(build) {
      build.onResolve({ filter: /^\.{1,2}\// }, ({ path, importer, resolveDir }) => {
        const other = others.get(resolve(resolveDir, path))
        return other === undefined || other === importer ? undefined : { path: other }
      })
    },
  }
}
