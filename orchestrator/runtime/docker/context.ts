// The files that the node image is made of: what the whitelist in .dockerignore lets through, the same as by hand.

import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { type ArchiveFile, makeTar } from './tar.ts'

export const DOCKERFILE = 'docker/Dockerfile'
const IGNORE_FILE = '.dockerignore'
const PACKAGES = 'node_modules/'

export const NODE_IMAGE = 'netsplit-node'

export interface BuildContext {
  readonly tar: Buffer
  /** Digest of the whole context: two equal ones make the same image. */
  readonly hash: string
}

/** `root`: the package's folder. */
export function readContext(root: string): BuildContext {
  const files = contextFiles(root).map(path => ({ path, bytes: readFileSync(locate(root, path)) }))
  const dockerfile: ArchiveFile = { path: DOCKERFILE, bytes: readFileSync(join(root, DOCKERFILE)) }
  const ignore: ArchiveFile = { path: IGNORE_FILE, bytes: readFileSync(join(root, IGNORE_FILE)) }
  // The engine leaves out the Dockerfile again, as .dockerignore says, once it has read it.
  const tar = makeTar([dockerfile, ignore, ...files])
  return { tar, hash: createHash('sha256').update(tar).digest('hex').slice(0, 16) }
}

/** Named by its content: an image that is there is the right one. */
export function tagOf({ hash }: BuildContext): string {
  return `${NODE_IMAGE}:${hash}`
}

/** What the Dockerfile builds upon. */
export function baseImage(root: string): string {
  const from = /^FROM (\S+)$/m.exec(readFileSync(join(root, DOCKERFILE), 'utf8'))?.[1]
  if (from === undefined) throw new Error(`${DOCKERFILE} has no FROM line`)
  return from
}

/** Every file that the whitelist lets through, sorted. */
export function contextFiles(root: string): string[] {
  const patterns = whitelist(readFileSync(join(root, IGNORE_FILE), 'utf8'))
  return patterns.flatMap(pattern => expand(root, '', pattern.split('/'))).sort()
}

/** The paths that a `*` followed by `!path` lines lets through; any other form is refused rather than misread. */
export function whitelist(text: string): string[] {
  const [first, ...lines] = text
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '' && !line.startsWith('#'))
  const odd =
    first === '*'
      ? lines.find(line => line.includes('**') || !/^![\w@.*-]+(\/[\w@.*-]+)*$/.test(line))
      : first
  if (odd !== undefined)
    throw new Error(`${IGNORE_FILE} is a whitelist: "*", then "!path" lines, not "${odd}"`)
  return lines.map(line => line.slice(1))
}

/** The files that a pattern names; a folder stands for all that is in it. */
function expand(root: string, folder: string, [part, ...rest]: readonly string[]): string[] {
  const here = locate(root, folder)
  if (part === undefined) {
    if (!existsSync(here)) return []
    if (!statSync(here).isDirectory()) return [folder]
    return readdirSync(here).flatMap(name => expand(root, `${folder}/${name}`, []))
  }
  const inside = (name: string) => (folder === '' ? name : `${folder}/${name}`)
  if (!part.includes('*')) return expand(root, inside(part), rest)
  const match = new RegExp(`^${part.replaceAll('.', '\\.').replaceAll('*', '[^/]*')}$`)
  return readdirSync(here).flatMap(name => (match.test(name) ? expand(root, inside(name), rest) : []))
}

/** Where a file of the context lies: a package may have been installed beside netsplit rather than below it. */
function locate(root: string, path: string): string {
  const direct = join(root, path)
  if (!path.startsWith(PACKAGES) || existsSync(direct)) return direct
  const [name = '', ...rest] = path.slice(PACKAGES.length).split('/')
  const folders = createRequire(join(root, 'package.json')).resolve.paths(name) ?? []
  const found = folders
    .map(folder => join(folder, name))
    .find(folder => existsSync(join(folder, 'package.json')))
  return found ? join(dirname(found), name, ...rest) : direct
}
