// The report of real runs: written when they end, made again from their events, compared, summed up for a CI job.

import { readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { CompareDocument } from '../../orchestrator/report/compare.ts'
import type { Report } from '../../orchestrator/report/model.ts'
import { Desk } from '../support/cli.ts'
import { until } from '../support/until.ts'

const readReport = (run: string) => JSON.parse(readFileSync(join(run, 'report.json'), 'utf8')) as Report
const page = (run: string) => readFileSync(join(run, 'report.html'), 'utf8')

test('a run ends with its report; made again from the events it is the same', async () => {
  const desk = new Desk()
  const blocks = ['--until', 'height 5', '--for', '4m'] // in a second or a minute, as chance has it
  const { code, stderr } = await desk.run('up', ...blocks, '--json', '--tx', '5/s', '--summary', 'ci.md')
  expect(code, stderr).toBe(0)
  const [run = ''] = desk.runs()
  const live = readReport(run)
  const html = page(run)
  expect(html).toContain('Who has the hash power?')
  expect(statSync(join(run, 'report.html')).size).toBeLessThan(1_000_000)
  expect(readFileSync(join(desk.folder, 'ci.md'), 'utf8')).toMatch(/^### demo\n/)

  // Nodes name who sent them a block by the address where it listens, and that is a node of this network.
  const names = live.report.nodes.map(({ name }) => name)
  const hops = live.report.slowest.flatMap(({ hops }) => hops)
  expect(hops.length).toBeGreaterThan(0)
  for (const { node, from, depth } of hops)
    expect({ node, depth, known: from === undefined ? depth === 0 : names.includes(from) }).toMatchObject({
      known: true,
    })

  rmSync(join(run, 'report.html'))
  expect(await desk.ask('report', run)).toMatchObject({ height: live.height })
  const again = readReport(run)
  expect(again.report).toEqual(live.report)
  expect({ ...again, seconds: 0 }).toEqual({ ...live, seconds: 0 })
  expect(page(run)).toContain('Who has the hash power?')
})

test('a run whose controller was killed has its report made from what was recorded', async () => {
  const desk = new Desk()
  const up = await desk.up('--no-tui')
  await until('a block is found', async () => ((await desk.ask('status')) as { height: number }).height > 1)
  up.signal('SIGKILL')
  await up.ended
  const [run = ''] = desk.runs()
  const report = (await desk.ask('report', run)) as Report
  expect(report.height).toBeGreaterThan(0)
  expect(page(run)).toMatch(/one tip at the end|a block was on its way at the end|\d tips at the end/)
})

test('two runs are compared in the terminal, as a document and on a page', async () => {
  const desk = new Desk()
  for (const seed of ['1', '2'])
    await desk.ask('up', '--runtime', 'sim', '--for', '60s', '--seed', seed, '--run-dir', `run-${seed}`)
  const compared = (await desk.ask('compare', 'run-1', 'run-2', '--html', 'compare.html')) as CompareDocument
  expect(compared).toMatchObject({ schemaVersion: 1, confidence: 0.95, unlike: ['seed: 1 and 2'] })
  const interval = compared.comparisons.find(({ name }) => name === 'block interval')
  expect(interval?.a.samples).toBeGreaterThan(8)
  expect(readFileSync(join(desk.folder, 'compare.html'), 'utf8')).toContain('block interval')
  const { stdout } = await desk.run('compare', 'run-1', 'run-2')
  expect(stdout).toContain('block at 90 % of the nodes')
  const { code, stderr } = await desk.run('compare', 'run-1', 'nothing')
  expect(code).toBe(2)
  expect(stderr).toContain('is no run')
})
