// `npm test`: format, lint, import rules, types, then every suite that this machine can run. Names given limit the suites.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buildIfStale } from './build.ts'
import { ROOT, run } from './shared.ts'

const BIN = join(ROOT, 'node_modules', '.bin')

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
  const report = join(ROOT, 'dist', 'vitest.json')
  const suites = await step('suites', join(BIN, 'vitest'), [
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...args,
  ])
  const {
    numPassedTests: passed,
    numFailedTests: failed,
    numPendingTests: skipped,
  } = JSON.parse(await readFile(report, 'utf8'))
  const broken = [lint, types].filter(code => code !== 0).length
  const skippedFails = process.env.CI !== undefined && skipped > 0
  if (skippedFails) console.error(`netsplit: ${skipped} tests were skipped; under CI that is a failure`)
  console.log(
    `${passed + 2 - broken} passed, ${failed + broken} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`,
  )
  return lint !== 0 || types !== 0 || suites !== 0 || skippedFails ? 1 : 0
}

async function step(what: string, command: string, args: readonly string[]): Promise<number> {
  console.error(`\nnetsplit: ${what}`)
  return run(command, args)
}
