// The controller's API and its client, over real loopback HTTP, with a testnet double behind it.

import { request } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import type { FaultReport } from '../../orchestrator/chaos/chaos.ts'
import type { ControllerFile } from '../../orchestrator/control/api.ts'
import { RemoteTestnet } from '../../orchestrator/control/client.ts'
import { Controller } from '../../orchestrator/control/controller.ts'
import { UserError } from '../../orchestrator/errors.ts'
import { claim, release } from '../../orchestrator/machine/networks.ts'
import { EventLog } from '../../orchestrator/network/event-log.ts'
import type { TestnetHandle } from '../../orchestrator/network/handle.ts'
import { NodeRpcError } from '../../orchestrator/network/node-client.ts'
import type { ObservedEvent } from '../../orchestrator/observe/events.ts'
import { Observer } from '../../orchestrator/observe/observer.ts'
import { planOf } from '../support/fake-network.ts'
import { controllerFile, eachHasItsOwnState } from '../support/state-home.ts'
import { until } from '../support/until.ts'

const TOKEN = 'the-token-of-this-controller'

eachHasItsOwnState()

const FAULT: FaultReport = {
  id: 'partition-1',
  kind: 'partition',
  target: 'a-1 | a-2',
  verified: true,
  asked: '2 connections silent, 0 open',
  measured: '2 of 2 silent, 0 of 0 open',
}

/** A testnet that notes what it is asked. */
function makeDouble(asked: string[]): TestnetHandle & { readonly log: EventLog } {
  const plan = planOf(['a-1', 'a-2'])
  const observer = new Observer({ plan, runtime: 'process', clock: Date.now })
  const log = new EventLog()
  observer.tap(event => log.append(event))
  const order = (verb: string) => async (node: string) => {
    if (node !== 'a-1') throw new UserError(2, `no node is named ${node}`, 'nodes: a-1')
    asked.push(`${verb} ${node}`)
  }
  observer.observe(undefined, { type: 'network-starting', nodes: 2 })
  return {
    plan,
    log,
    state: () => observer.state(),
    subscribe: listener => observer.subscribe(listener),
    events: (after, signal) => log.after(after, signal),
    rpc: async (node, method, params) => {
      if (method === 'fails') throw new NodeRpcError(-5, 'Block not found')
      await order('rpc')(node)
      return { method, params }
    },
    add: async wish => {
      asked.push(`add ${JSON.stringify(wish)}`)
      return 'full-1'
    },
    ask: async (system, order, params) => ({ system, order, params }),
    start: order('start'),
    stop: order('stop'),
    kill: order('kill'),
    pause: order('pause'),
    resume: order('resume'),
    inject: async (fault, options) => {
      asked.push(`inject ${JSON.stringify({ fault, ...options })}`)
      return FAULT
    },
    heal: async fault => {
      asked.push(`heal ${fault ?? 'all'}`)
      return [FAULT]
    },
    steer: async order => void asked.push(JSON.stringify(order)),
    logs: async function* (node, lines, follow) {
      yield `${node} ${lines}`
      if (!follow) return
      asked.push('following')
      await new Promise(resolve => follow.addEventListener('abort', resolve))
      asked.push('left')
    },
    down: () => Promise.reject(new Error('not over HTTP')),
  }
}

async function serve(make = makeDouble): Promise<{ file: ControllerFile; asked: string[]; log: EventLog }> {
  const asked: string[] = []
  const controller = new Controller(TOKEN)
  const testnet = make(asked)
  const file = controllerFile({ network: 'fakes', url: await controller.listen(), token: TOKEN })
  const ask = (why: string) => void asked.push(why)
  controller.serve({ testnet, metrics: async () => 'netsplit_nodes 2\n', onDown: ask, onStop: ask })
  claim(file)
  onTestFinished(async () => {
    release(file)
    await controller.close()
  })
  return { file, asked, log: testnet.log }
}

async function connect(): Promise<RemoteTestnet> {
  const remote = await RemoteTestnet.connect(undefined)
  onTestFinished(() => remote.close())
  return remote
}

interface Sent {
  readonly method?: string
  readonly path: string
  readonly headers?: Record<string, string>
  readonly body?: string
}

/** A bare request, for what the client would never send. */
function send(
  url: string,
  { method = 'GET', path, headers = {}, body }: Sent,
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(
      url + path,
      { method, headers: { authorization: `Bearer ${TOKEN}`, ...headers } },
      answer => {
        let text = ''
        answer.setEncoding('utf8').on('data', part => {
          text += part
        })
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: text }))
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })
}

