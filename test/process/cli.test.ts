// The verbs from one terminal about a network that runs under another: real controllers, real nodes.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { NodeDoor } from '../../orchestrator/network/handle.ts'
import type { NetworkState } from '../../orchestrator/observe/state.ts'
import { Desk, type Outcome } from '../support/cli.ts'
import { until } from '../support/until.ts'

const refusal = (stdout: string) =>
  (JSON.parse(stdout) as { error: { message: string; hint: string | null } }).error

test('up --for --json ends with one document on stdout, a record of the run, and nothing else', async () => {
  const desk = new Desk()
  const { code, stdout } = await desk.run('up', '--for', '4s', '--json', '--seed', '7', '--tx', '5/s')
  expect(code).toBe(0)
  const summary = JSON.parse(stdout)
  const [run = ''] = desk.runs()
  const number = expect.any(Number)
  const { systems, ...all } = summary
  expect(all).toEqual({
    schemaVersion: 1,
    network: 'demo',
    runtime: 'process',
    seed: 7,
    nodes: 5,
    seconds: number,
    height: number,
    tips: 1,
    converged: true,
    blocks: number,
    staleBlocks: number,
    reorgMaxDepth: number,
    hashRate: { askedHps: 100_000, measuredHps: number },
    propagation: {
      p50Ms: expect.toSatisfy(isMs),
      p90Ms: expect.toSatisfy(isMs),
      p99Ms: expect.toSatisfy(isMs),
    },
    transactions: { sent: number, failed: 0, confirmed: number },
    runDirectory: run,
  })
  // What is the ledger's stands once more below its name, whole.
  const { schemaVersion, network, runtime, seed, nodes, seconds, runDirectory, ...ledger } = all
  expect(systems).toEqual({ ledger })
  expect(summary.seconds).toBeGreaterThanOrEqual(4)
  expect(readdirSync(run).sort()).toEqual([
    'events.ndjson',
    'logs',
    'plan.json',
    'report.html',
    'report.json',
    'run.json',
    'spec.yaml',
  ])
  expect(readdirSync(join(run, 'logs'))).toHaveLength(5)
  expect(JSON.parse(readFileSync(join(run, 'report.json'), 'utf8'))).toMatchObject(summary)
  const events = readFileSync(join(run, 'events.ndjson'), 'utf8').trimEnd().split('\n')
  expect(events.map(line => JSON.parse(line).seq)).toEqual(events.map((_, i) => i + 1))
  expect(desk.state()).toEqual([])
  expect(desk.nodes()).toEqual([])
})

test('a reader of the progress that goes away ends nothing', async () => {
  const desk = new Desk()
  const up = await desk.up('--for', '4s', '--json')
  up.deafen()
  const { code, stdout } = await up.ended
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ network: 'demo', nodes: 5 })
  expect(desk.state()).toEqual([])
  expect(desk.nodes()).toEqual([])
})

const isMs = (value: unknown) => value === null || typeof value === 'number'

test('other terminals see the network, ask its nodes, and read their logs', async () => {
  const desk = new Desk()
  const up = await desk.up()
  expect(await desk.ask('ls')).toMatchObject([
    { network: 'demo', phase: 'running', nodes: 5, running: 5, pid: up.pid },
  ])
  const state = (await desk.ask('status')) as NetworkState
  expect(state.nodes.map(node => node.phase)).toEqual(Array(5).fill('running'))
  expect((await desk.run('status', 'demo')).stdout).toMatch(/● miners-1 +running/)
  expect(await desk.ask('rpc', 'miners-1', 'getblockchaininfo')).toMatchObject({ chain: 'netsplit' })
  const { stdout: hash } = await desk.run('rpc', 'miners-1', 'getblockhash', '0')
  expect(hash).toMatch(/^[0-9a-f]{64}\n$/)
  const { stdout: block } = await desk.run('rpc', 'miners-2', 'getblock', hash.trim(), '1')
  expect(JSON.parse(block)).toMatchObject({ height: 0 })
  expect((await desk.run('logs', 'miners-1', '-n', '1')).stdout.split('\n')).toHaveLength(2)

  const door = (await desk.ask('rpc', '--cookie', 'miners-1')) as Required<NodeDoor>
  expect(readFileSync(door.cookieFile, 'utf8')).toBe(`${door.user}:${door.password}`)
  const { stdout: line } = await desk.run('rpc', '--cookie', 'miners-1')
  expect(line).toMatch(
    /^bitcoin-cli -rpcconnect=127\.0\.0\.1 -rpcport=\d+ -rpccookiefile=\S+ getblockchaininfo\nhttp:/,
  )
  const asked = await fetch(door.url, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${door.user}:${door.password}`)}` },
    body: JSON.stringify({ id: 1, method: 'getblockhash', params: [0] }),
  })
  expect(await asked.json()).toMatchObject({ result: hash.trim() })
  const badCall = await desk.run('rpc', 'miners-1', 'getblockhash', '999999')
  expect(badCall).toMatchObject({ code: 1, stderr: expect.stringContaining('error -8') })
  const badNode = await desk.run('rpc', 'nobody', 'getblockcount', '--json')
  expect(badNode.code).toBe(2)
  expect(refusal(badNode.stdout).hint).toContain('miners-1')
})

