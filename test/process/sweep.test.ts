// `netsplit sweep` and `netsplit plot` as their users have them: whatever ends a sweep, the same command goes on, and what comes
// of it is the same to the byte; what goes wrong is a row and an exit code.

import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { tableFromIPC } from 'apache-arrow'
import { readParquet } from 'parquet-wasm'
import { expect, test } from 'vitest'
import { parseCsv } from '../../orchestrator/research/table.ts'
import { Desk } from '../support/cli.ts'
import { smallDisk } from '../support/full-disk.ts'
import { until } from '../support/until.ts'

const SPEC = `
name: many
nodes: { miners: { count: 4, share: 100% }, full: { count: 2 } }
chain: { blockInterval: 10s }
load: { tx: 0/s }
`
const GRID = [
  '--set',
  'links.latency=50ms,400ms',
  '--set',
  'relay=inv,compact',
  '--for',
  '15m',
  '--runs',
  '4',
]
const RUNS = 16

const linesOf = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0)
const bytes = (desk: Desk, name: string) => readFileSync(join(desk.folder, name))
const rowsOf = (desk: Desk, name: string) => {
  const [names = [], ...rows] = parseCsv(bytes(desk, name).toString('utf8'))
  return rows.map(row => Object.fromEntries(names.map((column, i) => [column, row[i] ?? ''])))
}

/** What one comes to that nothing interrupts. */
let uncut: { readonly csv: Buffer; readonly parquet: Buffer } | undefined

async function isWhole(desk: Desk, name: string): Promise<void> {
  uncut ??= await whole()
  for (const kind of ['csv', 'parquet'] as const)
    expect(bytes(desk, `${name}.${kind}`).equals(uncut[kind]), kind).toBe(true)
}

async function whole() {
  const desk = new Desk(SPEC)
  const tables = ['--csv', 'whole.csv', '--parquet', 'whole.parquet', '--dir', 'whole']
  expect(await desk.run('sweep', ...GRID, ...tables, '--parallel', '2')).toMatchObject({ code: 0 })
  return { csv: bytes(desk, 'whole.csv'), parquet: bytes(desk, 'whole.parquet') }
}

/** A sweep with this folder for its record, and both tables. */
const sweepInto = (directory: string) => [
  ...['sweep', ...GRID, '--csv', 'cut.csv', '--parquet', 'cut.parquet'],
  ...['--dir', directory, '--parallel', '2'],
]

test('killed halfway, and again, and its record torn: the same command makes the same tables, to the byte', async () => {
  const desk = new Desk(SPEC)
  const record = join(desk.folder, 'cut', 'runs.ndjson')
  const order = sweepInto('cut')
  for (const share of [0.25, 0.5]) {
    const command = desk.start(...order)
    await until('so many runs are recorded', () => linesOf(record) >= share * RUNS)
    command.signal('SIGKILL')
    expect((await command.ended).signal).toBe('SIGKILL')
    expect(linesOf(record)).toBeLessThan(RUNS)
    expect(existsSync(join(desk.folder, 'cut.csv'))).toBe(false)
    await until('its children have ended', () => desk.processesWith('NETSPLIT_RUNS=1').length === 0)
    appendFileSync(record, '{"specHash":"half a li')
  }
  const { code, stderr } = await desk.run(...order)
  expect(code).toBe(0)
  expect(Number(/(\d+) of 16 runs are done already/.exec(stderr)?.[1])).toBeGreaterThanOrEqual(RUNS / 2)
  await isWhole(desk, 'cut')

  // With nothing left to do it tells the same.
  rmSync(join(desk.folder, 'cut.csv'))
  expect((await desk.run(...order)).stderr).toContain('16 of 16 runs are done already')
  await isWhole(desk, 'cut')

  const rows = rowsOf(desk, 'cut.csv')
  expect(rows.map(row => [row['links.latencyMs'], row.relay, row.seed])).toEqual(
    ['50', '400'].flatMap(ms =>
      ['inv', 'compact'].flatMap(relay => ['1', '2', '3', '4'].map(seed => [ms, relay, seed])),
    ),
  )
  expect(new Set(rows.map(row => row.specHash)).size).toBe(4)
  expect(new Set(rows.map(row => row.netsplitVersion)).size).toBe(1)
  // As another reader has it.
  const arrow = tableFromIPC(readParquet(bytes(desk, 'cut.parquet')).intoIPCStream())
  const seen = arrow
    .toArray()
    .map(row => Object.entries(row?.toJSON() ?? {}).map(([name, value]) => [name, `${value ?? ''}`]))
  expect(seen.map(Object.fromEntries)).toEqual(rows)
})

