// What a record comes to: the table, a row a run or of what is in it, and the summary, a line a combination.

import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readParameters } from '../../orchestrator/research/parameters.ts'
import type { RunFigures, RunOutcome } from '../../orchestrator/research/run.ts'
import { gridOf, makeSweep } from '../../orchestrator/research/sweep.ts'
import { type RecordedRun, SweepRecord, WHAT } from '../../orchestrator/research/sweep-record.ts'
import { summarizeSweep } from '../../orchestrator/research/sweep-summary.ts'
import { tableOf } from '../../orchestrator/research/sweep-table.ts'
import { parseSpec } from '../../orchestrator/spec/load.ts'
import { temporaryDirectory } from '../support/node-config.ts'

const VERSION = '1.0.0+abc'

const SWEEP = makeSweep({
  load: set => parseSpec('name: net\nduration: 1m\nseed: 5\n', 'x', { set }),
  parameters: readParameters(['links.latency=50ms,1s', 'relay=inv']),
  ...{ runs: 3, until: undefined, rows: 'runs', force: false },
})
const [NEAR, FAR] = SWEEP.combinations.map(({ specHash }) => specHash) as [string, string]

function figures(more: Partial<RunFigures>): RunFigures {
  return {
    ...{
      seed: 0,
      virtualSeconds: 60,
      cpuSeconds: 1.5,
      height: 9,
      blocks: 10,
      staleBlocks: 1,
      staleRate: 0.1,
    },
    ...{ blockIntervalSeconds: 6, propagationMs: { p50: 40, p90: 80, p99: null }, reorgMaxDepth: 1 },
    ...{ shares: { miners: { found: 1, onChain: 1, expected: 1 } }, reached: true },
    ...more,
  }
}

function run(
  specHash: string,
  seed: number,
  more: Partial<RunOutcome> & { error?: string } = {},
): RecordedRun {
  const { error, ...outcome } = more
  const common = { specHash, seed, rowsOf: 'faults' } as const
  if (error !== undefined) return { ...common, error }
  return { ...common, outcome: { figures: figures({ seed }), failedChecks: [], rows: [], ...outcome } }
}

/** Of runs in whatever order they end in. */
function recordOf(runs: readonly RecordedRun[]): SweepRecord {
  const { base, baseHash } = SWEEP
  const head = {
    ...({
      what: WHAT,
      schemaVersion: 1,
      netsplitVersion: VERSION,
      network: base.name,
      specHash: baseHash,
    } as const),
    ...({ until: null, set: [], rows: 'runs', grid: gridOf(SWEEP) } as const),
  }
  const record = SweepRecord.open(join(temporaryDirectory(), 'sweep'), head, '')
  for (const each of runs) record.append(each)
  return record
}

const RUNS = [
  run(FAR, 7, { error: 'does not stand, "it" says' }),
  run(NEAR, 6, {
    failedChecks: ['one-tip', 'chain'],
    rows: [['split', 'partition', 'a | b', 1, null, 'verified', 'x', 'y']],
  }),
  run(FAR, 5, {
    figures: figures({ reached: false, height: 4, staleRate: null, blocks: 0, staleBlocks: 0 }),
  }),
  run(NEAR, 5),
  run(NEAR, 7),
  run('other', 5),
  run(NEAR, 8), // of a seed that is not asked for now
]

test('a row a run, by combination and seed, with a verdict, and nothing that depends on the machine', () => {
  const record = recordOf(RUNS)
  const { columns, rows } = tableOf(gridOf(SWEEP), record, 'runs', VERSION)
  expect(columns.map(({ name, kind }) => `${name} ${kind}`)).toEqual([
    ...['links.latencyMs whole', 'relay text', 'seed whole', 'specHash text', 'netsplitVersion text'],
    ...['verdict text', 'passed flag', 'message text', 'blocks whole', 'staleBlocks whole'],
    ...['height whole', 'blockIntervalSeconds number', 'staleRate number'],
    ...['propagation50Ms number', 'propagation90Ms number', 'propagation99Ms number', 'reorgMaxDepth whole'],
    ...['share.miners.found number', 'share.miners.expected number', 'share.miners.onChain number'],
    'virtualSeconds number',
  ])
  const told = [10, 1, 9, 6, 0.1, 40, 80, null, 1, 1, 1, 1, 60]
  expect([...rows]).toEqual([
    [50, 'inv', 5, NEAR, VERSION, 'ok', true, null, ...told],
    [50, 'inv', 6, NEAR, VERSION, 'check failed', false, 'one-tip, chain', ...told],
    [50, 'inv', 7, NEAR, VERSION, 'ok', true, null, ...told],
    [1000, 'inv', 5, FAR, VERSION, 'never came', false, null, 0, 0, 4, 6, null, 40, 80, null, 1, 1, 1, 1, 60],
    [1000, 'inv', 7, FAR, VERSION, 'failed', false, 'does not stand, "it" says', ...told.map(() => null)],
  ])
  record.close()
})