test('nodes are stopped, started, killed, paused, resumed and added from another terminal', async () => {
  const desk = new Desk()
  await desk.up('--name', 'orders')
  const phase = async () => ((await desk.ask('status')) as NetworkState).nodes[0]?.phase
  for (const [verb, after] of [
    ['stop', 'stopped'],
    ['start', 'running'],
    ['kill', 'stopped'],
    ['start', 'running'],
    ['pause', 'paused'],
    ['resume', 'running'],
  ] as const) {
    expect(await desk.ask(verb, 'miners-1')).toEqual({ network: 'orders', node: 'miners-1', done: verb })
    expect(await phase()).toBe(after)
  }
  expect(await desk.ask('add', '--hash-rate', '20kH/s')).toEqual({ network: 'orders', node: 'miners-6' })
  expect(await desk.ask('add', 'watcher')).toEqual({ network: 'orders', node: 'watcher' })
  expect(await desk.run('start', 'miners-1')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('already runs'),
  })
  expect(await desk.run('add', '../x')).toMatchObject({ code: 2 })
  expect(await desk.run('add', '--hash-rate', 'fast')).toMatchObject({ code: 2 })
})

test('a log is followed until the network goes down', async () => {
  const desk = new Desk()
  await desk.up()
  const follower = desk.start('logs', 'miners-1', '-f')
  await follower.says('listens on')
  await desk.run('kill', 'miners-1')
  await desk.run('start', 'miners-1')
  await until(
    'the second life',
    async () => (await desk.run('logs', 'miners-1')).stdout.match(/listens on/g)?.length === 2,
  )
  await desk.run('down')
  const { code, stdout } = await follower.ended
  expect(code).toBe(0)
  expect(stdout.match(/listens on/g)).toHaveLength(2)
})

test('a second network of the same name is refused with what to do; another name stands beside it', async () => {
  const desk = new Desk()
  const first = await desk.up()
  const second = await desk.run('up', '--json')
  expect(second.code).toBe(2)
  expect(refusal(second.stdout)).toMatchObject({
    message: 'a network named demo is already running',
    hint: expect.stringContaining('--name'),
  })
  expect(desk.runs()).toHaveLength(1)
  await desk.up('--name', 'other', '--nodes', '3')
  expect((await desk.run('status')).stderr).toContain('pick one with --name: demo, other')
  expect(((await desk.ask('status', 'other')) as NetworkState).nodes).toHaveLength(3)
  expect(((await desk.ask('status', '--name', 'demo')) as NetworkState).nodes).toHaveLength(5)
  first.signal('SIGTERM')
  expect((await first.ended).code).toBe(143)
  expect(desk.state()).toEqual(['other'])
})

test('of two that come up under one name at the same moment, one does', async () => {
  const desk = new Desk()
  const both = [desk.start('up', '--json'), desk.start('up', '--json')]
  const [loser, winner] = await Promise.race(both.map((up, i) => up.ended.then(() => [up, both[1 - i]])))
  expect((await loser?.ended)?.code).toBe(2)
  await winner?.says('the network stands')
  winner?.signal('SIGTERM')
  expect((await winner?.ended)?.code).toBe(143)
  expect(desk.state()).toEqual([])
})

test('a name with ../ in it is refused everywhere and touches nothing', async () => {
  const desk = new Desk()
  const tries = [
    ['up', '--name', '../x'],
    ['down', '../x'],
    ['status', '../x'],
    ['logs', 'a', '--name', '../x'],
  ]
  for (const args of tries) {
    const { code, stdout } = await desk.run(...args, '--json')
    expect([args[0], code]).toEqual([args[0], 2])
    expect(refusal(stdout).message).not.toBe('')
  }
  expect(desk.runs()).toEqual([])
  expect(desk.state()).toEqual([])
})

test('down of a network that is not there says which are', async () => {
  const desk = new Desk()
  const nothing = await desk.run('down', '--json')
  expect(nothing.code).toBe(2)
  expect(refusal(nothing.stdout)).toEqual({
    message: 'no network is running',
    hint: 'start one: netsplit up',
  })
  await desk.up()
  const wrong = await desk.run('down', 'nope')
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('running: demo') })
})

