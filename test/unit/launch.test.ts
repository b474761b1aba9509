// A launch of many nodes: a few at a time, said how far it has come, over at once when nobody wants it any more, and honest
// about why it failed. The nodes are promises.

import { createServer } from 'node:http'
import { PassThrough } from 'node:stream'
import { expect, onTestFinished, test } from 'vitest'
import { watchLifeline } from '../../node/host/lifeline.ts'
import { type Deferred, deferred } from '../../orchestrator/lanes.ts'
import { LaunchProgress } from '../../orchestrator/network/launch-progress.ts'
import { NodeClient } from '../../orchestrator/network/node-client.ts'
import { NodeWatch } from '../../orchestrator/network/node-watch.ts'
import { Testnet } from '../../orchestrator/network/testnet.ts'
import { Observer } from '../../orchestrator/observe/observer.ts'
import type { NodeEndpoint, NodeExit, Runtime } from '../../orchestrator/runtime/runtime.ts'
import { planOf } from '../support/fake-network.ts'
import { until } from '../support/until.ts'

/** Nodes that start for as long as the test wants. */
class PaperRuntime implements Runtime {
  readonly name = 'process'
  readonly starting = new Map<string, Deferred<NodeEndpoint>>()
  readonly stopped: [string, string][] = []
  readonly #onExit: (exit: NodeExit) => void
  #port = 20_000

  constructor(onExit: (exit: NodeExit) => void) {
    this.#onExit = onExit
  }

  async reserve() {
    return { bitcoin: `127.0.0.1:${++this.#port}` }
  }
  start({ name }: { readonly name: string }) {
    const endpoint = deferred<NodeEndpoint>()
    this.starting.set(name, endpoint)
    return endpoint.promise
  }
  async stop(name: string, how: 'term' | 'kill') {
    this.stopped.push([name, how])
    const signal = how === 'kill' ? 'SIGKILL' : null
    this.#onExit({ name, code: null, signal, expected: true, lastLines: [] })
  }
  async freeze() {}
  note() {}
  async *logs() {}
  async destroy() {}
}

function testnetOf(count: number): { testnet: Testnet; runtime: PaperRuntime; said: string[] } {
  const plan = planOf(Array.from({ length: count }, (_, i) => `a-${i + 1}`))
  const observer = new Observer({ plan, runtime: 'process', clock: Date.now })
  const said: string[] = []
  observer.tap(({ event }) => event.type === 'note' && said.push(event.message))
  let runtime: PaperRuntime | undefined
  const makeRuntime = (onExit: (exit: NodeExit) => void) => {
    runtime = new PaperRuntime(onExit)
    return runtime
  }
  const testnet = new Testnet(plan, { observer, token: 'token', runDirectory: '/nowhere', makeRuntime })
  return { testnet, runtime: runtime as unknown as PaperRuntime, said }
}

test('of five thousand nodes a few start at once, and none any more when the launch is over', async () => {
  const { testnet, runtime } = testnetOf(5_000)
  const launched = testnet.launch().catch((error: Error) => error.message)
  await until('the first start', () => runtime.starting.size > 0)
  await new Promise(resolve => setImmediate(resolve))
  const begun = runtime.starting.size
  expect(begun).toBeLessThan(100)
  const down = testnet.down('received SIGTERM')
  expect(await launched).toContain('stopped while starting')
  // Those under way are killed, not asked; those that wait never begin.
  for (const endpoint of runtime.starting.values()) endpoint.reject(new Error('killed'))
  await down
  expect(runtime.starting.size).toBe(begun)
  expect(new Set(runtime.stopped.map(([, how]) => how))).toEqual(new Set(['kill']))
})

test('one that fails ends the launch: the others that wait do not begin', async () => {
  const { testnet, runtime } = testnetOf(500)
  const launched = testnet.launch().catch((error: Error) => error.message)
  await until('the first start', () => runtime.starting.size > 0)
  const begun = runtime.starting.size
  for (const endpoint of runtime.starting.values()) endpoint.reject(new Error('no room'))
  expect(await launched).toContain('no room')
  await testnet.down('the launch failed')
  expect(runtime.starting.size).toBe(begun)
})

test('a node that we killed because it was of no use did not end by itself: the cause is told', async () => {
  const { testnet, runtime } = testnetOf(1)
  const deaf = createServer((_, response) => response.destroy()).listen(0, '127.0.0.1')
  onTestFinished(() => void deaf.close())
  await until('it listens', () => deaf.listening)
  const { port } = deaf.address() as { port: number }
  const launched = testnet.launch().catch((error: Error) => error.message)
  await until('the start', () => runtime.starting.size > 0)
  const control = `http://127.0.0.1:${port}`
  runtime.starting
    .get('a-1')
    ?.resolve({ name: 'a-1', control, addresses: { bitcoin: '127.0.0.1:1' }, pid: undefined })
  const message = await launched
  expect(message).toMatch(/a-1 started, but could not be used: /)
  expect(message).not.toContain('SIGKILL')
  expect(runtime.stopped).toEqual([['a-1', 'kill']])
  await testnet.down('the launch failed')
})

test('one that does not answer in time is said to, in seconds', async () => {
  const silent = createServer(() => {}).listen(0, '127.0.0.1')
  onTestFinished(() => void silent.close())
  await until('it listens', () => silent.listening)
  const { port } = silent.address() as { port: number }
  const client = new NodeClient(`http://127.0.0.1:${port}`, 'token')
  onTestFinished(() => client.close())
  const watch = new NodeWatch(client, { onEvent() {}, onHealth() {}, onUnreachable() {} })
  await expect(watch.open(50)).rejects.toMatchObject({ afterMs: 50 })
  silent.closeAllConnections()
})

test('a launch says how far it has come, now and then, and nothing when it is over at once', () => {
  let nowMs = 0
  const said: string[] = []
  const progress = new LaunchProgress(
    100,
    line => said.push(line),
    () => nowMs,
  )
  for (let i = 0; i < 100; i++) {
    nowMs += 100
    progress.up()
  }
  expect(said).toEqual([
    '20 of 100 nodes up',
    '40 of 100 nodes up',
    '60 of 100 nodes up',
    '80 of 100 nodes up',
  ])
  const quick: string[] = []
  const short = new LaunchProgress(
    5,
    line => quick.push(line),
    () => 0,
  )
  for (let i = 0; i < 5; i++) short.up()
  expect(quick).toEqual([])
})

test('a lifeline that is cut is told once, and what comes through it is nothing', async () => {
  const input = new PassThrough()
  let cuts = 0
  watchLifeline(input, () => cuts++)
  input.write('hello')
  await new Promise(resolve => setImmediate(resolve))
  expect(cuts).toBe(0)
  input.end()
  await until('the cut', () => cuts > 0)
  input.destroy()
  await new Promise(resolve => setImmediate(resolve))
  expect(cuts).toBe(1)
})
