// Builds dist/: the hashing core (SIMD and scalar .wasm), then the bundles of the node, its miner, the gateway and the command line.

import { createHash } from 'node:crypto'
import { chmod, copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type BuildOptions, build as esbuild, type Plugin } from 'esbuild'
import { ROOT, run } from './shared.ts'

const SOURCES = [
  'assembly',
  'node',
  'orchestrator',
  'scripts',
  'asconfig.json',
  'package-lock.json',
  'package.json',
]
const DIST = join(ROOT, 'dist')
const STAMP = join(DIST, '.built')

export async function main(_args: readonly string[]): Promise<number> {
  const startedMs = performance.now()
  await rm(STAMP, { force: true })
  await mkdir(DIST, { recursive: true })
  await buildWasm()
  await bundleInto(DIST)
  await writeFile(STAMP, await fingerprint())
  console.error(`netsplit: built in ${((performance.now() - startedMs) / 1000).toFixed(1)} s`)
  return 0
}

/** Builds unless dist/ was made from exactly these sources. */
export async function buildIfStale(): Promise<void> {
  const built = await readFile(STAMP, 'utf8').catch(() => '')
  if (built !== (await fingerprint())) await main([])
}

/** All bundles; `plugins` may change what goes into them. */
export async function bundleInto(dist: string, plugins: readonly Plugin[] = []): Promise<void> {
  // Code compiled from earlier bundles goes as well (node/host/warm.ts).
  for (const old of ['chunks', '.compile-cache']) await rm(join(dist, old), { recursive: true, force: true })
  const bundle = ({ outdir, ...options }: Bundle) =>
    esbuild({
      ...options,
      outdir: join(dist, outdir),
      plugins: [...plugins, ...(options.plugins ?? [])],
    })
  await Promise.all([COMMAND_LINE, NODE, WARM, GATEWAY, MINER, WEB_PAGE].map(bundle))
  await chmod(join(dist, 'netsplit.js'), 0o755)
  // Types alone: they are a declaration as they are.
  await copyFile(join(ROOT, 'node', 'strategy', 'api.ts'), join(dist, 'strategy.d.ts'))
}

/** A bundle like the node's, of another program that has a node in it. */
export async function bundleNode(entryPoints: Record<string, string>, outdir: string): Promise<void> {
  await esbuild({ ...NODE, entryPoints, outdir })
}

async function buildWasm(): Promise<void> {
  const asc = join(ROOT, 'node_modules', 'assemblyscript', 'bin', 'asc.js')
  const targets = ['simd', 'scalar'].map(target =>
    run(process.execPath, [
      asc,
      'assembly/index.ts',
      ...['--config', 'asconfig.json', '--target', target],
      ...['--transform', './assembly/unroll.mjs'], // asc resolves it rightly only from here
    ]),
  )
  if ((await Promise.all(targets)).some(code => code !== 0))
    throw new Error('the hashing core does not compile')
}

/** `outdir`: below dist. */
type Bundle = BuildOptions & { readonly outdir: string }

const COMMON: BuildOptions = {
  absWorkingDir: ROOT,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  minifySyntax: true,
  sourcemap: false,
  legalComments: 'none',
  logLevel: 'error',
  loader: { '.wasm': 'binary', '.yaml': 'text' },
  define: { 'process.env.NODE_ENV': '"production"' },
  // Native or self-locating packages stay packages; Ink's developer tools are never loaded.
  external: ['classic-level', 'tiny-secp256k1', 'dockerode', 'react-devtools-core'],
}

const CJS: BuildOptions = { ...COMMON, format: 'cjs', outExtension: { '.js': '.cjs' } }

/** Bundled CommonJS packages call `require` for Node's own modules. */
const REQUIRE = `import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);`

const COMMAND_LINE: Bundle = {
  ...COMMON,
  entryPoints: { netsplit: 'orchestrator/main.ts' },
  outdir: '.',
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  banner: { js: `#!/usr/bin/env node\n${REQUIRE}` },
}

/** LevelDB's JavaScript goes into the bundle; its native part finds itself by where its package lies. */
const NATIVE_STAYS: Plugin = {
  name: 'native-stays',
  setup(build) {
    build.onResolve({ filter: /^\.\/binding$/ }, ({ resolveDir }) =>
      resolveDir.endsWith('classic-level') ? { path: 'classic-level/binding.js', external: true } : undefined,
    )
  },
}

/**
 * Many nodes start at once, so each counts its milliseconds: one CommonJS file is read and linked with 25 ms of CPU less
 * than the same as a module with its packages beside it (145 → 120 ms; Node alone takes 60).
 */
const NODE: Bundle = {
  ...CJS,
  entryPoints: { node: 'node/main.ts' },
  outdir: '.',
  // The source stays in each node's memory: without comments it is Latin-1, and 0.7 MB instead of 1.7.
  minifyWhitespace: true,
  lineLimit: 120,
  external: ['tiny-secp256k1'],
  plugins: [NATIVE_STAYS],
  define: { ...COMMON.define, 'import.meta.url': '__url' },
  banner: { js: `const __url = require('node:url').pathToFileURL(__filename).href;` },
}

/** Runs a bundle from code that was compiled before. */
const WARM: Bundle = { ...CJS, entryPoints: { warm: 'node/host/warm.ts' }, outdir: '.' }

/** What it does not need it does not hold: a network's gateway is to be small. */
const GATEWAY: Bundle = { ...CJS, entryPoints: { gateway: 'orchestrator/gateway/main.ts' }, outdir: '.' }

/** A mining thread: it is given the compiled module that it hashes with, so it does not hold the core, and 2 MB less. */
const MINER: Bundle = {
  ...CJS,
  entryPoints: { 'miner-worker': 'node/host/miner-worker.ts' },
  outdir: '.',
  loader: { ...COMMON.loader, '.wasm': 'empty' },
}

/** The web page: its script, its style, its HTML as it is. */
const WEB_PAGE: Bundle = {
  absWorkingDir: ROOT,
  entryPoints: {
    app: 'orchestrator/web/client/main.ts',
    style: 'orchestrator/web/client/style.css',
    index: 'orchestrator/web/client/index.html',
  },
  outdir: 'web',
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  loader: { '.html': 'copy' },
  legalComments: 'none',
  logLevel: 'error',
}

/** Names and contents of all sources, and of more files and folders, as one digest. */
export async function fingerprint(more: readonly string[] = []): Promise<string> {
  const hash = createHash('sha256').update(process.versions.node)
  for (const path of [...SOURCES, ...more]) await digest(join(ROOT, path), hash)
  return hash.digest('hex')
}

async function digest(path: string, hash: ReturnType<typeof createHash>): Promise<void> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => undefined)
  if (!entries) {
    hash.update(path.slice(ROOT.length)).update(await readFile(path))
    return
  }
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1)))
    await digest(join(path, entry.name), hash)
}
