// `npm run bench -- <name> [--json]`: runs test/bench/<name>.ts and prints its table, or its JSON document. Further options are
// the bench's own.

import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type BenchResult, machine } from '../test/bench/result.ts'
import { buildIfStale } from './build.ts'
import { type ImportBundled, ROOT } from './shared.ts'

const NO_BENCHES = [
  'attackers.ts',
  'conformance-rpc.ts',
  'contenders.ts',
  'largest-transaction.ts',
  'options.ts',
  'result.ts',
  'says.ts',
]

interface Bench {
  /** `args`: those behind its name. */
  run(args: readonly string[]): Promise<BenchResult>
}

export async function main(args: readonly string[], importBundled: ImportBundled): Promise<number> {
  const folder = join(ROOT, 'test', 'bench')
  const names = (await readdir(folder))
    .filter(f => f.endsWith('.ts') && !NO_BENCHES.includes(f))
    .map(f => f.slice(0, -3))
  const name = args.find(argument => !argument.startsWith('-'))
  if (name === undefined || !names.includes(name)) {
    console.error(`usage: npm run bench -- <${names.join(' | ')}> [--json]`)
    return 2
  }
  await buildIfStale()
  // In dist/, beside the bundles it measures: workers are found as in the product.
  const bench = await importBundled<Bench>(`test/bench/${name}.ts`, `bench-${name}`)
  const result = await bench.run(args)
  if (args.includes('--json')) console.log(JSON.stringify(result, null, 2))
  else print(result)
  return 0
}

function print(result: BenchResult): void {
  const width = Math.max(
    ...result.rows.map(row => row.subject.length),
    ...Object.keys(result.ratios).map(k => k.length),
  )
  console.log(`${result.bench}: ${result.machine ?? machine()}`)
  for (const row of result.rows)
    console.log(`  ${row.subject.padEnd(width)}  ${round(row.value)} ${row.unit}`)
  for (const [ratio, value] of Object.entries(result.ratios))
    console.log(`  ${ratio.padEnd(width)}  × ${round(value)}`)
}

function round(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3)
}
