// Which netsplit this is: the version, and behind it a digest of the program as it was built, since two builds of one version
// may do different things.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import packageJson from '../../package.json' with { type: 'json' }
import { bundleFile } from './paths.ts'

let known: string | undefined

/** `0.1.0+1a2b3c4d5e6f`. The entry names its chunks by their content, so that its own content tells all of it. */
export function buildVersion(): string {
  known ??= `${packageJson.version}+${digestOf(bundleFile('netsplit.js'))}`
  return known
}

function digestOf(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 12)
}
