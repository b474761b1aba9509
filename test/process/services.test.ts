// Nodes with two services, with one beside the ledger and with one alone: what they say of themselves, what they keep, and that
// a kill −9 costs neither anything. The nodes come from a build of their own.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import type { NodeConfig } from '../../node/api.ts'
import { PERFECT_LINK } from '../../node/core/link.ts'
import { openStore } from '../../node/host/store.ts'
import { Desk } from '../support/cli.ts'
import { nodeConfig, temporaryDirectory } from '../support/node-config.ts'
import { RunningNode, spawnNode } from '../support/node-process.ts'
import { QUICK } from '../support/real-network.ts'
import { tallyVariant } from '../support/tally/variant.ts'
import { until } from '../support/until.ts'

let bundle = ''
beforeAll(async () => {
  bundle = join(await tallyVariant(), 'dist', 'node.cjs')
})

interface Tally {
  readonly count: number
  readonly peers: number
  readonly heard: Readonly<Record<string, number>>
}

function configOf(connect: readonly string[], withLedger: boolean): NodeConfig {
  const config = nodeConfig(temporaryDirectory())
  const tally = { listen: { host: '127.0.0.1', port: 0 }, connect }
  return { ...config, services: { ...(withLedger && config.services), tally } }
}

const start = (config: NodeConfig) => RunningNode.start(config, { bundle })
const tallyOf = async (node: RunningNode) => (await node.health()).services.tally as Tally
const portOf = (node: RunningNode) => node.ready.ports.tally as string

/** Where it listened before, so that its peer finds it again. */
function again({ config, ready }: RunningNode): NodeConfig {
  const services = Object.entries(config.services).map(([name, part]) => {
    const port = Number(ready.ports[name]?.split(':')[1])
    return [name, { ...part, listen: { host: '127.0.0.1', port } }]
  })
  return { ...config, services: Object.fromEntries(services) }
}

test('a service beside the ledger has its own port, its part of everything that is told, and its own keys', async () => {
  const a = await start(configOf([], true))
  const b = await start(configOf([portOf(a)], true))
  expect(Object.keys(a.ready.ports)).toEqual(['bitcoin', 'tally'])
  expect(a.ready.p2p).toBe(a.ready.ports.bitcoin)
  expect(await a.health()).toMatchObject({ p2p: a.ready.p2p, ports: a.ready.ports })
  await until('the connection', async () => (await tallyOf(a)).peers === 1)
  expect(await a.rpc('tallyadd')).toBe(1)
  await until('it is heard', async () => (await tallyOf(b)).heard[portOf(a)] === 1)
  await a.mine(3)
  expect(await a.health()).toMatchObject({
    services: { bitcoin: { ledger: { height: 3 } }, tally: { count: 1 } },
  })
  const metrics = await a.metrics()
  expect(metrics).toMatch(/^netsplit_tally_count 1$/m)
  expect(metrics).toMatch(/^netsplit_chain_height 3$/m)
  expect(await a.rpc('help')).toMatch(/^tallyadd/m)
  const types = (await a.events()).map(({ type }) => type)
  expect(types).toEqual(expect.arrayContaining(['tally/heard', 'tally/added', 'block-mined']))
  expect(a.spawned.log()).toContain('counted to 1')

  await a.stop()
  const store = await openStore(join(a.config.dataDirectory, 'store'), error => {
    throw error
  })
  const keys = [...store.scan('')].map(([key]) => key)
  await store.close()
  expect(keys.filter(key => key.startsWith('service/'))).toEqual([
    'service/tally/body/last',
    'service/tally/count',
  ])
  expect(keys).toContain('ledger/tip')
})

test('after kill −9 each goes on where it was', async () => {
  const a = await start(configOf([], true))
  const b = await start(configOf([portOf(a)], true))
  await a.rpc('tallyadd')
  await a.rpc('tallyadd')
  await a.mine(2)
  await a.rpc('syncwithvalidationinterfacequeue')
  await a.kill()
  await until('its peer has seen it go', async () => (await tallyOf(b)).peers === 0)
  const back = await start(again(a))
  expect(back.ready.ports).toEqual(a.ready.ports)
  expect(await back.health()).toMatchObject({ height: 2, services: { tally: { count: 2 } } })
  expect(await back.rpc('tallybody')).toBe(2_000)
  await until('its peer is back', async () => (await tallyOf(b)).peers === 1)
})

