// A network that is stopped keeps its chain and comes up again with it, in processes and (project `docker`) in containers:
// after an orderly stop, and after its controller and all its nodes were killed as by a power cut.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Desk } from '../support/cli.ts'
import { QUICK, RUNTIME } from '../support/real-network.ts'
import { until } from '../support/until.ts'

const SLOW_MS = 60_000
const SPEC = `${QUICK.replace('runtime: process', `runtime: ${RUNTIME}`)}\nnodes: { miners: { count: 3, share: 100% } }`
const UP = ['--no-observability', '--detach']

async function block(desk: Desk, node: string, height: number): Promise<unknown> {
  return await desk.ask('rpc', node, 'getblockhash', String(height))
}

async function height(desk: Desk): Promise<number> {
  return ((await desk.ask('status')) as { height: number }).height
}

test('stop keeps the chain, and who joined; start brings both back; down removes them', async () => {
  const desk = new Desk(SPEC)
  expect((await desk.run('up', '--name', 'sleeper', ...UP)).code).toBe(0)
  await desk.ask('add', 'late')
  // So far below the tip no block is given up any more.
  await until('eight blocks', async () => (await height(desk)) >= 8, SLOW_MS)
  const third = await block(desk, 'miners-1', 3)
  const { nodes } = (await desk.ask('stop')) as { nodes: number }
  expect(nodes).toBe(4)
  expect(await desk.ask('ls')).toMatchObject([{ network: 'sleeper', phase: 'stopped', pid: null }])
  expect(desk.nodes()).toEqual([])
  expect(await desk.ask('gc')).toMatchObject({ removed: [], engine: [] })
  const refused = await desk.run('up', '--name', 'sleeper', ...UP)
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('sleeper is stopped') })

  expect((await desk.run('start')).code).toBe(0)
  for (const node of ['miners-1', 'late']) expect(await block(desk, node, 3)).toEqual(third)
  const before = await height(desk)
  await until('it mines on', async () => (await height(desk)) > before, SLOW_MS)

  await desk.ask('stop')
  await desk.ask('down', 'sleeper')
  expect(desk.state()).toEqual([])
  expect(await desk.ask('ls')).toEqual([])
  expect(await desk.ask('gc')).toMatchObject({ removed: [], engine: [] })
})

test('keep: true outlives a power cut: gc leaves the chain alone, start finds it', async () => {
  const desk = new Desk(`${SPEC}\nkeep: true`)
  expect((await desk.run('up', '--name', 'survivor', ...UP)).code).toBe(0)
  // The last ones may not be on a disk yet, or be given up.
  await until('seven blocks', async () => (await height(desk)) >= 7, SLOW_MS)
  const second = await block(desk, 'miners-1', 2)
  const { pid } = JSON.parse(readFileSync(join(desk.stateOf('survivor'), 'controller.json'), 'utf8'))
  const nodes = ((await desk.ask('status')) as { nodes: { pid: number }[] }).nodes
  for (const each of [pid, ...nodes.map(node => node.pid)]) process.kill(each, 'SIGKILL')
  await until('the controller has gone', async () => {
    const [known] = (await desk.ask('ls')) as { phase: string }[]
    return known?.phase === 'stopped'
  })
  await desk.ask('gc')
  expect((await desk.run('start', 'survivor')).code).toBe(0)
  for (const { name } of ((await desk.ask('status')) as { nodes: { name: string }[] }).nodes)
    expect(await block(desk, name, 2)).toEqual(second)
  expect((await desk.run('down')).code).toBe(0)
  expect(desk.state()).toEqual([])
})

test('start names what there is to start', async () => {
  const desk = new Desk(SPEC)
  expect(await desk.run('start')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('no network is stopped'),
  })
  expect((await desk.run('start', 'nobody')).code).toBe(2)
})
