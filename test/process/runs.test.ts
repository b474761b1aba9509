// `up --runs`: many seeds over several processes, one document; the same figures however they are spread; failures by seed.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { RunsDocument } from '../../orchestrator/research/summary.ts'
import { Desk } from '../support/cli.ts'
import { QUICK } from '../support/real-network.ts'

const SPEC = `
name: many
seed: 5
runtime: sim
nodes: { miners: { count: 3, share: 100% } }
chain: { blockInterval: 10s }
load: { tx: 0/s }
`

/** Processor time is the one figure that depends on the machine. */
function figures(document: RunsDocument): unknown {
  return document.runs.map(({ cpuSeconds, ...run }) => run)
}

test('runs of many seeds: one document, the same however many processes share them, progress as NDJSON', async () => {
  const desk = new Desk(SPEC)
  const { code, stdout, stderr } = await desk.run(
    'up',
    '--for',
    '5m',
    '--runs',
    '3',
    '--parallel',
    '2',
    '--json',
  )
  expect(code).toBe(0)
  const spread = JSON.parse(stdout) as RunsDocument
  expect(spread).toMatchObject({ schemaVersion: 1, network: 'many', nodes: 3, confidence: 0.95, errors: [] })
  expect(spread.runs.map(({ seed }) => seed)).toEqual([5, 6, 7])
  const progress = stderr
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as { run: number; of: number; seed: number })
  expect(progress.map(({ run, of }) => [run, of])).toEqual([
    [1, 3],
    [2, 3],
    [3, 3],
  ])
  expect(new Set(progress.map(({ seed }) => seed))).toEqual(new Set([5, 6, 7]))
  const { height } = spread.estimates
  expect(height?.mean).toBeCloseTo(spread.runs.reduce((sum, run) => sum + run.height, 0) / 3)
  expect(height?.low).toBeLessThan(height?.mean ?? 0)
  expect(new Set(spread.runs.map(run => run.height)).size).toBeGreaterThan(1)

  const single = (await desk.ask('up', '--for', '5m', '--runs', '3')) as RunsDocument
  expect(figures(single)).toEqual(figures(spread))
})

test('a run that fails is told with its seed, and the exit code says so', async () => {
  // Hardly anything comes through: the network never stands.
  const desk = new Desk(`${SPEC}links: { loss: 90% }\n`)
  const { code, stdout } = await desk.run('up', '--for', '1m', '--runs', '2', '--json')
  expect(code).toBe(1)
  const { runs, errors } = JSON.parse(stdout) as RunsDocument
  expect(runs).toEqual([])
  expect(errors).toMatchObject([
    { seed: 5, message: expect.stringContaining('does not stand') },
    { seed: 6, message: expect.stringContaining('does not stand') },
  ])
})

test('runs need an end, and a simulator', async () => {
  const desk = new Desk(SPEC)
  expect(await desk.run('up', '--runs', '2')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('an end'),
  })
  const real = await desk.run('up', '--runtime', 'process', '--for', '1m', '--runs', '2')
  expect(real).toMatchObject({ code: 2, stderr: expect.stringContaining('--runtime sim') })
  expect(await desk.run('up', '--for', '1m', '--runs', 'many')).toMatchObject({ code: 2 })
})

test('--until ends with 0 when the moment comes, with 1 when it does not', async () => {
  const desk = new Desk(SPEC)
  expect(await desk.ask('up', '--until', 'height 5')).toMatchObject({ height: 5 })
  const { code, stderr } = await desk.run('up', '--until', 'tips > 3', '--for', '1m', '--no-tui')
  expect(code).toBe(1)
  expect(stderr).toContain('tips > 3 never came')
  expect(await desk.run('up', '--until', 'tipsy')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('no moment'),
  })
})

test('--until ends a network in real time that has no other end', async () => {
  const desk = new Desk(`${QUICK}nodes: { miners: { count: 2, share: 100% } }`)
  const { height } = (await desk.ask('up', '--until', 'height 2')) as { height: number }
  expect(height).toBeGreaterThanOrEqual(2)
})

test('what belongs to one run is refused for many, and the other way round', async () => {
  const desk = new Desk(SPEC)
  const refused = async (words: string, ...flags: string[]) => {
    const { code, stderr } = await desk.run('up', '--for', '1m', ...flags)
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(words) })
  }
  await refused('--run-dir is for a single run', '--runs', '2', '--run-dir', 'here')
  await refused('--detach is for a single run', '--runs', '2', '--detach')
  await refused('--parallel is for many runs', '--parallel')
  await refused('--csv is for many runs', '--csv', 'runs.csv')
  // Nothing has been made room for by then.
  await refused('--parallel x: expected a whole', '--runs', '2', '--csv', 'new/runs.csv', '--parallel', 'x')
  expect(existsSync(join(desk.folder, 'new'))).toBe(false)
})

test('a fault that simulated nodes cannot have is not passed over', async () => {
  const desk = new Desk(`${SPEC}faults: { full: { disk-full: miners-1, at: 5s, for: 5s } }\n`)
  const { code, stdout } = await desk.run('up', '--for', '1m', '--runs', '2')
  expect(code).toBe(1)
  expect(stdout).toContain('seeds 5, 6 failed: fault full: simulated nodes have no disk')
})

test('a moment that never came is said, with its seeds; the figures are also written as CSV', async () => {
  const desk = new Desk(SPEC)
  const flags = ['--until', 'tips > 3', '--for', '1m', '--runs', '2', '--csv', 'out/runs.csv']
  const { code, stdout } = await desk.run('up', ...flags)
  expect(code).toBe(1)
  expect(stdout).toContain('tips > 3 never came in 2 runs: seeds 5, 6')
  const lines = readFileSync(join(desk.folder, 'out/runs.csv'), 'utf8').split('\r\n')
  expect(lines.map(line => line.split(',')[0])).toEqual(['seed', '5', '6', ''])
})

test('a file that cannot be written is found out before anything runs', async () => {
  const desk = new Desk(SPEC)
  for (const verb of [
    ['up', '--for', '1m', '--no-tui', '--summary'],
    ['test', 'partition-heal', '--runtime', 'sim', '--junit'],
    ['test', 'partition-heal', '--runtime', 'sim', '--summary'],
  ]) {
    const { code, stderr } = await desk.run(...verb, 'netsplit.yaml/out')
    expect({ code, stderr }).toEqual({
      code: 4,
      stderr: expect.stringContaining('cannot write netsplit.yaml/out'),
    })
  }
  expect(existsSync(join(desk.folder, 'netsplit-runs'))).toBe(false)
})