test('whoever lacks the token, or comes by another host name, gets nothing', async () => {
  const { file } = await serve()
  const status = async (headers: Record<string, string>) =>
    (await send(file.url, { path: '/state', headers })).status
  expect(await status({})).toBe(200)
  expect(await status({ authorization: '' })).toBe(401)
  expect(await status({ authorization: `Bearer ${TOKEN}x` })).toBe(401)
  expect(await status({ authorization: `Basic ${TOKEN}` })).toBe(401)
  expect(await status({ host: 'evil.example' })).toBe(403)
  expect(await status({ host: 'evil.example:80' })).toBe(403)
  expect(await status({ host: `localhost:${new URL(file.url).port}` })).toBe(200)
})

test('before there is a network, it says so', async () => {
  const controller = new Controller(TOKEN)
  const url = await controller.listen()
  onTestFinished(() => controller.close())
  expect((await send(url, { path: '/state' })).status).toBe(503)
})

test('it takes the port that is wanted, or a free one when somebody has it', async () => {
  const [first, second, third] = [new Controller(TOKEN), new Controller(TOKEN), new Controller(TOKEN)]
  const url = await first.listen()
  const wanted = Number(new URL(url).port)
  const elsewhere = await second.listen(wanted)
  expect(elsewhere).not.toBe(url)
  await first.close()
  expect(await third.listen(wanted)).toBe(url)
  for (const each of [url, elsewhere]) expect((await send(each, { path: '/state' })).status).toBe(503)
  await Promise.all([second.close(), third.close()])
})

test('what cannot be answered is refused with a status that says why', async () => {
  const { file } = await serve()
  const status = async (sent: Sent) => (await send(file.url, sent)).status
  expect(await status({ path: '/nothing' })).toBe(404)
  expect(await status({ path: '/nodes/a-1/explode', method: 'POST' })).toBe(404)
  expect(await status({ path: '/state', method: 'POST' })).toBe(405)
  expect(await status({ path: '/nodes/a-1/stop' })).toBe(405)
  expect(await status({ path: '/nodes', method: 'POST', body: 'no json' })).toBe(400)
  expect(await status({ path: '/nodes', method: 'POST', body: '[]' })).toBe(400)
  expect(await status({ path: '/nodes', method: 'POST', body: '{"hashRateHps":"5"}' })).toBe(400)
  expect(await status({ path: '/nodes', method: 'POST', body: '{"host":5}' })).toBe(400)
  expect(await status({ path: '/nodes/a-1/rpc', method: 'POST', body: '{"method":1}' })).toBe(400)
  expect(await status({ path: '/nodes/%ff/stop', method: 'POST' })).toBe(400)
  expect(await status({ path: '/events?after=-1' })).toBe(400)
  expect(await status({ path: '/nodes/a-1/logs?lines=many' })).toBe(400)
  expect(await status({ path: '/nodes/b-1/stop', method: 'POST' })).toBe(409)
})

test('a body above the limit is refused', async () => {
  const { file } = await serve()
  const body = JSON.stringify({ name: 'x'.repeat(5 << 20) })
  const outcome = await send(file.url, { path: '/nodes', method: 'POST', body }).then(
    answer => answer.status,
    // The rest of the body met a closed door.
    (error: NodeJS.ErrnoException) => error.code,
  )
  expect([413, 'ECONNRESET', 'EPIPE']).toContain(outcome)
})

test('the client gives orders as if the network were here', async () => {
  const { asked } = await serve()
  const remote = await connect()
  expect(remote.plan).toEqual(planOf(['a-1', 'a-2']))
  expect(remote.state().nodes.map(node => node.name)).toEqual(['a-1', 'a-2'])
  for (const verb of ['start', 'stop', 'kill', 'pause', 'resume'] as const) await remote[verb]('a-1')
  expect(await remote.add({ group: 'full', hashRateHps: 5, host: 'b' })).toBe('full-1')
  expect(await remote.inject({ kind: 'partition', cut: 'a-1 | rest' }, { forMs: 5000 })).toEqual(FAULT)
  expect(await remote.heal('partition-1')).toEqual([FAULT])
  expect(await remote.heal()).toEqual([FAULT])
  expect(asked).toEqual([
    'start a-1',
    'stop a-1',
    'kill a-1',
    'pause a-1',
    'resume a-1',
    'add {"group":"full","host":"b","hashRateHps":5}',
    'inject {"fault":{"kind":"partition","cut":"a-1 | rest"},"forMs":5000}',
    'heal partition-1',
    'heal all',
  ])
  await expect(remote.stop('b-1')).rejects.toMatchObject({
    name: 'UserError',
    exitCode: 2,
    hint: 'nodes: a-1',
  })
})

