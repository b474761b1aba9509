// `netsplit init`: a commented spec to start from. Every line stands at its default.

import { rmSync, writeFileSync } from 'node:fs'
import { EXIT, UserError } from '../errors.ts'
import template from '../spec/template.yaml'
import { err, outJson } from '../terminal/outlet.ts'
import type { ArgsOf, FlagsOf } from './command.ts'
import { type Answered, readAnswered } from './request.ts'

const DEFAULT_FILE = 'netsplit.yaml'

export interface InitRequest extends Answered {
  readonly file: string
  /** Over what is there. */
  readonly force: boolean
}

export function read([file = DEFAULT_FILE]: ArgsOf<'init'>, flags: FlagsOf<'init'>): InitRequest {
  return { file, force: flags.force === true, ...readAnswered([], flags) }
}

export async function run({ file, force, json }: InitRequest): Promise<number> {
  try {
    writeFileSync(file, template, { flag: force ? 'w' : 'wx' })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'EEXIST')
      throw new UserError(
        EXIT.usage,
        `${file} is already there`,
        'name another file, or overwrite it with --force',
      )
    // Ours, and cut: whoever makes room calls it again.
    if (!force) rmSync(file, { force: true })
    throw new UserError(EXIT.environment, `${file} cannot be written: ${message}`)
  }
  if (json) outJson({ file })
  else err(`Wrote ${file}. Launch it: netsplit up${file === DEFAULT_FILE ? '' : ` ${file}`}`)
  return EXIT.ok
}
