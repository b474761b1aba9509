// `netsplit init`: a commented spec to start from. Every line stands at its default.

import { rmSync, writeFileSync } from 'node:fs'
import { EXIT, UserError } from '../errors.ts'
import template from '../spec/template.yaml'
import { err, outJson } from '../terminal/outlet.ts'
import type { Options } from './command.ts'

const DEFAULT_FILE = 'netsplit.yaml'

export async function run([file = DEFAULT_FILE]: readonly string[], options: Options): Promise<number> {
  try {
    writeFileSync(file, template, { flag: options.force ? 'w' : 'wx' })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'EEXIST')
      throw new UserError(
        EXIT.usage,
        `${file} is already there`,
        'name another file, or overwrite it with --force',
      )
    // Ours, and cut: whoever makes room calls it again.
    if (!options.force) rmSync(file, { force: true })
    throw new UserError(EXIT.environment, `${file} cannot be written: ${message}`)
  }
  if (options.json) outJson({ file })
  else err(`Wrote ${file}. Launch it: netsplit up${file === DEFAULT_FILE ? '' : ` ${file}`}`)
  return EXIT.ok
}
