// A run directory, read back: what was run, and what came of it.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { EXIT, UserError } from '../errors.ts'
import { parseStored, type Stored } from '../report/stored.ts'
import type { CheckReport } from '../run/perform.ts'
import type { Plan } from '../spec/types.ts'

export interface Recorded {
  readonly directory: string
  readonly plan: Plan
  readonly specYaml: string
  /** Undefined for a run that checked nothing, or did not come to its end. */
  readonly checks: readonly CheckReport[] | undefined
  /** How long it ran, in its own time; undefined when it did not come to its end. */
  readonly seconds: number | undefined
}

/** Throws UserError (exit 2) for what is no run directory. */
export function readRecord(directory: string): Recorded {
  const stored = <Name extends keyof Stored>(name: Name, text: string) =>
    parseStored(name, join(directory, name), text)
  const plan = stored('plan.json', required(directory, 'plan.json'))
  const checks = optional(directory, 'checks.json')
  const report = optional(directory, 'report.json')
  return {
    directory,
    plan,
    specYaml: required(directory, 'spec.yaml'),
    checks: checks === undefined ? undefined : stored('checks.json', checks),
    seconds: report === undefined ? undefined : stored('report.json', report).seconds,
  }
}

/** Names of the checks that failed. */
export function failedChecks(checks: readonly CheckReport[]): string[] {
  return checks.filter(({ passed }) => !passed).map(({ name }) => name)
}

function required(directory: string, name: string): string {
  const text = optional(directory, name)
  if (text !== undefined) return text
  throw new UserError(
    EXIT.usage,
    `${directory} is no run directory: it has no ${name}`,
    'a run directory is a folder below netsplit-runs/',
  )
}

function optional(directory: string, name: string): string | undefined {
  try {
    return readFileSync(join(directory, name), 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new UserError(EXIT.environment, `cannot read ${join(directory, name)} (${code})`)
  }
}
