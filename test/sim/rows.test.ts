// A run told by its blocks, its arrivals and its faults says what its figures say; and the same run tells the same.

import { expect, test } from 'vitest'
import { ROW_COLUMNS, type RowKind } from '../../orchestrator/research/rows.ts'
import { type RunOutcome, simulateOnce, type Wish } from '../../orchestrator/research/run.ts'
import type { Cell } from '../../orchestrator/research/table.ts'
import { parseSpec } from '../../orchestrator/spec/load.ts'
import { makePlan } from '../../orchestrator/spec/plan.ts'

const SPEC = `
runtime: sim
seed: 3
nodes: { miners: { count: 4, share: 100% }, full: { count: 6 } }
chain: { blockInterval: 5s }
links: { latency: 300ms }
load: { tx: 0/s }
duration: 40m
`

type Told = { readonly [column: string]: Cell }

async function told(
  kind: Exclude<RowKind, 'runs'>,
  yaml = SPEC,
  wish: Wish = {},
): Promise<{ rows: Told[]; outcome: RunOutcome }> {
  const outcome = await simulateOnce(makePlan(parseSpec(yaml, 'x', {})), { ...wish, rows: kind })
  const names = ROW_COLUMNS[kind].map(({ name }) => name)
  for (const row of outcome.rows) expect(row).toHaveLength(names.length)
  return {
    rows: outcome.rows.map(row => Object.fromEntries(names.map((name, i) => [name, row[i] ?? null]))),
    outcome,
  }
}

const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.ceil(values.length / 2) - 1] ?? 0

test('blocks: all that were found, those on the chain, and how fast they spread', async () => {
  const { rows, outcome } = await told('blocks')
  const { height, blocks, staleBlocks, shares, propagationMs } = outcome.figures
  // More than a state keeps in detail, so that old ones are among them.
  expect(blocks).toBeGreaterThan(400)
  expect(rows).toHaveLength(blocks)
  expect(new Set(rows.map(({ hash }) => hash)).size).toBe(blocks)
  const chain = rows.filter(({ onChain }) => onChain)
  expect([chain.length, rows.length - chain.length]).toEqual([height, staleBlocks])
  expect(staleBlocks).toBeGreaterThan(10)
  expect(chain.map(each => each.height)).toEqual(Array.from({ length: height }, (_, i) => i + 1))
  expect(rows.filter(({ group }) => group === 'miners').length / blocks).toBeCloseTo(
    shares.miners?.found ?? 0,
  )
  const times = rows.map(({ foundMs }) => Number(foundMs))
  expect([...times].sort((a, b) => a - b)).toEqual(times)
  expect(times.at(-1)).toBeLessThanOrEqual(40 * 60_000)
  expect(times.at(-1)).toBeGreaterThan(38 * 60_000)
  const reached = chain.flatMap(({ propagation90Ms: ms }) => (typeof ms === 'number' ? [ms] : []))
  // Older blocks are in a sketch, to a thousandth.
  expect(Math.abs(median(reached) / (propagationMs.p90 ?? 0) - 1)).toBeLessThan(0.0011)
  expect(outcome.failedChecks).toEqual([])
})

test('arrivals: each at its time, nobody’s own, from whom; and by them the same propagation', async () => {
  const { rows, outcome } = await told('arrivals')
  const { rows: blocks } = await told('blocks')
  const of = (hash: Cell | undefined) =>
    rows.filter(row => row.hash === hash).map(({ arrivalMs }) => Number(arrivalMs))
  for (const { hash, propagation50Ms, propagation90Ms, propagationAllMs } of blocks.slice(10, -10)) {
    // Its miner is the first of ten, at no time.
    const times = [0, ...of(hash)]
    if (propagation90Ms === null) continue
    expect([times[4], times[8]]).toEqual([propagation50Ms, propagation90Ms])
    if (times.length === 10) expect(times[9]).toBe(propagationAllMs)
  }
  expect(rows.length).toBeGreaterThan(8 * outcome.figures.height)
  expect(rows.every(({ node, miner, sender }) => node !== miner && sender !== node)).toBe(true)
  expect(rows.every(({ apart }) => apart === false)).toBe(true)
})

const FAULTS = `${SPEC.replace('40m', '4m')}
faults:
  split: { partition: "miners-1,full-1 | rest", at: 60s, for: 60s }
  never: { kill: miners-1, when: height > 100000, for: 5s }
`

test('faults: when they were in force, what was measured, and those that never began; who was cut off was apart', async () => {
  const { rows } = await told('faults', FAULTS)
  const [split, never] = rows
  expect(split).toMatchObject({ fault: 'split', kind: 'partition', fromMs: 60_000, measurement: 'verified' })
  expect(Number(split?.toMs)).toBeGreaterThanOrEqual(120_000)
  expect(never).toMatchObject({ fault: 'never', fromMs: null, toMs: null, measurement: 'never began' })
  const { rows: arrivals } = await told('arrivals', FAULTS)
  expect(arrivals.some(({ apart }) => apart === true)).toBe(true)
})

test('the same seed tells the same rows, another seed others', async () => {
  const short = SPEC.replace('40m', '4m')
  const [first, again, other] = [
    await told('arrivals', short),
    await told('arrivals', short),
    await told('arrivals', short.replace('seed: 3', 'seed: 4')),
  ]
  expect(again.rows).toEqual(first.rows)
  expect(other.rows).not.toEqual(first.rows)
})

test('what is expected is checked when that is wished, with the figures beside it', async () => {
  const yaml =
    `${FAULTS}expect: { one-tip: { within: 60s after heal }, height-advances: { by: 900, within: 100s after heal } }\n`.replace(
      / {2}never.*\n/,
      '',
    )
  const { rows, outcome } = await told('faults', yaml, { checks: true })
  expect(outcome.failedChecks).toEqual(['height-advances'])
  expect(outcome.figures.height).toBeGreaterThan(20)
  expect(rows).toMatchObject([{ fault: 'split', fromMs: 60_000 }])
  expect((await told('faults', yaml)).outcome.failedChecks).toEqual([])
})
