// The testnet over fake nodes: launch, death, orders, resumed streams. What needs a chain is in network.test.ts.

import { expect, test } from 'vitest'
import type { Testnet } from '../../orchestrator/network/testnet.ts'
import type { TestnetEvent } from '../../orchestrator/observe/events.ts'
import { fakeTestnet, planOf } from '../support/fake-network.ts'
import { until } from '../support/until.ts'

/** Everything said so far, by node or (undefined) by the testnet. */
function listen(testnet: Testnet): { node: string | undefined; type: string; event: object }[] {
  const heard: { node: string | undefined; type: string; event: object }[] = []
  void (async () => {
    for await (const { node, event } of testnet.events(0, new AbortController().signal))
      heard.push({ node, type: event.type, event })
  })()
  return heard
}

const nodeState = (testnet: Testnet, name: string) => testnet.state().nodes.find(node => node.name === name)

test('a launch ends when every node has its peers and all agree', async () => {
  const testnet = fakeTestnet(planOf(['a-1', 'a-2', 'a-3']))
  const heard = listen(testnet)
  await testnet.launch()
  const state = testnet.state()
  expect(state.phase).toBe('running')
  expect(state.nodes.map(node => [node.phase, node.peers])).toEqual([
    ['running', 1],
    ['running', 2],
    ['running', 1],
  ])
  await until('the listener has caught up', () => heard.some(({ type }) => type === 'network-ready'))
  expect(heard.filter(({ type }) => type === 'node-ready')).toHaveLength(3)
})

test('a node that dies during the launch fails it at once, with its last words', async () => {
  const testnet = fakeTestnet(planOf(['a-1', 'dies-1', 'mute-1']))
  await expect(testnet.launch()).rejects.toMatchObject({
    code: 'node-died',
    message: expect.stringContaining('dies-1'),
  })
  const summary = await testnet.down('the launch failed')
  expect(summary.nodes).toBe(3)
  expect(testnet.state().phase).toBe('stopped')
})

test('going down in the middle of a launch ends it', async () => {
  const testnet = fakeTestnet(planOf(['a-1', 'mute-1']))
  const launching = testnet.launch()
  const refused = expect(launching).rejects.toThrow('stopped while starting')
  await until('the first is ready', () => nodeState(testnet, 'a-1')?.phase === 'running')
  await testnet.down('I changed my mind')
  await refused
})

test('going down before the launch has started anything is fine', async () => {
  const testnet = fakeTestnet(planOf(['a-1']))
  const launching = testnet.launch()
  const refused = expect(launching).rejects.toThrow('stopped while starting')
  await testnet.down('at once')
  await refused
})

test('a node that is killed from outside is said at once and the network goes on', async () => {
  const testnet = fakeTestnet(planOf(['a-1', 'a-2']))
  await testnet.launch()
  process.kill(nodeState(testnet, 'a-1')?.pid as number, 'SIGKILL')
  const failed = await until('its death is seen', () => {
    const node = nodeState(testnet, 'a-1')
    return node?.phase === 'failed' && node
  })
  expect(failed.exit).toMatchObject({
    code: null,
    signal: 'SIGKILL',
    expected: false,
    lastLines: ['started'],
  })
  await until('the other has lost its peer', () => nodeState(testnet, 'a-2')?.peers === 0)
  await testnet.start('a-1')
  await until('it is back with its peer', () => nodeState(testnet, 'a-1')?.peers === 1)
})

test('orders that make no sense are refused with what to do instead', async () => {
  const testnet = fakeTestnet(planOf(['a-1']))
  await testnet.launch()
  await expect(testnet.start('a-1')).rejects.toMatchObject({ exitCode: 2, message: 'a-1 already runs' })
  await expect(testnet.resume('a-1')).rejects.toThrow('a-1 is not paused')
  await expect(testnet.stop('b-1')).rejects.toMatchObject({ exitCode: 2, hint: 'did you mean a-1?' })
  await expect(testnet.stop('nobody')).rejects.toMatchObject({ exitCode: 2, hint: 'nodes: a-1' })
  await testnet.pause('a-1')
  await expect(testnet.rpc('a-1', 'echo', [])).rejects.toMatchObject({ hint: 'netsplit resume a-1' })
  await testnet.stop('a-1')
  await expect(testnet.kill('a-1')).rejects.toMatchObject({
    message: 'a-1 does not run',
    hint: 'netsplit start a-1',
  })
  await expect(testnet.rpc('a-1', 'echo', [])).rejects.toThrow('a-1 does not run')
})

