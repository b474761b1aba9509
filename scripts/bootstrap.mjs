// The first step of every npm script, in plain JavaScript since nothing is installed yet: checks Node, installs what
// the lock file names when node_modules is missing or stale, then runs scripts/<task>.ts.
// @ts-check

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const modules = join(root, 'node_modules')
const stamp = join(modules, '.netsplit-installed')

checkNode()
install()
await runTask()

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return
  console.error(
    `netsplit needs Node 20.19 or newer; this is ${process.versions.node}. Install one from nodejs.org.`,
  )
  process.exit(4)
}

function install() {
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  console.error('netsplit: installing packages (npm ci) …')
  // npm's own JavaScript when npm runs us: no shell, and the same npm.
  const npm = process.env.npm_execpath
  const [command, args] = npm?.endsWith('.js') ? [process.execPath, [npm]] : ['npm', []]
  const { status } = spawnSync(command, [...args, 'ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  })
  if (status !== 0) {
    console.error('netsplit: npm ci failed; its own message is above.')
    process.exit(4)
  }
  writeFileSync(stamp, wanted)
}

async function runTask() {
  const [task = '', ...args] = process.argv.slice(2)
  const { main } = await importBundled(`scripts/${task}.ts`, `scripts/${task}`)
  process.exitCode = await main(args, importBundled)
}

/**
 * The module `source` (its place in the project), bundled as `dist/<name>.js` and loaded.
 * @param {string} source
 * @param {string} name
 */
async function importBundled(source, name) {
  const { build } = await import('esbuild')
  const outfile = join(root, 'dist', `${name}.js`)
  await build({
    entryPoints: [join(root, source)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    loader: { '.wasm': 'binary', '.yaml': 'text' },
    define: { ROOT_FOLDER: JSON.stringify(root) },
    logLevel: 'error',
  })
  return await import(pathToFileURL(outfile).href)
}
