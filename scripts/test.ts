// `npm test`: format, lint, import rules, types, then every suite that this machine can run. Names given limit the suites.

import { readFile, rm } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { buildIfStale } from './build.ts'
import { ROOT, run } from './shared.ts'

const BIN = join(ROOT, 'node_modules', '.bin')
const REAL_PARTS = ['process', 'docker', 'web']

export async function main(args: readonly string[]): Promise<number> {
  await buildIfStale()
  const lint = await step('format, lint and import rules', join(BIN, 'biome'), [
    'check',
    '--error-on-warnings',
    '.',
  ])
  const types =
    (await step('types', join(BIN, 'tsc'), [])) ||
    (await step('types of the web page', join(BIN, 'tsc'), ['-p', 'orchestrator/web/client']))
  const first = await suites(args)
  const again =
    first.failedFiles.length > 0 && first.failedFiles.every(hasRealParts) && (await runAgain(first))
  const { tests, skipped } = first
  const { failed: failures, code } = again || first
  const broken = [lint, types].filter(code => code !== 0).length
  const skippedFails = process.env.CI !== undefined && skipped > 0
  if (skippedFails) console.error(`netsplit: ${skipped} tests were skipped; under CI that is a failure`)
  console.log(
    `${tests - failures - skipped + 2 - broken} passed, ${failures + broken} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`,
  )
  return broken > 0 || code !== 0 || skippedFails ? 1 : 0
}

interface Outcome {
  readonly code: number
  readonly tests: number
  readonly failed: number
  readonly skipped: number
  /** Paths below the project's folder. */
  readonly failedFiles: readonly string[]
  readonly failedTests: readonly string[]
}

async function suites(args: readonly string[], what = 'suites'): Promise<Outcome> {
  const file = join(ROOT, 'dist', 'vitest.json')
  await rm(file, { force: true })
  const code = await step(what, join(BIN, 'vitest'), [
    'run',
    '--reporter=default',
    '--reporter=json',
    `--reporter=${join(ROOT, 'scripts', 'suite-times.ts')}`,
    `--outputFile.json=${file}`,
    ...args,
  ])
  const report: Report = JSON.parse(await readFile(file, 'utf8'))
  const failed = report.testResults.filter(({ status }) => status === 'failed')
  return {
    code,
    tests: report.numTotalTests,
    failed: report.numFailedTests,
    skipped: report.numPendingTests,
    failedFiles: [...new Set(failed.map(({ name }) => relative(ROOT, name)))],
    failedTests: failed.flatMap(({ assertionResults }) =>
      assertionResults.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName),
    ),
  }
}

/** What vitest's JSON reporter writes, as far as it is read here. */
interface Report {
  readonly numTotalTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[]
  }[]
}

/** Suites of real processes, containers and browsers: a machine that stalls can fail them. All others must pass at once. */
function hasRealParts(file: string): boolean {
  return REAL_PARTS.some(suite => file.startsWith(join('test', suite, sep)))
}

/** The files once more, alone; what fails again is broken, what passes only now is said to be unsteady. */
async function runAgain({ failedFiles: files, failedTests }: Outcome): Promise<Outcome> {
  const projects = REAL_PARTS.map(suite => `--project=${suite}`)
  const again = await suites(
    ['--no-file-parallelism', ...projects, ...files],
    `once more, alone: ${files.join(', ')}`,
  )
  if (again.failedFiles.length === 0)
    console.error(
      `netsplit: UNSTEADY, failed once and passed alone: ${failedTests.join('; ') || files.join(', ')}`,
    )
  return again
}

async function step(what: string, command: string, args: readonly string[]): Promise<number> {
  console.error(`\nnetsplit: ${what}`)
  return run(command, args)
}
