// Who imports whom, read from the text of the sources; imports of types count, too.

import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

/** File → the files of the same set that it imports. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>

const RELATIVE_IMPORT = /(?:\bfrom\s+|\bimport\s*\(\s*|^import\s+)'(\.{1,2}\/[^']+)'/gm

/** All TypeScript below `folders`, as paths from `root`. */
export function sourcesBelow(root: string, folders: readonly string[]): string[] {
  return folders
    .flatMap(folder =>
      readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
        .filter(entry => entry.isFile() && /\.tsx?$/.test(entry.name))
        .map(entry => relative(root, join(entry.parentPath, entry.name))),
    )
    .sort()
}

export function importsOf(root: string, files: readonly string[]): ImportGraph {
  const known = new Set(files)
  return new Map(
    files.map(file => {
      const text = readFileSync(join(root, file), 'utf8')
      const targets = [...text.matchAll(RELATIVE_IMPORT)].map(([, specifier]) =>
        relative(root, resolve(root, dirname(file), specifier as string)),
      )
      return [file, [...new Set(targets)].filter(target => known.has(target))] as const
    }),
  )
}

/** Groups of files that all reach each other by imports (Tarjan, 1972); none where imports only go down. */
export function circlesIn(graph: ImportGraph): string[][] {
  const order = new Map<string, number>()
  const open: string[] = []
  const circles: string[][] = []
  const visit = (file: string): number => {
    const index = order.size
    order.set(file, index)
    open.push(file)
    let low = index
    for (const next of graph.get(file) ?? []) {
      if (!order.has(next)) low = Math.min(low, visit(next))
      else if (open.includes(next)) low = Math.min(low, order.get(next) as number)
    }
    if (low !== index) return low
    const group = open.splice(open.indexOf(file)).sort()
    if (group.length > 1 || graph.get(file)?.includes(file)) circles.push(group)
    return low
  }
  for (const file of graph.keys()) if (!order.has(file)) visit(file)
  return circles
}
