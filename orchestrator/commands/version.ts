// `netsplit version`: what a bug report needs.

import packageJson from '../../package.json' with { type: 'json' }
import { EXIT } from '../errors.ts'
import { out, outJson } from '../terminal/outlet.ts'
import { type Answered, readAnswered } from './request.ts'

export const read = readAnswered

export async function run({ json }: Answered): Promise<number> {
  const versions = {
    netsplit: packageJson.version,
    node: process.versions.node,
    v8: process.versions.v8,
    platform: `${process.platform}-${process.arch}`,
  }
  if (json) outJson(versions)
  else for (const [what, version] of Object.entries(versions)) out(`${what.padEnd(10)}${version}`)
  return EXIT.ok
}