test('JSON-RPC passes through, refusals of the node included', async () => {
  await serve()
  const remote = await connect()
  expect(await remote.rpc('a-1', 'getblock', ['00', 2])).toEqual({ method: 'getblock', params: ['00', 2] })
  await expect(remote.rpc('a-1', 'fails', [])).rejects.toMatchObject({ name: 'NodeRpcError', code: -5 })
  await expect(remote.rpc('../a', 'x', [])).rejects.toMatchObject({
    name: 'UserError',
    message: 'no node is named ../a',
  })
})

test('events come from any point on, then as they happen', async () => {
  const { log } = await serve()
  const remote = await connect()
  const end = new AbortController()
  const seen: number[] = []
  const reading = (async () => {
    for await (const event of remote.events(1, end.signal)) seen.push(event.seq)
  })()
  const note = (seq: number): ObservedEvent => ({
    seq,
    timeMs: 0,
    event: { type: 'note', level: 'info', message: 'hello' },
  })
  log.append(note(2))
  log.append(note(3))
  await until('both', () => seen.length === 2)
  end.abort()
  await reading
  expect(seen).toEqual([2, 3])
})

test('logs are followed until the reader leaves, and the network is told that it has', async () => {
  const { asked } = await serve()
  const remote = await connect()
  const lines: string[] = []
  for await (const line of remote.logs('a-1', 7, undefined)) lines.push(line)
  expect(lines).toEqual(['a-1 7'])
  const leave = new AbortController()
  const reading = (async () => {
    for await (const line of remote.logs('a-1', 50, leave.signal)) lines.push(line)
  })()
  await until('it follows', () => asked.includes('following'))
  leave.abort()
  await reading
  await until('it has left', () => asked.includes('left'))
})

test('subscribers see snapshots, and at last that the network has gone', async () => {
  const { file } = await serve()
  const remote = await connect()
  const phases: string[] = []
  onTestFinished(remote.subscribe(state => phases.push(state.phase)))
  await until('a snapshot', () => phases.includes('starting'))
  expect((await send(file.url, { path: '/down', method: 'POST' })).status).toBe(202)
})

test('a controller that does not answer is named with its process', async () => {
  const { file } = await serve()
  release(file)
  claim({ ...file, url: 'http://127.0.0.1:1' })
  onTestFinished(() => release(file))
  await expect(RemoteTestnet.connect('fakes')).rejects.toMatchObject({
    exitCode: 1,
    message: expect.stringContaining(`process ${process.pid}`),
  })
})

test.each([
  ['{}', 'fault: '],
  ['{"fault":{"kind":"flood"}}', 'fault.kind: expected one of partition, flapping, link'],
  ['{"fault":{"kind":"partition"}}', 'fault.cut: '],
  ['{"fault":{"kind":"partition","cut":"halves","worse":1}}', 'worse'],
  ['{"fault":{"kind":"link","on":"all","worse":{}}}', 'fault.worse: nothing gets worse'],
  ['{"fault":{"kind":"link","on":"all","worse":{"loss":2}}}', 'fault.worse.loss: '],
  ['{"fault":{"kind":"churn","nodes":"all","perMinute":0,"downMs":500}}', 'fault.perMinute: '],
  ['{"fault":{"kind":"clock-skew","nodes":"all","byMs":0}}', 'fault.byMs: a clock is off by something'],
  ['{"fault":{"kind":"kill","nodes":"all"},"forMs":1}', 'forMs: '],
  ['{"fault":{"kind":"restart","nodes":"all"},"forMs":1000}', 'over when it has happened'],
  ['{"fault":{"kind":"kill","nodes":"all"},"id":"No Name"}', 'id: expected lower-case letters'],
])('what is no fault is a 400 that says why: %s', async (sent, why) => {
  const { file, asked } = await serve()
  const { status, body } = await send(file.url, { method: 'POST', path: '/faults', body: sent })
  expect([status, JSON.parse(body).error]).toMatchObject([400, { message: expect.stringContaining(why) }])
  expect(asked).toEqual([])
})

test('orders to time are passed on, wrong ones are a 400', async () => {
  const { file, asked } = await serve()
  const remote = await connect()
  await remote.steer({ time: 'block', count: 3 })
  expect(asked).toEqual(['{"time":"block","count":3}'])
  for (const body of ['{}', '{"time":"back"}', '{"time":"step","count":0}', '{"time":"step","count":"2"}'])
    expect((await send(file.url, { method: 'POST', path: '/time', body })).status).toBe(400)
  expect(asked).toHaveLength(1)
})

test('time that is real cannot be stopped', async () => {
  const { file } = await serve(asked => {
    const { steer: _, ...real } = makeDouble(asked)
    return real
  })
  const { status, body } = await send(file.url, { method: 'POST', path: '/time', body: '{"time":"pause"}' })
  expect([status, JSON.parse(body).error]).toMatchObject([
    409,
    { message: 'only simulated time can be stopped', hint: 'netsplit up --runtime sim' },
  ])
})
