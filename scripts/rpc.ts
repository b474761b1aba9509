// Writes docs/rpc.md, made from the table of methods: `npm run rpc` after changing one.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { allMethods, lightMethods } from '../test/support/rpc-table.ts'
import { rpcPage } from './rpc-page.ts'
import { ROOT } from './shared.ts'

export async function main(): Promise<number> {
  const file = join(ROOT, 'docs', 'rpc.md')
  await writeFile(file, rpcPage(allMethods(), lightMethods()))
  console.error(`Wrote ${file}`)
  return 0
}
