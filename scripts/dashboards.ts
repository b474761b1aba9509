// Writes the Grafana dashboards, made by grafana/dashboards.ts: `npm run dashboards` after changing them.

import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { toGrafana } from '../grafana/builder.ts'
import { DASHBOARDS } from '../grafana/dashboards.ts'
import { ROOT } from './shared.ts'

export async function main(): Promise<number> {
  const folder = join(ROOT, 'grafana', 'dashboards', 'netsplit')
  await mkdir(folder, { recursive: true })
  for (const [file, dashboard] of Object.entries(DASHBOARDS))
    await writeFile(join(folder, file), `${JSON.stringify(toGrafana(dashboard), null, 2)}\n`)
  console.error(`Wrote ${Object.keys(DASHBOARDS).length} dashboards to ${folder}`)
  return 0
}
