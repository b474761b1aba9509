// Files that contents of a spec are made from: looked for where the spec is read, so that the plan has their lengths.

import { readdirSync, type Stats, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { plural } from '../format.ts'
import { bittorrentProblems } from '../systems/bittorrent/rules.ts'
import type { BittorrentSpec, ContentSpec } from '../systems/bittorrent/spec.ts'
import { namedNodes } from './placed.ts'
import type { Problem } from './problem.ts'
import type { Spec } from './schema.ts'

const MAX_FILES = 10_000

type Found = NonNullable<ContentSpec['found']>

interface WithContents {
  readonly bittorrent: BittorrentSpec
}

/** The spec with what lies at each `from`; `file`: where it stands. */
export function withContents(spec: Spec, file: string): { spec: Spec; problems: Problem[] } {
  const { bittorrent } = spec as Spec & WithContents
  if (bittorrent.content.every(({ from }) => from === undefined)) return { spec, problems: [] }
  const problems: Problem[] = []
  const content = bittorrent.content.map((each, i) => {
    if (each.from === undefined || each.found) return each
    const path = resolve(dirname(file), each.from)
    try {
      return { ...each, path, found: filesAt(path, each.from) }
    } catch (error) {
      problems.push({ path: ['bittorrent', 'content', i, 'from'], message: (error as Error).message })
      return each
    }
  })
  const whole = { ...spec, bittorrent: { ...bittorrent, content } }
  if (problems.length > 0) return { spec, problems }
  // What is there may not fit what else is said of it.
  const nodes = namedNodes(spec)
  const late = bittorrentProblems(whole.bittorrent, nodes, nodes, undefined)
  return { spec: whole, problems: late.map(each => ({ ...each, path: ['bittorrent', ...each.path] })) }
}

/** The file, or those in the folder, by their names. Throws an Error that says what is wrong with it. */
export function filesAt(path: string, said: string): Found {
  const stats = statAt(path, said)
  if (stats.isFile()) {
    if (stats.size === 0) throw new Error(`${said} is empty`)
    return [{ path: [basename(path)], length: stats.size }]
  }
  if (!stats.isDirectory()) throw new Error(`${said} is neither a file nor a folder`)
  const found = below(path, [])
  if (found.length > MAX_FILES) throw new Error(`${said} has more than ${plural(MAX_FILES, 'file')}`)
  if (found.every(({ length }) => length === 0)) throw new Error(`${said} has no file with a byte in it`)
  return found
}

function statAt(path: string, said: string): Stats {
  try {
    return statSync(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new Error(code === 'ENOENT' ? `there is no ${said} (${path})` : `${said} cannot be read (${code})`)
  }
}

function below(folder: string, above: readonly string[]): Found {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))
  const found: Found = []
  for (const entry of entries) {
    if (found.length > MAX_FILES) break
    const path = [...above, entry.name]
    if (entry.isDirectory()) found.push(...below(join(folder, entry.name), path))
    else if (entry.isFile()) found.push({ path, length: statSync(join(folder, entry.name)).size })
  }
  return found
}
