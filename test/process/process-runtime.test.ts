// The process runtime with fake nodes: what it hands over, and what it says when a child is not well.

import { existsSync, readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { NodeConfig } from '../../node/api.ts'
import { PERFECT_LINK } from '../../node/core/link.ts'
import { startOf } from '../../orchestrator/machine/processes.ts'
import { NodeClient } from '../../orchestrator/network/node-client.ts'
import type { ProcessRuntime } from '../../orchestrator/runtime/process.ts'
import { type NodeExit, RuntimeError } from '../../orchestrator/runtime/runtime.ts'
import type { Plan, PlannedNode } from '../../orchestrator/spec/types.ts'
import { fakeRuntime, planOf } from '../support/fake-network.ts'
import { TOKEN } from '../support/node-config.ts'
import { until } from '../support/until.ts'

/** Long enough to say that it does not hear, on a busy machine too. */
const DEAF = { stopTimeoutMs: 2_000 }
const NO_LINKS = { default: PERFECT_LINK, peers: {} }

function nodeOf(plan: Plan, index = 0): PlannedNode {
  return plan.nodes[index] as PlannedNode
}

async function startOne(name: string, tuning = {}): Promise<{ runtime: ProcessRuntime; exits: NodeExit[] }> {
  const plan = planOf([name])
  const exits: NodeExit[] = []
  const runtime = fakeRuntime(plan, exit => exits.push(exit), tuning)
  await runtime.start(nodeOf(plan), {}, NO_LINKS)
  return { runtime, exits }
}

async function failure(promise: Promise<unknown>): Promise<RuntimeError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(RuntimeError)
  return error as RuntimeError
}

/** Whoever listens there takes what is said; false where the dial is refused or reset. */
function isAnswered(address: string): Promise<boolean> {
  const [host, port] = address.split(':')
  return new Promise(resolve => {
    const socket = connect({ host: host as string, port: Number(port) })
    const answer = (answered: boolean) => {
      socket.on('error', () => {}).destroy()
      resolve(answered)
    }
    socket.once('connect', () => socket.write('hello', () => socket.setTimeout(500, () => answer(true))))
    for (const event of ['error', 'close']) socket.once(event, () => answer(false))
  })
}

test('an address is known before its node runs, and the node takes over the very socket', async () => {
  const plan = planOf(['a-1'])
  const runtime = fakeRuntime(plan)
  const { bitcoin: address = '' } = await runtime.reserve('a-1', ['bitcoin'])
  expect(await runtime.reserve('a-1', ['bitcoin'])).toEqual({ bitcoin: address })
  const endpoint = await runtime.start(nodeOf(plan), {}, NO_LINKS)
  expect(endpoint.addresses).toEqual({ bitcoin: address })
  expect(await isAnswered(address)).toBe(true)
  await runtime.stop('a-1', 'term')
  expect(await isAnswered(address)).toBe(false)
})

test('a dial to a peer that has not started yet waits for it and is answered', async () => {
  const plan = planOf(['a-1', 'b-1'])
  const runtime = fakeRuntime(plan)
  const addresses = await Promise.all([
    runtime.reserve('a-1', ['bitcoin']),
    runtime.reserve('b-1', ['bitcoin']),
  ])
  const started = plan.nodes.map((node, i) =>
    runtime.start(node, { connect: { bitcoin: i === 0 ? Object.values(addresses[1] ?? {}) : [] } }, NO_LINKS),
  )
  const endpoints = await Promise.all(started)
  const client = new NodeClient((endpoints[1] as { control: string }).control, TOKEN)
  onTestFinished(() => client.close())
  await until(
    'the dial is answered',
    async () => (await client.health()).services.bitcoin?.peers.outbound === 1,
  )
})

test('a dial to a peer that starts much later waits here, and gets through soon after', async () => {
  const plan = planOf(['a-1', 'b-1'])
  const runtime = fakeRuntime(plan)
  const { bitcoin: address = '' } = await runtime.reserve('a-1', ['bitcoin'])
  const [host, port] = address.split(':')
  const socket = connect({ host: host as string, port: Number(port) })
  let ended = false
  socket
    .on('error', () => {})
    .once('close', () => {
      ended = true
    })
  await until('it is taken in', () => !socket.connecting)
  // Other nodes come first, for as long as it takes.
  await runtime.start(nodeOf(plan, 1), {}, NO_LINKS)
  expect(ended).toBe(false)
  await runtime.start(nodeOf(plan), {}, NO_LINKS)
  await until('it is told to dial again', () => ended)
  expect(await isAnswered(address)).toBe(true)
})