test('without a ledger at all a node runs, keeps its state, and knows nothing of blocks', async () => {
  const a = await start(configOf([], false))
  const b = await start(configOf([portOf(a)], false))
  expect(a.ready.ports).toEqual({ tally: a.ready.p2p })
  await until('the connection', async () => (await tallyOf(a)).peers === 1)
  await a.rpc('tallyadd')
  await until('it is heard', async () => (await tallyOf(b)).heard[portOf(a)] === 1)
  expect(Object.keys((await a.health()).services)).toEqual(['tally'])
  await expect(a.rpc('getblockcount')).rejects.toThrow(/[Mm]ethod not found/)
  expect(await a.events()).toContainEqual(expect.objectContaining({ type: 'node-started', resumedHeight: 0 }))
  await a.rpc('syncwithvalidationinterfacequeue')
  await a.kill()
  const back = await start(again(a))
  expect(await tallyOf(back)).toMatchObject({ count: 1 })
  expect(await back.stop()).toEqual({ code: 0, signal: null })
})

test('a link table, a reset and a load are for every port', async () => {
  const a = await start(configOf([], true))
  const b = await start(configOf([portOf(a)], true))
  await b.rpc('addnode', a.ready.p2p, 'add')
  await until('both connections', async () => {
    const { peers, services } = await b.health()
    return peers.outbound === 1 && (services.tally as Tally).peers === 1
  })
  const put = (path: string, method: string, body: unknown) =>
    b.fetch(path, { method, body: JSON.stringify(body) })
  const cut = Object.values(a.ready.ports).map(address => [address, { ...PERFECT_LINK, blocked: true }])
  await put('/links', 'PUT', { default: PERFECT_LINK, peers: Object.fromEntries(cut) })
  await b.rpc('tallyadd')
  await b.mine(1)
  await a.rpc('tallyadd')
  await until('the other way is open', async () => (await tallyOf(b)).heard[portOf(a)] === 1)
  expect((await tallyOf(a)).heard[portOf(b)]).toBe(0)
  expect((await a.health()).headers).toBe(0)
  await put('/links', 'PUT', { default: PERFECT_LINK, peers: {} })
  await until('it is heard', async () => (await tallyOf(a)).heard[portOf(b)] === 1)
  await a.reaches(1)

  const loaded = await put('/pad', 'POST', { peer: portOf(a), frames: 3, bytes: 100 })
  expect(loaded.status).toBe(204)
  await until('the answer', async () => ((await tallyOf(b)) as Tally & { pongs: number }).pongs === 1)

  const goneBefore = (await b.events()).filter(({ type }) => type === 'peer-down').length
  await put('/reset', 'POST', { peers: Object.values(a.ready.ports) })
  await until('the peer is gone', async () => {
    const gone = (await b.events()).filter(({ type }) => type === 'peer-down')
    return gone.length === goneBefore + 1
  })
  await until('both are back', async () => {
    const { peers, services } = await b.health()
    return peers.outbound === 1 && (services.tally as Tally).peers === 1
  })
})

test('a service that the build does not have ends the node with 2 and the names of those that it has', async () => {
  const node = spawnNode(configOf([], false))
  expect(await node.exited).toEqual({ code: 2, signal: null })
  expect(node.log()).toContain('unknown service services.tally; known services: bitcoin')
})

test('the command line of such a build starts such nodes, real ones and simulated ones', async () => {
  const spec = QUICK.replace(/^runtime.*$/m, '')
  const desk = new Desk(
    `${spec}\nnodes: { both: { count: 2, share: 100% } }\n`,
    join(bundle, '..', 'netsplit.js'),
  )
  await desk.up('--runtime', 'process', '--no-tui')
  expect(await desk.run('rpc', 'both-1', 'tallyadd')).toMatchObject({ code: 0 })
  await until('the other hears it', async () => {
    const { stdout } = await desk.run('rpc', 'both-2', 'tallystatus')
    return /:\d+"?: 1\b/.test(stdout)
  })
  expect((await desk.run('down')).code).toBe(0)
  const run = join(desk.folder, 'simulated')
  const simulated = ['up', '--runtime', 'sim', '--for', '1m', '--no-tui', '--run-dir', run]
  expect(await desk.run(...simulated)).toMatchObject({ code: 0 })
  expect(readFileSync(join(run, 'events.ndjson'), 'utf8')).toMatch(/"type":"tally\/heard"/)
})