test('two orders to one node are carried out one after the other', async () => {
  const testnet = fakeTestnet(planOf(['a-1']))
  await testnet.launch()
  await Promise.all([testnet.stop('a-1'), testnet.start('a-1'), testnet.pause('a-1'), testnet.resume('a-1')])
  expect(nodeState(testnet, 'a-1')?.phase).toBe('running')
})

test('a stream that breaks in every fourth line loses no event and doubles none', async () => {
  const testnet = fakeTestnet(planOf(['breaks-1']))
  const heard = listen(testnet)
  await testnet.launch()
  await testnet.rpc('breaks-1', 'emit', [20])
  const numbers = () =>
    heard.flatMap(({ type, event }) => (type === 'log' ? [(event as { message: string }).message] : []))
  await until('the last event has come', () => numbers().includes('number 19'))
  expect(numbers()).toEqual(Array.from({ length: 20 }, (_, i) => `number ${i}`))
})

test('the last words of a node come before its exit', async () => {
  const testnet = fakeTestnet(planOf(['a-1']))
  const heard = listen(testnet)
  await testnet.launch()
  await testnet.stop('a-1')
  await until('its exit', () => heard.some(({ type }) => type === 'node-exited'))
  const types = heard.map(({ type }) => type)
  expect(types.indexOf('node-stopping')).toBeGreaterThan(0)
  expect(types.indexOf('node-stopping')).toBeLessThan(types.indexOf('node-exited'))
})

test('newcomers get names, peers and a place in the state; a taken name is refused', async () => {
  const testnet = fakeTestnet(planOf(['a-1', 'a-2', 'a-3']))
  await testnet.launch()
  expect(await Promise.all([testnet.add({}), testnet.add({}), testnet.add({ name: 'late' })])).toEqual([
    'full-1',
    'full-2',
    'late',
  ])
  expect(testnet.state().nodes.map(node => node.name)).toEqual([
    'a-1',
    'a-2',
    'a-3',
    'full-1',
    'full-2',
    'late',
  ])
  expect(nodeState(testnet, 'late')?.peers).toBeGreaterThanOrEqual(2)
  await expect(testnet.add({ name: 'a-1' })).rejects.toMatchObject({ exitCode: 2 })
  await expect(testnet.add({ name: '../a' })).rejects.toMatchObject({ exitCode: 2 })
})

test('a newcomer that dies leaves the network standing and can be started again by name', async () => {
  const testnet = fakeTestnet(planOf(['a-1']))
  await testnet.launch()
  await expect(testnet.add({ name: 'dies-1' })).rejects.toMatchObject({ code: 'node-died' })
  expect(testnet.state().phase).toBe('running')
  expect(nodeState(testnet, 'dies-1')?.phase).toBe('failed')
  await expect(testnet.start('dies-1')).rejects.toMatchObject({ code: 'node-died' })
})

test('links are changed in one direction, hold over a restart, and are said', async () => {
  const testnet = fakeTestnet(planOf(['a-1', 'a-2']))
  const heard = listen(testnet)
  await testnet.launch()
  const link = { latencyMs: 0, jitterMs: 0, bandwidthBps: 0, loss: 0, blocked: true }
  await testnet.setLinks([{ from: 'a-1', to: 'a-2', link }])
  await testnet.kill('a-1')
  await testnet.start('a-1')
  await until('the change is said', () => heard.some(({ type }) => type === 'link-changed'))
  const said = heard.find(({ type }) => type === 'link-changed')?.event as TestnetEvent
  expect(said).toEqual({ type: 'link-changed', from: 'a-1', to: 'a-2', link })
})

test('down twice is one down, and afterwards nothing can be started', async () => {
  const testnet = fakeTestnet(planOf(['a-1']))
  await testnet.launch()
  const [first, second] = await Promise.all([testnet.down('enough'), testnet.down('really')])
  expect(second).toBe(first)
  expect(testnet.state().phase).toBe('stopped')
  await expect(testnet.start('a-1')).rejects.toThrow('going down')
  await expect(testnet.add({})).rejects.toThrow('going down')
})