test('the configuration carries dial list, link table and token file; only the owner may read it', async () => {
  const plan = planOf(['a-1'])
  let configFile = ''
  const runtime = fakeRuntime(plan)
  const links = { default: PERFECT_LINK, peers: { '127.0.0.1:9': { ...PERFECT_LINK, latencyMs: 45 } } }
  const { pid } = await runtime.start(nodeOf(plan), { connect: { bitcoin: ['127.0.0.1:9'] } }, links)
  configFile = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').at(-2) as string
  const config = JSON.parse(readFileSync(configFile, 'utf8')) as NodeConfig
  expect(config.services.bitcoin?.peers.connect).toEqual(['127.0.0.1:9'])
  expect(config.links).toEqual(links)
  expect(config.ephemeral).toBe(true)
  expect(readFileSync(config.tokenFile, 'utf8')).toBe(`${TOKEN}\n`)
  await runtime.destroy()
  expect(existsSync(configFile)).toBe(false)
  expect(existsSync(config.tokenFile)).toBe(false)
})

test('a child that dies before it is ready is reported with its exit code and its last 50 lines', async () => {
  const plan = planOf(['dies-1'])
  const exits: NodeExit[] = []
  const runtime = fakeRuntime(plan, exit => exits.push(exit))
  const error = await failure(runtime.start(nodeOf(plan), {}, NO_LINKS))
  expect(error.code).toBe('node-died')
  expect(error.message).toContain('exit code 3')
  expect(error.lastLines).toHaveLength(50)
  expect(error.lastLines.at(-1)).toBe('fatal: the dog ate my blocks')
  expect(exits).toMatchObject([{ name: 'dies-1', code: 3, signal: null, expected: false }])
})

test('a child that never says it is ready is killed at the deadline', async () => {
  const plan = planOf(['mute-1'])
  const exits: NodeExit[] = []
  const runtime = fakeRuntime(plan, exit => exits.push(exit), { readyTimeoutMs: 400 })
  const error = await failure(runtime.start(nodeOf(plan), {}, NO_LINKS))
  expect(error.code).toBe('node-timeout')
  expect(error.message).toContain('did not answer for 0.4 s')
  expect(exits).toMatchObject([{ signal: 'SIGKILL', cause: 'silent', expected: true }])
})

test('one whose heap is full before it is ready ended for memory, not by a signal', async () => {
  const plan = planOf(['gorges-1'])
  const exits: NodeExit[] = []
  const runtime = fakeRuntime(plan, exit => exits.push(exit))
  const error = await failure(runtime.start(nodeOf(plan), {}, NO_LINKS))
  expect(error.message).toBe('gorges-1 ended before it was ready (out of memory)')
  expect(error.hint).toContain('fewer nodes')
  expect(exits).toMatchObject([{ signal: 'SIGABRT', cause: 'memory', expected: false }])
})

test('whatever a child says beside the ready message is its log, before it and after', async () => {
  const plan = planOf(['babbles-1'])
  const runtime = fakeRuntime(plan)
  await runtime.start(nodeOf(plan), {}, NO_LINKS)
  const log: string[] = []
  const read = async () => {
    log.length = 0
    for await (const line of runtime.logs('babbles-1', 50, undefined)) log.push(line)
    return log.includes('bye')
  }
  await until('its last word', read)
  expect(log.filter(line => line !== 'started')).toEqual(['hello', '{"ready":', 'bye'])
})

test('a bundle that is not there is a death with a reason', async () => {
  const plan = planOf(['a-1'])
  const runtime = fakeRuntime(plan, () => {}, { nodeFile: '/nowhere/node.js' })
  const error = await failure(runtime.start(nodeOf(plan), {}, NO_LINKS))
  expect(error.code).toBe('node-died')
  expect(error.lastLines.join('\n')).toContain('/nowhere/node.js')
})

test('stopping in order is an expected exit with code 0; stopping twice is fine', async () => {
  const { runtime, exits } = await startOne('a-1')
  await Promise.all([runtime.stop('a-1', 'term'), runtime.stop('a-1', 'term')])
  await runtime.stop('a-1', 'term')
  expect(exits).toMatchObject([{ code: 0, signal: null, expected: true }])
})

test('certificates that a node of ours never needs are not read by each at its start', async () => {
  vi.stubEnv('NODE_EXTRA_CA_CERTS', '/etc/ssl/certs/some.pem')
  vi.stubEnv('SOMETHING_ELSE', 'is given on')
  onTestFinished(() => void vi.unstubAllEnvs())
  const plan = planOf(['a-1'])
  const { pid } = await fakeRuntime(plan).start(nodeOf(plan), {}, NO_LINKS)
  const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
  expect(environment).toContain('SOMETHING_ELSE=is given on')
  expect(environment.filter(each => each.startsWith('NODE_EXTRA_CA_CERTS'))).toEqual([])
})

