// Ends that nobody planned: Ctrl-C at every stage, kill −9 of the controller. Nothing may be left: no process, no file.

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { Desk } from '../support/cli.ts'
import { QUICK } from '../support/real-network.ts'
import { until } from '../support/until.ts'

/** A handshake over such a link takes longer than a dial waits: the network is starting for as long as a test needs. */
const NEVER_STANDS = QUICK.replace('latency: 0ms', 'latency: 20s')

/** What a launch says, in order; Ctrl-C follows each at once. */
const STAGES = ['starting 5 nodes', 'miners-', 'the network stands', 'mined block 1'] as const

for (const stage of STAGES)
  test(`Ctrl-C when it says "${stage}" ends everything in order`, async () => {
    const desk = new Desk()
    const up = desk.start('up')
    await up.says(stage)
    up.signal('SIGINT')
    const { code, stderr } = await up.ended
    expect(code).toBe(130)
    expect(stderr).toContain('going down')
    expect(stderr).not.toMatch(/Error|at .*\.js:/)
    expect(desk.nodes()).toEqual([])
    expect(desk.state()).toEqual([])
  })

test('Ctrl-C at any millisecond of the start leaves nothing', async () => {
  const desk = new Desk()
  for (const delayMs of [40, 80, 120, 160, 200, 250, 300, 400]) {
    const up = desk.start('up', '--name', `after-${delayMs}`)
    const sinceMs = performance.now()
    await until('its moment', () => performance.now() - sinceMs >= delayMs)
    up.signal('SIGINT')
    const { code, signal } = await up.ended
    // Before it listens for signals there is nothing to clean up, and the signal has its usual effect.
    expect(code ?? signal).toBe(code === null ? 'SIGINT' : 130)
    expect(desk.nodes()).toEqual([])
    expect(desk.state()).toEqual([])
  }
})

test('Ctrl-C during up --detach takes the background down as well', async () => {
  const desk = new Desk(NEVER_STANDS)
  const up = desk.start('up', '--detach')
  await until('the controller has its name', () => desk.state().includes('demo'))
  up.signal('SIGINT')
  expect((await up.ended).code).toBe(130)
  expect(desk.nodes()).toEqual([])
  expect(desk.state()).toEqual([])
})

test('Ctrl-C twice does not wait for nodes that hang', async () => {
  const desk = new Desk()
  const up = await desk.up()
  // Frozen behind the controller's back: an orderly end would wait for its deadline.
  for (const pid of desk.nodes()) process.kill(pid, 'SIGSTOP')
  up.signal('SIGINT')
  await up.says('going down')
  const sinceMs = performance.now()
  await until('a second one is no echo of the first', () => performance.now() - sinceMs >= 200)
  up.signal('SIGINT')
  expect((await up.ended).code).toBe(130)
  expect(desk.nodes()).toEqual([])
  expect(desk.state()).toEqual([])
})

test('Ctrl-C long before the time is over ends it now', async () => {
  const desk = new Desk()
  const up = await desk.up('--for', '1h')
  up.signal('SIGINT')
  expect((await up.ended).code).toBe(130)
})

test('in --json an interrupted launch is an error document', async () => {
  const desk = new Desk(NEVER_STANDS)
  const up = desk.start('up', '--json')
  await up.says('starting 5 nodes')
  up.signal('SIGINT')
  const { code, stdout } = await up.ended
  expect(code).toBe(130)
  expect(JSON.parse(stdout).error.message).toBe('demo was stopped while it started')
})

