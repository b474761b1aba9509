// Which run's volumes hold a network's chain.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** In the network's folder. */
const DATA_FILE = 'volumes'

/** The one that the network's folder remembers, or this one from now on. */
export function dataOf(directory: string, run: string): string {
  const file = join(directory, DATA_FILE)
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    writeFileSync(file, `${run}\n`, { mode: 0o600 })
    return run
  }
}
