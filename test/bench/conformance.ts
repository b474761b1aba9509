// How much of what Bitcoin's published vectors ask is so here: passed ÷ all, each kind by the name of its ratio. No race, but
// figures that must be 1 and are looked at like the others.

import { CONFORMANCE } from '../support/conformance.ts'
import { vectorFolder } from '../support/vectors.ts'
import { rpcNames } from './conformance-rpc.ts'
import { type BenchResult, machine } from './result.ts'

export async function run(): Promise<BenchResult> {
  const folder = vectorFolder()
  if (folder === undefined)
    throw new Error('NETSPLIT_VECTORS=<folder> must say where the published vectors are')
  const counts = Object.entries(CONFORMANCE).map(([ratio, cases]) => {
    const all = cases(folder)
    return { ratio, all: all.length, passed: all.filter(each => each.failure === undefined).length }
  })
  counts.push({ ratio: 'rpc-names', ...rpcNames() })
  return {
    bench: 'conformance',
    machine: machine(),
    rows: counts.flatMap(({ ratio, all, passed }) => [
      { subject: `${ratio}, passed`, value: passed, unit: 'cases' },
      { subject: `${ratio}, all`, value: all, unit: 'cases' },
    ]),
    ratios: Object.fromEntries(counts.map(({ ratio, all, passed }) => [ratio, passed / all])),
  }
}
