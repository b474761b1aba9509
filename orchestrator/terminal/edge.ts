// The edge to the person: every error becomes a sentence with what to do. What nobody expected is a bug; it says so, and where
// its details lie for a report.

import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import packageJson from '../../package.json' with { type: 'json' }
import { EXIT, type ExitCode, UserError } from '../errors.ts'
import { systemTrouble } from '../machine/system-errors.ts'
import { NodeRpcError } from '../network/node-client.ts'
import { RuntimeError } from '../runtime/runtime.ts'
import { err, outJson } from './outlet.ts'

export interface Told {
  readonly message: string
  /** What to do next, one line. */
  readonly hint: string | undefined
  readonly exitCode: ExitCode
}

/** In words for people. Of a bug, all that is known of it is left in a file. */
export function inWords(error: unknown): Told {
  if (error instanceof UserError) return error
  if (error instanceof RuntimeError) {
    const { message, hint } = error
    return { message, hint, exitCode: EXIT.failure }
  }
  if (error instanceof NodeRpcError)
    return { message: `the node answered: ${error.message}`, hint: undefined, exitCode: EXIT.failure }
  return systemTrouble(error) ?? bug(error)
}

function bug(error: unknown): Told {
  const message = error instanceof Error ? error.message : String(error)
  return { message: `${message} (this is a bug in netsplit)`, hint: reportIt(error), exitCode: EXIT.failure }
}

function reportIt(error: unknown): string {
  const { bugs, repository } = packageJson as { bugs?: { url?: string }; repository?: { url?: string } }
  const where = bugs?.url ?? repository?.url ?? 'whom you have netsplit from'
  const details = detailsOf(error)
  const time = new Date().toISOString().replaceAll(/[:.]/g, '-')
  const file = join(tmpdir(), `netsplit-bug-${time}-${process.pid}.txt`)
  try {
    writeFileSync(file, details, { flag: 'wx', mode: 0o600 })
    return `please report it to ${where}, with the file ${file}`
  } catch {
    return `please report it to ${where}, with these lines:\n${details}`
  }
}

/** Nothing of the user's network but what was typed. */
function detailsOf(error: unknown): string {
  const { version, engines } = packageJson
  return [
    `netsplit ${version} (Node ${process.versions.node}, wanted ${engines.node}; ${process.platform} ${process.arch})`,
    `command: ${JSON.stringify(process.argv.slice(2))}`,
    error instanceof Error ? stackOf(error) : `thrown: ${String(error)}`,
    '',
  ].join('\n')
}

function stackOf(error: Error): string {
  const chain = new Set<Error>()
  for (let at: unknown = error; at instanceof Error && !chain.has(at); at = at.cause) chain.add(at)
  return [...chain].map(({ stack, message }) => stack ?? message).join('\ncaused by ')
}

/** Says what went wrong where the caller looks for it, and returns the exit code. */
export function report(error: unknown, json: boolean): number {
  const { message, hint, exitCode } = inWords(error)
  if (json) outJson({ error: { message, hint: hint ?? null } })
  else err(`netsplit: ${message}${hint ? `\n  → ${hint}` : ''}`)
  return exitCode
}

/** Older ones fail later, and nowhere near the reason. The least version stands in package.json alone. */
export function checkNodeVersion(version: string): void {
  const wanted = packageJson.engines.node.replace(/^>=/, '')
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [leastMajor = 0, leastMinor = 0] = wanted.split('.').map(Number)
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return
  throw new UserError(
    EXIT.environment,
    `this is Node ${version}; netsplit needs ${wanted} or newer`,
    'nodejs.org has it',
  )
}
