// Fuzzing as users run it: on real nodes, and in virtual time with what fails kept, replayed and made small.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Desk } from '../support/cli.ts'

/** First seeds of what runs side by side: most of a run is waiting, and the built-in scenarios run four at a time. */
const FIRST_SEEDS = [500, 505]
const RUNS = 5
/** Five runs one after the other, on a machine where each takes ten times as long. */
const TIMEOUT_MS = 600_000

test(
  `${RUNS * FIRST_SEEDS.length} random scenarios hold on processes`,
  async () => {
    const desk = new Desk()
    const asked = ['--runtime', 'process', '--runs', String(RUNS), '--for', '8s', '--json']
    const outcomes = await Promise.all(
      FIRST_SEEDS.map(seed => desk.run('fuzz', '--seed', String(seed), ...asked)),
    )
    for (const { code, stdout, stderr } of outcomes) {
      expect(code, stdout + stderr).toBe(0)
      expect(JSON.parse(stdout)).toMatchObject({ schemaVersion: 1, runs: RUNS, passed: RUNS, failures: [] })
    }
    expect(desk.runs()).toEqual([]) // what passed is not kept
    expect(desk.nodes()).toEqual([])
  },
  TIMEOUT_MS,
)

/** It cannot hold: halves that mine on alone for ten blocks come back over a deeper fork than one block. */
const HOPELESS = `
name: hopeless
runtime: sim
seed: 3
nodes: { miners: { count: 6, share: 100% } }
chain: { blockInterval: 1s }
load: { tx: 1/s }
faults:
  slow: { link: { latency: 200ms }, at: 2s, for: 6s }
  cut: { partition: halves, at: 5s, for: 10s }
  frozen: { pause: miners-2, after: cut, for: 3s }
expect: { chain: {}, stays-one: { depth: 1 }, one-tip: {} }
`

test('a run that failed is replayed to the byte, and shrunk to what made it fail', async () => {
  const desk = new Desk()
  writeFileSync(join(desk.folder, 'hopeless.yaml'), HOPELESS)
  const first = await desk.run('test', 'hopeless.yaml')
  expect(first.code, first.stdout + first.stderr).toBe(3)
  const [run = ''] = desk.runs()

  const again = await desk.run('replay', run, '--json')
  expect(again.code, again.stderr).toBe(3)
  const replayed = JSON.parse(again.stdout)
  expect(replayed).toMatchObject({ sameVerdicts: true, differing: [], sameEvents: true })
  const planOf = (directory: string) => readFileSync(join(directory, 'plan.json'), 'utf8')
  expect(planOf(replayed.scenario.runDirectory)).toBe(planOf(run))

  const stopped = await desk.run('replay', run, '--until', 'event 200', '--json')
  expect(stopped.code, stopped.stderr).toBe(0)
  const events = (directory: string) => readFileSync(join(directory, 'events.ndjson'), 'utf8').split('\n')
  const upTo = events(JSON.parse(stopped.stdout).runDirectory)
  expect(upTo.slice(0, 200)).toEqual(events(run).slice(0, 200))
  expect(upTo.slice(200).join('\n')).not.toContain('block-mined') // time stood
  const never = await desk.run('replay', run, '--until', 'height 100000', '--json')
  expect(never.code, never.stderr).toBe(1)
  expect(never.stderr).toContain('never came')

  const smaller = await desk.run('shrink', run, '--json')
  expect(smaller.code, smaller.stderr).toBe(0)
  const shrunk = JSON.parse(smaller.stdout)
  expect(shrunk).toMatchObject({ from: '3 faults on 6 nodes', checks: ['stays-one'], minimal: true })
  expect(shrunk.to).toMatch(/^(0 faults|1 fault) on [23] nodes$/)
  expect(readdirSync(run)).toContain('shrunk.yaml')
  const still = await desk.run('test', shrunk.spec)
  expect(still.code, still.stdout).toBe(3)
  expect(still.stdout).toContain('stays-one: asked')
})

test('what is no run directory, or did not fail, is refused', async () => {
  const desk = new Desk()
  expect(await desk.run('replay', 'nowhere')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('nowhere is no run directory: it has no plan.json'),
  })
  expect(await desk.run('fuzz', '--runs', 'many')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--runs is a whole number'),
  })
  writeFileSync(join(desk.folder, 'fine.yaml'), HOPELESS.replace('stays-one: { depth: 1 }, ', ''))
  const fine = await desk.run('test', 'fine.yaml')
  expect(fine.code, fine.stdout + fine.stderr).toBe(0)
  const [run = ''] = desk.runs()
  expect(await desk.run('shrink', run)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('no check failed in this run'),
  })
})
