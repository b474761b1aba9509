// Writes the JSON Schema of a spec, made from the zod schema: `npm run schema` after changing it.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { jsonSchema } from '../orchestrator/spec/schema.ts'
import { ROOT } from './shared.ts'

export async function main(): Promise<number> {
  const file = join(ROOT, 'orchestrator', 'spec', 'netsplit.schema.json')
  await writeFile(file, `${JSON.stringify(jsonSchema(), null, 2)}\n`)
  console.error(`Wrote ${file}`)
  return 0
}
