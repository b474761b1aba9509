// The record of a sweep: what is on the disk is found again, what was cut off is done again, what is another's is not touched.

import { appendFileSync, existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { identityOf } from '../../orchestrator/machine/processes.ts'
import type { RunOutcome } from '../../orchestrator/research/run.ts'
import {
  type RecordedRun,
  type SweepHead,
  SweepRecord,
  WHAT,
} from '../../orchestrator/research/sweep-record.ts'
import { temporaryDirectory } from '../support/node-config.ts'
import { refusal } from '../support/refusal.ts'

const HEAD: SweepHead = {
  ...{ what: WHAT, schemaVersion: 1, netsplitVersion: '1.0.0+a', network: 'net', specHash: 'aa' },
  ...{ until: null, set: ['links.latency=1ms,2ms'], rows: 'runs' },
  grid: { columns: [], combinations: [], firstSeed: 1, runs: 2 },
}

const outcome = (height: number): RunOutcome => ({
  figures: {
    ...{ seed: 1, virtualSeconds: 60, cpuSeconds: 1, height, blocks: height, staleBlocks: 0, staleRate: 0 },
    ...{ blockIntervalSeconds: 5, propagationMs: { p50: 1, p90: 2, p99: 3 }, reorgMaxDepth: 0, shares: {} },
    reached: true,
  },
  failedChecks: [],
  rows: [],
})
const line = (seed: number, more: Partial<RecordedRun> = {}): RecordedRun => ({
  ...{ specHash: 'x', seed, rowsOf: 'runs', outcome: outcome(seed) },
  ...more,
})

function folder(): string {
  return join(temporaryDirectory(), 'sweep')
}

const open = (directory: string, head: Partial<SweepHead> = {}) =>
  SweepRecord.open(directory, { ...HEAD, ...head }, 'name: net\n')

test('runs are found again, by their spec and seed, and by nobody else’s', () => {
  const directory = folder()
  const record = open(directory)
  for (const seed of [3, 1, 2]) record.append(line(seed))
  record.append(line(1, { specHash: 'y', outcome: outcome(99) }))
  expect(record.find('x', 2, 'runs')).toEqual(line(2)) // at once, too
  record.close()
  const again = open(directory)
  expect([1, 2, 3, 4].map(seed => again.find('x', seed, 'runs')?.outcome?.figures.height)).toEqual([
    1,
    2,
    3,
    undefined,
  ])
  expect(again.find('y', 1, 'runs')?.outcome?.figures.height).toBe(99)
  again.close()
  const read = SweepRecord.read(directory)
  expect(read?.head).toEqual(HEAD)
  expect(read?.record.find('x', 3, 'runs')).toEqual(line(3))
  expect(readFileSync(join(directory, 'spec.yaml'), 'utf8')).toBe('name: net\n')
})

test('wherever it was cut off, what is whole counts, the rest is done again, and what follows is whole', () => {
  const directory = folder()
  const file = join(directory, 'runs.ndjson')
  const record = open(directory)
  for (const seed of [1, 2, 3]) record.append(line(seed))
  record.close()
  const whole = readFileSync(file)
  const ends = [...whole.entries()].flatMap(([i, byte]) => (byte === 10 ? [i + 1] : []))
  for (const length of [0, 1, ends[0] as number, (ends[0] as number) + 1, (ends[2] as number) - 1]) {
    writeFileSync(file, whole)
    truncateSync(file, length)
    const done = ends.filter(end => end <= length).length
    const cut = open(directory)
    expect([1, 2, 3].filter(seed => cut.find('x', seed, 'runs'))).toEqual([1, 2, 3].slice(0, done))
    for (const seed of [1, 2, 3].slice(done)) cut.append(line(seed))
    cut.close()
    expect(readFileSync(file).equals(whole)).toBe(true)
  }
})

test('what a disk made of a line is no run, nor is what stands behind it', () => {
  const directory = folder()
  const record = open(directory)
  record.append(line(1))
  record.close()
  appendFileSync(join(directory, 'runs.ndjson'), `${'\0'.repeat(40)}\n${JSON.stringify(line(2))}\n`)
  const again = open(directory)
  expect(again.find('x', 1, 'runs')).toEqual(line(1))
  expect(again.find('x', 2, 'runs')).toBeUndefined()
  again.append(line(2))
  again.close()
  const read = SweepRecord.read(directory)
  expect(read?.record.find('x', 2, 'runs')).toEqual(line(2))
})

test('a run whose process died counts until somebody goes on, who tries it again; one that failed has failed', () => {
  const directory = folder()
  const record = open(directory)
  const { outcome: _, ...failed } = line(1, { error: 'does not stand' })
  record.append(failed)
  record.append({ ...failed, seed: 2, died: true })
  expect(record.find('x', 2, 'runs')?.error).toBe('does not stand')
  record.close()
  const again = open(directory)
  expect(again.find('x', 1, 'runs')?.error).toBe('does not stand')
  expect(again.find('x', 1, 'blocks')?.error).toBe('does not stand') // it has no blocks to tell of
  expect(again.find('x', 2, 'runs')).toBeUndefined()
  again.close()
})

test('rows that were not asked for then are not there now; figures are', () => {
  const directory = folder()
  const record = open(directory)
  record.append(line(1))
  expect(record.find('x', 1, 'blocks')).toBeUndefined()
  const more = line(1, { rowsOf: 'blocks', outcome: { ...outcome(1), rows: [['a', 1]] } })
  record.append(more)
  record.append(line(1, { rowsOf: 'faults' }))
  expect(record.find('x', 1, 'blocks')).toEqual(more)
  expect(record.find('x', 1, 'arrivals')).toBeUndefined()
  expect(record.find('x', 1, 'runs')?.outcome?.figures.height).toBe(1)
  record.close()
})

test('the record of another spec, or of another netsplit, is refused and not touched; other values of the same are welcome', () => {
  const directory = folder()
  open(directory).close()
  const spec = refusal(() => open(directory, { specHash: 'bb', network: 'other' }))
  expect(spec.message).toContain('holds a sweep of another spec (net, aa), and this one is other, bb')
  expect(spec.hint).toContain('--dir')
  const version = refusal(() => open(directory, { netsplitVersion: '1.0.0+b' }))
  expect(version.message).toContain('by netsplit 1.0.0+a, and this is 1.0.0+b')
  expect([spec.exitCode, version.exitCode]).toEqual([2, 2])
  expect(SweepRecord.read(directory)?.head).toEqual(HEAD)
  open(directory, { set: ['relay=inv'] }).close()
  expect(SweepRecord.read(directory)?.head).toMatchObject({ set: ['relay=inv'] })
})

test('a folder with other things in it is not taken; one that was only begun is', () => {
  const other = temporaryDirectory()
  writeFileSync(join(other, 'thesis.tex'), '')
  expect(refusal(() => open(other)).message).toContain('holds other things than a sweep (thesis.tex)')
  const foreign = temporaryDirectory()
  writeFileSync(join(foreign, 'sweep.json'), '{"schemaVersion": 1}')
  expect(refusal(() => open(foreign)).message).toContain('is not of a sweep of this netsplit')
  const begun = folder()
  mkdirSync(begun)
  for (const name of ['spec.yaml', 'sweep.json.part', 'lock']) writeFileSync(join(begun, name), '')
  open(begun).close()
  expect(SweepRecord.read(begun)?.head).toEqual(HEAD)
  expect(SweepRecord.read(temporaryDirectory())).toBeUndefined()
})

test('it is of one at a time: who lives has it, who is gone has it no more', () => {
  const directory = folder()
  const record = open(directory)
  expect(refusal(() => open(directory)).message).toContain(`is running (process ${process.pid})`)
  record.close()
  expect(existsSync(join(directory, 'lock'))).toBe(false)
  writeFileSync(
    join(directory, 'lock'),
    JSON.stringify({ ...identityOf(process.pid), start: 'another life' }),
  )
  open(directory).close()
})