test('down ends the network for both terminals, and twice at once is fine', async () => {
  const desk = new Desk()
  let up = await desk.up('--json')
  const twice = () => Promise.all([desk.run('down', '--json'), desk.run('down', '--json')])
  // On a busy machine one may come when the other has done its work: then they were not at once.
  const tooLate = (outcomes: Outcome[]) =>
    outcomes.some(({ stdout }) => stdout.includes('no network is running'))
  let outcomes = await twice()
  for (let again = 0; again < 10 && tooLate(outcomes); again++) {
    up = await desk.up('--json')
    outcomes = await twice()
  }
  expect(outcomes.map(each => each.code)).toEqual([0, 0])
  const [first, second] = outcomes
  expect(second.stdout).toBe(first.stdout)
  const { code, stdout } = await up.ended
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toEqual(JSON.parse(first.stdout))
  expect(desk.state()).toEqual([])
  expect(desk.nodes()).toEqual([])
})

test('up --detach returns when the network stands, and down ends it', async () => {
  const desk = new Desk()
  const { network, pid, runDirectory } = (await desk.ask('up', '--detach')) as Record<string, string>
  expect(network).toBe('demo')
  expect(await desk.ask('status')).toMatchObject({ phase: 'running' })
  // Now and then a block is on its way.
  await until('one tip', async () => ((await desk.ask('status')) as NetworkState).systems.ledger.converged)
  expect(existsSync(`/proc/${pid}`)).toBe(true)
  const twice = await desk.run('up', '--detach', '--json')
  expect(twice.code).toBe(2)
  expect(refusal(twice.stdout).message).toContain('already running')
  expect(desk.runs()).toEqual([runDirectory])
  expect((await desk.run('down')).code).toBe(0)
  await until('the controller has gone', () => !existsSync(`/proc/${pid}`))
  expect(desk.nodes()).toEqual([])
})

test('what is wrong with a spec is said by the background as by the foreground', async () => {
  const desk = new Desk('nodes: { miners: { count: -1 } }')
  for (const flag of [[], ['--detach']]) {
    const { code, stderr } = await desk.run('up', ...flag)
    expect(code).toBe(2)
    expect(stderr).toContain('netsplit.yaml:1:')
  }
  expect(desk.runs()).toEqual([])
})

test("a record or a state that cannot be written is the environment's fault: exit 4, and nothing is left", async () => {
  const desk = new Desk()
  const file = join(desk.folder, 'netsplit.yaml')
  for (const flag of [[], ['--detach']]) {
    const { code, stdout } = await desk.run('up', '--json', '--run-dir', join(file, 'run'), ...flag)
    expect(code).toBe(4)
    expect(refusal(stdout).message).toContain(file)
  }
  expect(desk.state()).toEqual([])
  expect(desk.nodes()).toEqual([])
})

test('a folder that holds a run is refused by all that record, and stays as it is; one with other files is taken', async () => {
  const desk = new Desk()
  const folder = join(desk.folder, 'mine')
  const up = ['up', '--runtime', 'sim', '--for', '20s', '--json', '--run-dir', 'mine']
  mkdirSync(folder)
  writeFileSync(join(folder, 'notes.txt'), 'mine')
  expect((await desk.run(...up)).code).toBe(0)
  const before = contents(folder)
  expect(before).toMatchObject({ 'notes.txt': 'mine', 'events.ndjson': expect.stringContaining('"seq":1,') })
  for (const args of [up, [...up, '--detach']]) {
    const { code, stdout } = await desk.run(...args)
    expect(code).toBe(2)
    expect(refusal(stdout)).toEqual({
      message: `${folder} holds the record of a run already (events.ndjson)`,
      hint: expect.stringContaining('--run-dir'),
    })
  }
  expect(contents(folder)).toEqual(before)
  expect(desk.state()).toEqual([])

  // A network that comes up again records in a folder of its own, too.
  await desk.ask('up', '--nodes', '3', '--detach')
  await desk.run('stop')
  expect((await desk.run('start', 'demo', '--run-dir', 'mine')).code).toBe(2)
  expect(contents(folder)).toEqual(before)
  await desk.ask('start', 'demo')
  expect(await desk.ask('status')).toMatchObject({ phase: 'running' })
})

test('what a runtime cannot do is refused before there is a record, so the folder can be named again', async () => {
  const desk = new Desk('{ runtime: sim, faults: { full: { disk-full: miners-1, at: 1s, for: 2s } } }')
  for (const flag of [[], ['--detach']]) {
    const { code, stderr } = await desk.run('up', '--run-dir', 'mine', ...flag)
    expect(code).toBe(4)
    expect(stderr).toContain('simulated nodes have no disk')
    expect(existsSync(join(desk.folder, 'mine'))).toBe(false)
  }
})

/** File → what is in it; of folders, that they are there. */
function contents(folder: string): Record<string, string | null> {
  const names = readdirSync(folder, { withFileTypes: true })
  return Object.fromEntries(
    names.map(each => [each.name, each.isFile() ? readFileSync(join(folder, each.name), 'utf8') : null]),
  )
}
