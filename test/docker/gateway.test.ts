// The gateway of a network in containers: the only way to its nodes, for the controller and for other people's programs; what
// becomes of a network when it ends; and how it is reached where its port cannot be.

import { createRequire } from 'node:module'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import type { Testnet } from '../../orchestrator/network/testnet.ts'
import { LABEL } from '../../orchestrator/runtime/docker/labels.ts'
import { containersOf, docker, inspect, THREE } from '../support/containers.ts'
import { heightOf, launchReal, nodeOf, notesOf, realNetwork } from '../support/real-network.ts'
import { until } from '../support/until.ts'

const MB = 1e6

async function gatewayOf(network: string): Promise<string> {
  return (await containersOf({ [LABEL.network]: network })).get('gateway') as string
}

/** Every event of a node that the network has heard, by its number. */
function heard(testnet: Testnet, name: string): number[] {
  const numbers: number[] = []
  testnet.tap(({ node, event }) => {
    if (node === name && 'seq' in event) numbers.push(event.seq as number)
  })
  return numbers
}

test('programs that know port, user and password reach each node through the one port, and none with another’s password', async () => {
  const testnet = await launchReal(`name: doors\n${THREE}`)
  const [one, two] = [await testnet.door('miners-1'), await testnet.door('miners-2')]
  expect(one.url).toBe(two.url)
  expect([one.user, two.user]).toEqual(['miners-1', 'miners-2'])
  expect(one.password).not.toBe(two.password)
  const Client = createRequire(import.meta.url)('bitcoin-core')
  const clientOf = (username: string, password: string) =>
    new Client({ username, password, host: one.url, version: '0.21.0' })
  const client = clientOf(one.user, one.password)
  expect(await client.getBlockCount()).toBeGreaterThanOrEqual(0)
  await client.command('createwallet', 'w')
  const wallet = new Client({
    ...{ username: one.user, password: one.password, host: one.url, version: '0.21.0', wallet: 'w' },
  })
  expect(await wallet.getWalletInfo()).toMatchObject({ walletname: 'w' })
  // Its neighbour has no such wallet: it is another node.
  const other = new Client({
    ...{ username: two.user, password: two.password, host: two.url, version: '0.21.0', wallet: 'w' },
  })
  await expect(other.getWalletInfo()).rejects.toThrow()
  await expect(clientOf('miners-2', one.password).getBlockCount()).rejects.toThrow()
  await expect(clientOf('miners-4', one.password).getBlockCount()).rejects.toThrow()
  const rest = await fetch(`${one.url}/rest/chaininfo.json`, {
    headers: { authorization: `Basic ${btoa(`${one.user}:${one.password}`)}` },
  })
  expect(await rest.json()).toMatchObject({ chain: expect.any(String) })
  // It is small: what its control group counts.
  const stats = await (await docker()).getContainer(await gatewayOf('doors')).stats({ stream: false })
  expect(stats.memory_stats.usage).toBeLessThan(40 * MB)
})

test('a gateway that ends is started anew on its port, and no event is lost or heard twice', async () => {
  const { testnet } = realNetwork(`name: renewed\n${THREE}`)
  const notes = notesOf(testnet)
  await testnet.launch()
  const events = heard(testnet, 'miners-1')
  const before = await gatewayOf('renewed')
  await (await docker()).getContainer(before).kill()
  await until('it is said', () =>
    notes.some(note => /^the gateway ended \(.*SIGKILL\): started again$/.test(note)),
  )
  expect(await gatewayOf('renewed')).not.toBe(before)
  const stood = heightOf(testnet, 'miners-1')
  await until('events come again', () => heightOf(testnet, 'miners-1') > stood + 2)
  expect(await testnet.rpc('miners-2', 'getblockcount', [])).toBeGreaterThan(0)
  expect(testnet.state().nodes.map(({ phase }) => phase)).toEqual(['running', 'running', 'running'])
  const [first = 0] = events
  expect(events.length).toBeGreaterThan(10)
  expect(events).toEqual(events.map((_, i) => first + i))
})

test('where its port cannot be reached, it is reached through the engine, and again when it comes back', async () => {
  const { testnet } = realNetwork(`name: tunnelled\n${THREE}`, { reach: 'exec' })
  await testnet.launch()
  const events = heard(testnet, 'miners-1')
  const gateway = await gatewayOf('tunnelled')
  const { NetworkSettings } = await inspect(gateway)
  expect(Object.values(NetworkSettings.Ports).flatMap(each => each ?? [])).toEqual([])
  expect(nodeOf(testnet, 'miners-1')?.control).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/miners-1$/)
  const asks = Array.from({ length: 40 }, (_, i) =>
    testnet.rpc(`miners-${(i % 3) + 1}`, 'getblockchaininfo', []),
  )
  expect(await Promise.all(asks)).toHaveLength(40)
  const { url } = await testnet.door('miners-1')
  expect((await fetch(url)).status).toBe(401)

  await (await docker()).getContainer(gateway).kill()
  await until('another is there', async () => ![undefined, gateway].includes(await gatewayOf('tunnelled')))
  const stood = heightOf(testnet, 'miners-1')
  await until('events come again', () => heightOf(testnet, 'miners-1') > stood + 2)
  const [first = 0] = events
  expect(events.length).toBeGreaterThan(10)
  expect(events).toEqual(events.map((_, i) => first + i))

  await testnet.down('the test looks what is left')
  const { port } = new URL(url)
  const dialled = await new Promise<string>(resolve => {
    connect({ host: '127.0.0.1', port: Number(port) })
      .once('connect', () => resolve('open'))
      .once('error', error => resolve((error as NodeJS.ErrnoException).code ?? ''))
  })
  expect(dialled).toBe('ECONNREFUSED')
})