test('a row a fault; a run that failed has none', () => {
  const record = recordOf(RUNS)
  const { columns, rows } = tableOf(gridOf(SWEEP), record, 'faults', VERSION)
  expect(columns.map(({ name }) => name).slice(4, 8)).toEqual(['netsplitVersion', 'fault', 'kind', 'target'])
  expect([...rows]).toEqual([
    [50, 'inv', 6, NEAR, VERSION, 'split', 'partition', 'a | b', 1, null, 'verified', 'x', 'y'],
  ])
  record.close()
})

test('a line a combination, with what went wrong and with which seeds', () => {
  const record = recordOf(RUNS)
  const { document, lines } = summarizeSweep(SWEEP, record, VERSION)
  expect(document).toMatchObject({
    network: 'net',
    netsplitVersion: VERSION,
    asked: 6,
    done: 5,
    confidence: 0.95,
  })
  expect(document.combinations).toMatchObject([
    {
      ...{ parameters: { 'links.latency': 50, relay: 'inv' }, specHash: NEAR, done: 3 },
      ...{ verdicts: { ok: 2, 'check failed': 1 }, passed: { mean: 2 / 3, runs: 3 } },
      estimates: { staleRate: { mean: 0.1, runs: 3 }, height: { mean: 9 } },
      failures: [{ verdict: 'check failed', message: 'one-tip, chain', seeds: [6] }],
    },
    {
      ...{ parameters: { 'links.latency': 1000, relay: 'inv' }, specHash: FAR, done: 2 },
      verdicts: { 'never came': 1, failed: 1 },
      passed: { mean: 0, low: 0, runs: 2 },
    },
  ])
  expect(document.combinations[1]?.estimates).not.toHaveProperty('staleRate')
  expect(lines[0]).toBe(`net: 2 combinations × 3 runs; 5 of 6 done; in ${record.directory}`)
  expect(lines[1]).toMatch(/^ {2}links\.latency {2}relay {2}runs {2}time between blocks .* passed$/)
  expect(lines[2]).toMatch(
    /^ {2}50ms +inv +3 {2}6 s \(6 s … 6 s\) +10 % \(.*\) +80 ms \(80 ms … 80 ms\) +66\.7 % \(20\.8 % … 93\.9 %\)$/,
  )
  expect(lines[3]).toMatch(/^ {2}1s +inv +2 {2}6 s +– +80 ms +0 % \(0 % … 65\.8 %\)$/)
  expect(lines.slice(4)).toEqual([
    '  check failed: one-tip, chain (links.latency=50ms, relay=inv, seed 6)',
    '  never came (links.latency=1s, relay=inv, seed 5)',
    '  failed: does not stand, "it" says (links.latency=1s, relay=inv, seed 7)',
    expect.stringContaining('95 % intervals'),
  ])
  record.close()
})

test('where all is done and well, nothing is said of passing; before anything is done, nothing is known', () => {
  const all = SWEEP.combinations.flatMap(({ specHash }) => [5, 6, 7].map(seed => run(specHash, seed)))
  const record = recordOf(all)
  const { lines } = summarizeSweep(SWEEP, record, VERSION)
  expect(lines[0]).toBe(`net: 2 combinations × 3 runs; in ${record.directory}`)
  expect(lines[1]).not.toContain('passed')
  expect(lines).toHaveLength(5)
  record.close()
  const none = recordOf([])
  const { document } = summarizeSweep(SWEEP, none, VERSION)
  expect(document.combinations[0]).toMatchObject({ done: 0, passed: null, estimates: {}, failures: [] })
  none.close()
})