test('Ctrl-C keeps what is done and says how to go on; a run whose process dies is a row, and is tried again', async () => {
  const desk = new Desk(SPEC)
  const order = ['sweep', ...GRID, '--csv', 'cut.csv', '--parquet', 'cut.parquet', '--parallel', '2']
  const command = desk.start(...order)
  await until('a child runs', () => desk.processesWith('NETSPLIT_RUNS=1').length > 0)
  process.kill(desk.processesWith('NETSPLIT_RUNS=1')[0] as number, 'SIGKILL')
  const [folder = ''] = readdirSync(join(desk.folder, 'netsplit-sweeps'))
  expect(folder).toMatch(/^many-[0-9a-f]{8}-[0-9a-f]{6}$/)
  const record = join(desk.folder, 'netsplit-sweeps', folder, 'runs.ndjson')
  await until('some runs are recorded', () => linesOf(record) >= 3)
  command.signal('SIGINT')
  const { code, stdout, stderr } = await command.ended
  expect(code).toBe(130)
  expect(stdout).toMatch(/many: 4 combinations × 4 runs; \d+ of 16 done/)
  expect(stdout).toContain('its process ended (SIGKILL)')
  expect(stderr).toContain('the same command goes on')
  expect(existsSync(join(desk.folder, 'cut.csv'))).toBe(false)
  expect(await desk.run(...order)).toMatchObject({ code: 0 })
  await isWhole(desk, 'cut')
})

test('on a disk that is full it ends with what it has; with room again it goes on', async context => {
  const desk = new Desk(SPEC)
  const disk = smallDisk(context, '32k')
  symlinkSync(disk, join(desk.folder, 'disk'))
  const order = sweepInto('disk/sweep')
  writeFileSync(join(disk, 'ballast'), Buffer.alloc(16 << 10))
  const { code, stderr } = await desk.run(...order)
  expect(code).toBe(1)
  expect(stderr).toMatch(/cannot write disk\/sweep\/runs\.ndjson: ENOSPC/)
  const record = join(disk, 'sweep', 'runs.ndjson')
  expect(statSync(record).size).toBeGreaterThan(0)
  expect(readFileSync(record, 'utf8')).toMatch(/\}\n$/) // nothing is torn
  expect(linesOf(record)).toBeLessThan(RUNS)
  rmSync(join(disk, 'ballast'))
  expect(await desk.run(...order)).toMatchObject({ code: 0 })
  await isWhole(desk, 'cut')
})

const SCENARIO = `${SPEC}runtime: sim
faults: { split: { partition: halves, at: 60s, for: 60s } }
expect: { height-advances: { within: 120s after heal } }
`

test('a check that fails is a row and exit code 3, a run that fails one and exit code 1, and neither ends the sweep', async () => {
  const desk = new Desk(SCENARIO)
  const checked = await desk.run(
    ...['sweep', '--set', 'expect.height-advances.by=500,1', '--runs', '3', '--csv', 'runs.csv', '--json'],
  )
  expect(checked.code).toBe(3)
  const rows = rowsOf(desk, 'runs.csv')
  expect(rows.map(({ verdict, passed, message }) => [verdict, passed, message])).toEqual([
    ...Array.from({ length: 3 }, () => ['check failed', 'false', 'height-advances']),
    ...Array.from({ length: 3 }, () => ['ok', 'true', '']),
  ])
  const { combinations } = JSON.parse(checked.stdout)
  expect(combinations).toMatchObject([
    { done: 3, verdicts: { 'check failed': 3 }, passed: { mean: 0, high: expect.closeTo(0.5615, 4) } },
    { done: 3, verdicts: { ok: 3 }, passed: { mean: 1, low: expect.closeTo(0.4385, 4) } },
  ])

  const faults = await desk.run('sweep', '--runs', '2', '--rows', 'faults', '--csv', 'faults.csv')
  expect(faults.code).toBe(0)
  expect(rowsOf(desk, 'faults.csv')).toMatchObject(
    ['1', '2'].map(seed => ({
      seed,
      fault: 'split',
      kind: 'partition',
      fromMs: '60000',
      measurement: 'verified',
    })),
  )

  const broken = await desk.run(
    ...['sweep', '--set', 'links.loss=0%,90%', '--runs', '2', '--csv', 'runs.csv'],
  )
  expect(broken.code).toBe(1)
  expect(broken.stdout).toContain('failed: the network does not stand')
  expect(rowsOf(desk, 'runs.csv').map(({ verdict, height }) => [verdict, height !== ''])).toEqual([
    ...[
      ['ok', true],
      ['ok', true],
      ['failed', false],
      ['failed', false],
    ],
  ])
})

