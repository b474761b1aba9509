// `npm run theory [-- <figure> …]`: measures what docs/theory.md compares with theory, draws its plots and fills in its tables.

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Figure } from '../test/theory/figures.ts'
import { buildIfStale } from './build.ts'
import { type ImportBundled, ROOT } from './shared.ts'

const DOCS = join(ROOT, 'docs')

export async function main(args: readonly string[], importBundled: ImportBundled): Promise<number> {
  await buildIfStale()
  const { FIGURES } = await importBundled<typeof import('../test/theory/figures.ts')>(
    'test/theory/figures.ts',
    'scripts/theory-figures',
  )
  const wanted = args.length > 0 ? args : Object.keys(FIGURES)
  const page = join(DOCS, 'theory.md')
  for (const each of wanted) {
    const draw = FIGURES[each]
    if (draw === undefined) {
      console.error(`theory: there is no figure ${each}: they are ${Object.keys(FIGURES).join(', ')}`)
      return 2
    }
    const { name, svg, table } = await draw()
    await writeFile(join(DOCS, `theory-${name}.svg`), svg)
    await writeFile(page, filledIn(await readFile(page, 'utf8'), name, table))
    console.error(`theory: ${name} measured`)
  }
  return 0
}

/** The page with this table between its two marks. */
function filledIn(text: string, name: string, [head = [], ...rows]: Figure['table']): string {
  const [begin, end] = [`<!-- ${name} -->\n`, `<!-- end of ${name} -->`]
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`docs/theory.md has no place for the table ${name}`)
  const lines = [head, head.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |\n`)
  return text.slice(0, from + begin.length) + lines.join('') + text.slice(to)
}
