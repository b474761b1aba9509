// Disks that are full for real: a run whose record is not whole has failed, and whoever asked for a file hears that it
// is not there. Nothing passes silently.

import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, type TestContext, test } from 'vitest'
import { Desk } from '../support/cli.ts'
import { smallDisk } from '../support/full-disk.ts'

const SIM = `nodes: { miners: { count: 5, hashRate: 20kH/s } }
chain: { blockInterval: 1s }
seed: 7
`
const SCENARIO = `${SIM}runtime: sim
duration: 5m
faults: { split: { partition: halves, at: 20s, for: 20s } }
expect: { one-tip: { within: 60s after heal } }
`

/** A desk whose runs are recorded on a disk with so much room. */
function cramped(context: TestContext, size: string): { desk: Desk; disk: string } {
  const desk = new Desk(SIM)
  const disk = smallDisk(context, size)
  symlinkSync(disk, join(desk.folder, 'netsplit-runs'))
  return { desk, disk }
}

test('up on a disk that fills says in one line what is missing, and has failed', async context => {
  const { desk, disk } = cramped(context, '200k')
  const { code, stdout, stderr } = await desk.run(
    ...['up', '--runtime', 'sim', '--for', '5m', '--tx', '5/s', '--json', '--run-dir', join(disk, 'run')],
  )
  expect(code).toBe(1)
  expect(JSON.parse(stdout)).toMatchObject({
    network: 'demo',
    unrecorded: expect.stringMatching(/^\d+ of \d+ events, .*report\.html.* \(.*ENOSPC/),
  })
  const said = stderr.split('\n').filter(line => line.includes('not whole'))
  expect(said).toEqual([
    expect.stringMatching(/^netsplit: .*\d+ of \d+ events.*report\.json.*missing in .*run$/),
  ])
  expect(stderr).not.toMatch(/^ {4}at /m)
  expect(desk.state()).toEqual([])
})

test('test on a disk that fills is failed, in lines, in JUnit and by its exit code', async context => {
  const { desk } = cramped(context, '200k')
  writeFileSync(join(desk.folder, 'split.yaml'), SCENARIO)
  const { code, stdout } = await desk.run('test', 'split.yaml', '--junit', 'junit.xml', '--json')
  expect(code).toBe(1)
  const [report] = JSON.parse(stdout).scenarios
  expect(report).toMatchObject({ passed: false, unrecorded: expect.stringContaining('ENOSPC') })
  expect(report.checks.at(-1)).toMatchObject({ name: 'recorded', passed: false })
  expect(readFileSync(join(desk.folder, 'junit.xml'), 'utf8')).toContain('name="recorded"')
})

test('replay, and replay --until, of a whole record on a disk that is full have failed', async context => {
  const { desk } = cramped(context, '8m')
  writeFileSync(join(desk.folder, 'split.yaml'), SCENARIO)
  expect((await desk.run('test', 'split.yaml')).code).toBe(0)
  const [run = ''] = desk.runs()
  const other = new Desk(SIM)
  symlinkSync(smallDisk(context, '100k'), join(other.folder, 'netsplit-runs'))
  const replayed = await other.run('replay', run)
  expect(replayed).toMatchObject({ code: 1, stderr: expect.stringContaining('not whole') })
  const until = await other.run('replay', run, '--until', 'height 100', '--json')
  expect(until).toMatchObject({ code: 1, stderr: expect.stringContaining('not whole') })
  expect(JSON.parse(until.stdout).unrecorded).toContain('ENOSPC')
})

test('fuzz stops at the first run whose record is cut', async context => {
  const { desk } = cramped(context, '64k')
  const { code, stderr } = await desk.run('fuzz', '--runs', '2', '--runtime', 'process', '--for', '5s')
  expect(code).toBe(1)
  expect(stderr).toContain('not whole')
})

test('files that are asked for are whole or not there, and the outcome is told all the same', async context => {
  const desk = new Desk(SIM)
  const disk = smallDisk(context, '16k')
  writeFileSync(join(disk, 'ballast'), Buffer.alloc(16 << 10))
  mkdirSync(join(desk.folder, 'runs'))
  writeFileSync(join(desk.folder, 'split.yaml'), SCENARIO)
  const full = (name: string) => join(disk, name)
  const up = ['up', '--runtime', 'sim', '--tx', '0/s', '--json']

  const csv = await desk.run(...up, '--for', '30s', '--runs', '2', '--csv', full('runs.csv'))
  expect(csv).toMatchObject({ code: 1, stderr: expect.stringMatching(/cannot write .*runs\.csv.*ENOSPC/) })
  expect(JSON.parse(csv.stdout).runs).toHaveLength(2)

  const summary = await desk.run(...up, '--for', '30s', '--summary', full('page.md'))
  expect(summary).toMatchObject({ code: 1, stderr: expect.stringMatching(/cannot write .*page\.md.*ENOSPC/) })
  expect(JSON.parse(summary.stdout)).toMatchObject({ network: 'demo' })

  const junit = await desk.run('test', 'split.yaml', '--json', '--junit', full('junit.xml'))
  expect(junit).toMatchObject({ code: 1, stderr: expect.stringMatching(/cannot write .*junit\.xml.*ENOSPC/) })
  expect(JSON.parse(junit.stdout).scenarios[0]).toMatchObject({ passed: true })

  const [a = '', b = ''] = desk.runs()
  const page = await desk.run('compare', a, b, '--html', full('compare.html'), '--json')
  expect(page).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/cannot write .*compare\.html.*ENOSPC/),
  })
  expect(JSON.parse(page.stdout)).toMatchObject({ schemaVersion: 1 })

  const init = await desk.run('init', full('netsplit.yaml'))
  expect(init).toMatchObject({ code: 4, stderr: expect.stringContaining('ENOSPC') })
  expect(readdirSync(disk).filter(name => name !== 'ballast' && name !== 'page.md')).toEqual([])
  expect(existsSync(full('page.md')) && readFileSync(full('page.md'), 'utf8')).toBeFalsy()
})

test('report on a full disk leaves what was there, and says that it could not write', async context => {
  const { desk, disk } = cramped(context, '4m')
  const run = join(disk, 'run')
  const up = await desk.run(
    'up',
    '--runtime',
    'sim',
    '--for',
    '2m',
    '--tx',
    '1/s',
    '--json',
    '--run-dir',
    run,
  )
  expect(up.code).toBe(0)
  const before = readFileSync(join(run, 'report.html'), 'utf8')
  for (let i = 0, chunk = 1 << 20; chunk > 0; i++) {
    try {
      writeFileSync(join(disk, `ballast-${i}`), Buffer.alloc(chunk))
    } catch {
      chunk >>= 1
    }
  }
  const { code, stderr } = await desk.run('report', run)
  expect(code).toBe(1)
  expect(stderr).toMatch(/cannot write .*report\.html.*ENOSPC/)
  expect(readFileSync(join(run, 'report.html'), 'utf8')).toBe(before)
})

test('nodes whose log cannot be written go on, and the run has failed', async context => {
  const { desk, disk } = cramped(context, '64k')
  const runs = join(disk, 'run')
  const up = desk.start('up', '--runtime', 'process', '--run-dir', runs, '--for', '6s', '--tx', '20/s')
  const { code, stderr } = await up.ended
  expect(code).toBe(1)
  expect(stderr).toContain('not whole')
  expect(desk.state()).toEqual([])
})