test('a moment that never comes, a folder of another sweep, one that is running, and a name that is wrong', async () => {
  const desk = new Desk(SPEC)
  const never = await desk.run('sweep', '--until', 'tips > 4', '--for', '1m', '--runs', '2', '--dir', 'd')
  expect(never).toMatchObject({ code: 1, stdout: expect.stringContaining('never came (seeds 1, 2)') })
  const before = readFileSync(join(desk.folder, 'd', 'runs.ndjson'), 'utf8')
  const other = await desk.run('sweep', '--for', '2m', '--runs', '2', '--dir', 'd')
  expect(other).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('d holds a sweep of another spec (many, '),
  })
  expect(readFileSync(join(desk.folder, 'd', 'runs.ndjson'), 'utf8')).toBe(before)
  const long = desk.start('sweep', '--for', '300h', '--runs', '2', '--dir', 'long')
  await until('it has begun', () => existsSync(join(desk.folder, 'long', 'runs.ndjson')))
  const second = await desk.run('sweep', '--for', '300h', '--runs', '2', '--dir', 'long')
  expect(second).toMatchObject({ code: 1, stderr: expect.stringContaining('long is running (process') })
  long.signal('SIGTERM')
  expect((await long.ended).code).toBe(143)
  const wrong = await desk.run('sweep', '--for', '1m', '--set', 'nodes.minres.count=2', '--csv', 'new/x.csv')
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('did you mean nodes.miners?') })
  expect(existsSync(join(desk.folder, 'new'))).toBe(false)
})

test('a plot of the table and one of the folder show the same points; rows of blocks are plotted by run', async () => {
  const desk = new Desk(SPEC)
  const order = [
    'sweep',
    ...GRID,
    '--rows',
    'blocks',
    '--csv',
    'blocks.csv',
    '--dir',
    'd',
    '--parallel',
    '2',
    '--json',
  ]
  const swept = JSON.parse((await desk.run(...order)).stdout)
  expect((await desk.run('sweep', ...GRID, '--dir', 'd', '--csv', 'runs.csv')).stderr).toContain(
    '16 of 16 runs are done',
  )
  const axes = ['--x', 'links.latency', '--y', 'staleRate', '--by', 'relay']
  const drawn = await desk.ask('plot', 'runs.csv', ...axes, '-o', 'out/stale.svg', '--log', 'x')
  expect(await desk.ask('plot', 'd', ...axes)).toEqual(drawn)
  expect(drawn).toMatchObject({
    x: { column: 'links.latencyMs' },
    curves: [{ name: 'inv' }, { name: 'compact' }],
  })
  const [first] = swept.combinations
  const { mean, low, high } = first.estimates.staleRate
  const [{ points }] = (drawn as { curves: [{ points: object[] }] }).curves
  expect(points[0]).toEqual({
    x: 50,
    y: expect.closeTo(mean, 9),
    low: expect.closeTo(low, 9),
    high: expect.closeTo(high, 9),
    runs: 4,
  })
  expect(bytes(desk, 'out/stale.svg').toString()).toMatch(/^<svg [\s\S]*<\/svg>\n$/)

  const blocks = await desk.run(
    'plot',
    'blocks.csv',
    '--x',
    'links.latency',
    '--y',
    'onChain',
    '-o',
    'b.html',
  )
  expect(blocks).toMatchObject({ code: 0, stderr: expect.stringContaining('relay varies, too') })
  expect(blocks.stdout).toMatch(/50 ms .* 8\n/) // runs, not blocks
  expect(bytes(desk, 'b.html').toString()).toContain('<svg')
  const nothing = await desk.run('plot', 'runs.csv', '--x', 'links.latncyMs', '--y', 'height', '-o', 'x.svg')
  expect(nothing).toMatchObject({ code: 2, stderr: expect.stringContaining('did you mean links.latencyMs?') })
  expect(existsSync(join(desk.folder, 'x.svg'))).toBe(false)
})