test('the nodes of a killed controller stop by themselves, and gc sweeps the rest', async () => {
  const desk = new Desk()
  const up = await desk.up()
  const data = (await readConfigs(desk)).map(config => config.dataDirectory as string)
  expect(data.every(existsSync)).toBe(true)
  up.signal('SIGKILL')
  await up.ended
  expect(await desk.ask('ls')).toMatchObject([{ network: 'demo', phase: 'dead' }])
  expect(await desk.run('status')).toMatchObject({ code: 2 })
  expect((await desk.run('status', 'demo')).stderr).toContain('netsplit down demo removes what it left')
  await until('the nodes have stopped', () => desk.nodes().length === 0)
  expect(data.some(existsSync)).toBe(false)

  expect(await desk.ask('gc', '--dry-run')).toMatchObject({
    dryRun: true,
    removed: [{ network: 'demo', nodes: [] }],
  })
  expect(desk.state()).toEqual(['demo'])
  expect(await desk.ask('gc')).toMatchObject({ dryRun: false, removed: [{ network: 'demo' }] })
  expect(desk.state()).toEqual([])
  expect(await desk.ask('gc')).toEqual({ dryRun: false, removed: [], engine: [], stuck: [] })
})

test('a kill −9 of the controller cuts the line to its nodes: they end at once, frozen ones, too', async () => {
  const desk = new Desk()
  const up = await desk.up('--nodes', '3')
  expect((await desk.run('pause', 'miners-2')).code).toBe(0)
  up.signal('SIGKILL')
  await up.ended
  await until('the nodes have stopped', () => desk.nodes().length === 0)
  const [run = ''] = desk.runs()
  for (const node of ['miners-1', 'miners-2', 'miners-3'])
    expect(readFileSync(join(run, 'logs', `${node}.log`), 'utf8')).toContain('the controller has gone')
})

test('gc ends nodes that outlived their controller, and a new network may take the dead name at once', async () => {
  const desk = new Desk()
  const first = await desk.up('--nodes', '3')
  // Frozen, they cannot notice that their controller has gone.
  for (const pid of desk.nodes()) process.kill(pid, 'SIGSTOP')
  first.signal('SIGKILL')
  await first.ended
  expect(desk.nodes()).toHaveLength(3)
  const { removed } = (await desk.ask('gc')) as { removed: { nodes: object[] }[] }
  expect(removed[0]?.nodes).toHaveLength(3)
  await until('they are gone', () => desk.nodes().length === 0)

  const second = await desk.up('--nodes', '3')
  second.signal('SIGKILL')
  await second.ended
  const third = await desk.up('--nodes', '3')
  third.signal('SIGTERM')
  expect((await third.ended).code).toBe(143)
  expect(desk.state()).toEqual([])
})

test('a clock that was set, or a machine that slept, makes no living network a dead one', async () => {
  const desk = new Desk()
  const up = await desk.up()
  const nodes = desk.nodes()
  // For every command from now on it is an hour later, and so was the boot.
  const shim = join(desk.folder, 'later.cjs')
  writeFileSync(
    shim,
    `const fs = require('node:fs'), { readFileSync } = fs, now = Date.now
    Date.now = () => now() + 3_600_000
    fs.readFileSync = (...args) => {
      const read = readFileSync(...args)
      if (args[0] !== '/proc/stat') return read
      return String(read).replace(/^btime (\\d+)$/m, (_, seconds) => 'btime ' + (Number(seconds) + 3600))
    }
    require('node:module').syncBuiltinESMExports()`,
  )
  vi.stubEnv('NODE_OPTIONS', `--require ${shim}`)
  onTestFinished(() => void vi.unstubAllEnvs())
  expect(await desk.ask('ls')).toMatchObject([{ network: 'demo', phase: 'running' }])
  expect(await desk.ask('gc')).toMatchObject({ removed: [] })
  expect(await desk.run('up', '--name', 'demo')).toMatchObject({ code: 2 })
  expect(desk.nodes()).toEqual(nodes)
  expect((await desk.run('down', 'demo')).code).toBe(0)
  expect((await up.ended).code).toBe(0)
  expect(desk.state()).toEqual([])
})

async function readConfigs(desk: Desk): Promise<Record<string, unknown>[]> {
  return desk.nodes().map(pid => {
    const configFile = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').at(-2) as string
    return JSON.parse(readFileSync(join(configFile), 'utf8'))
  })
}
