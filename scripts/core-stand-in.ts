// The stand-in for Core's program (test/support/core-stand-in): `bitcoind` in a folder below dist/, with the node's bundle in it.

import { chmod, copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buildIfStale, bundleNode, fingerprint } from './build.ts'
import { ROOT } from './shared.ts'

const HERE = 'test/support/core-stand-in'

/** Builds it unless it was made of exactly these sources; gives the program's path. */
export async function buildStandIn(): Promise<string> {
  await buildIfStale()
  const folder = join(ROOT, 'dist', 'core-stand-in')
  const stamp = join(folder, '.built')
  const wanted = await fingerprint([HERE])
  const isMade = async () => (await readFile(stamp, 'utf8').catch(() => '')) === wanted
  if (!(await isMade())) {
    const made = `${folder}.${process.pid}`
    await mkdir(made, { recursive: true })
    await bundleNode({ bitcoind: `${HERE}/main.ts` }, made)
    await copyFile(join(ROOT, 'dist', 'miner-worker.cjs'), join(made, 'miner-worker.cjs'))
    // The project's package.json says that a file without an ending is a module; the node's bundle is none.
    const program = join(made, 'bitcoind')
    await writeFile(program, "#!/usr/bin/env node\nimport './bitcoind.cjs'\n")
    await chmod(program, 0o755)
    await writeFile(join(made, '.built'), wanted)
    await rm(folder, { recursive: true, force: true })
    // Whoever was first has put there the same.
    await rename(made, folder).catch(() => rm(made, { recursive: true, force: true }))
  }
  return join(folder, 'bitcoind')
}