test('a node that ignores SIGTERM is killed at the deadline', async () => {
  const { runtime, exits } = await startOne('deaf-1', DEAF)
  await runtime.stop('deaf-1', 'term')
  expect(exits).toMatchObject([{ signal: 'SIGKILL', expected: true }])
  expect(exits[0]?.lastLines.at(-1)).toBe('I do not hear')
})

test('a paused node answers nothing until it is resumed, and can be stopped while it is frozen', async () => {
  const plan = planOf(['a-1'])
  const runtime = fakeRuntime(plan)
  const { pid, control } = await runtime.start(nodeOf(plan), {}, NO_LINKS)
  const state = () => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.[0]
  await runtime.freeze('a-1', true)
  await until('it is frozen', () => state() === 'T')
  await runtime.freeze('a-1', false)
  const client = new NodeClient(control, TOKEN)
  onTestFinished(() => client.close())
  expect((await client.health()).name).toBe('a-1')
  await runtime.freeze('a-1', true)
  await runtime.stop('a-1', 'term')
  expect(startOf(pid as number)).toBeUndefined()
})

test('a node that starts again has the address it had: nobody gets its port meanwhile', async () => {
  const plan = planOf(['a-1'])
  const runtime = fakeRuntime(plan)
  const first = await runtime.start(nodeOf(plan), {}, NO_LINKS)
  const { bitcoin: address = '' } = first.addresses
  const port = Number(address.split(':')[1])
  for (const how of ['kill', 'term'] as const) {
    await runtime.stop('a-1', how)
    // Who dials is turned away, and who wants to listen there cannot.
    await until('the port is kept', async () => !(await isFree(port)))
    expect(await isAnswered(address)).toBe(false)
    const again = await runtime.start(nodeOf(plan), {}, NO_LINKS)
    expect(again.addresses).toEqual(first.addresses)
    expect(again.pid).not.toBe(first.pid)
    expect(await isAnswered(address)).toBe(true)
  }
  await runtime.destroy()
  expect(await isFree(port)).toBe(true)
})

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen({ host: '127.0.0.1', port })
  const free = await new Promise<boolean>(resolve => {
    server.once('listening', () => resolve(true)).once('error', () => resolve(false))
  })
  await new Promise(resolve => server.close(resolve))
  return free
}

test('logs are the last lines, then each new one until the reader leaves', async () => {
  const { runtime } = await startOne('deaf-1', DEAF)
  const last: string[] = []
  for await (const line of runtime.logs('deaf-1', 1, undefined)) last.push(line)
  expect(last).toEqual(['started'])

  const leave = new AbortController()
  const followed: string[] = []
  const reading = (async () => {
    for await (const line of runtime.logs('deaf-1', 50, leave.signal)) followed.push(line)
  })()
  await runtime.stop('deaf-1', 'term')
  await until('the new line', () => followed.includes('I do not hear'))
  leave.abort()
  await reading
  expect(followed).toEqual(['started', 'I do not hear'])
})

test('names that were never reserved are refused', async () => {
  const runtime = fakeRuntime(planOf(['a-1']))
  expect((await failure(runtime.stop('b-1', 'term'))).code).toBe('no-such-node')
})

test('what is reserved or started while everything ends is refused and leaves no socket open', async () => {
  const plan = planOf(['a-1', 'a-2'])
  const runtime = fakeRuntime(plan)
  await runtime.reserve('a-1', ['bitcoin'])
  const reserving = expect(runtime.reserve('a-2', ['bitcoin'])).rejects.toThrow('going down')
  await runtime.destroy()
  await reserving
  await expect(runtime.start(nodeOf(plan), {}, NO_LINKS)).rejects.toThrow('going down')
  await until('no socket is open', () => !process.getActiveResourcesInfo().includes('TCPServerWrap'))
})

test('destroy ends everything, twice', async () => {
  const plan = planOf(['a-1', 'a-2', 'deaf-3'])
  const runtime = fakeRuntime(plan, () => {}, DEAF)
  const endpoints = await Promise.all(plan.nodes.map(node => runtime.start(node, {}, NO_LINKS)))
  await Promise.all([runtime.destroy(), runtime.destroy()])
  await runtime.destroy()
  for (const { pid } of endpoints) expect(startOf(pid as number)).toBeUndefined()
})
