// A node as a process: starting, agreeing with others, stopping, and what each mistake at the start says.

import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { BitcoinConfig, LinkTable } from '../../node/api.ts'
import { PERFECT_LINK } from '../../node/core/link.ts'
import { type Changes, fixedPeers, nodeConfig, temporaryDirectory } from '../support/node-config.ts'
import { RunningNode, spawnNode } from '../support/node-process.ts'
import { until } from '../support/until.ts'

const MINING = { mode: 'real', hashRateHps: 0, threads: 1 } as const

async function start(changes: Changes = {}): Promise<RunningNode> {
  return RunningNode.start(nodeConfig(temporaryDirectory(), changes))
}

/** A further node that keeps connected to `others`. */
function startBeside(name: string, ...others: RunningNode[]): Promise<RunningNode> {
  const connect = others.map(other => other.ready.p2p)
  const seed = Buffer.from(name).toString('hex')
  return start({ name, seed, peers: fixedPeers(connect) })
}

describe('a node', () => {
  test('says in one line how to reach it, answers, and stops in order', async () => {
    const node = await start()
    expect(node.ready).toMatchObject({ ready: true, name: 'node-1', pid: node.spawned.process.pid })
    expect(await node.health()).toMatchObject({
      status: 'running',
      name: 'node-1',
      p2p: node.ready.p2p,
      height: 0,
      peers: { inbound: 0, outbound: 0 },
      mining: { mode: 'off', askedHps: 0 },
    })
    expect(await node.stop()).toEqual({ code: 0, signal: null })
    expect(node.spawned.log()).toContain('stopping: SIGTERM')
  })

  test('stands where it stood when it is started again', async () => {
    const first = await start()
    const hashes = await first.mine(12)
    const unconfirmed = [await first.rpc('sendtoaddress', await first.rpc('getnewaddress'), 1)]
    const balance = await first.rpc('getbalance')
    await first.stop()
    const second = await RunningNode.start(first.config)
    expect(await second.health()).toMatchObject({ height: 12, tip: hashes.at(-1) })
    expect(await second.rpc('getrawmempool')).toEqual(unconfirmed)
    expect(await second.rpc('getbalance')).toEqual(balance)
    expect(await second.rpc('verifychain', 4, 0)).toBe(true)
    expect((await second.events()).find(event => event.type === 'node-started')).toMatchObject({
      resumedHeight: 12,
    })
  })

  test('that mines finds blocks with its worker threads', async () => {
    const node = await start({ mining: { ...MINING, hashRateHps: 50 } })
    await node.reaches(3)
    await node.stop()
  })

  test.each([
    ['the rpc method stop', (node: RunningNode) => node.rpc('stop')],
    ['POST /stop', (node: RunningNode) => node.fetch('/stop', { method: 'POST' })],
    ['SIGINT', async (node: RunningNode) => node.spawned.process.kill('SIGINT')],
  ])('goes down in order by %s, and its events end with the reason', async (_, ask) => {
    const node = await start()
    const stream = await node.fetch('/events')
    await ask(node)
    expect(await node.spawned.exited).toEqual({ code: 0, signal: null })
    expect((await stream.text()).trim().split('\n').at(-1)).toContain('"type":"node-stopping"')
  })

  test('agrees with two others, whoever mines, and tells what it did in events and metrics', async () => {
    const a = await start()
    const b = await startBeside('node-2', a)
    const c = await startBeside('node-3', b)
    await a.mine(3)
    for (const node of [b, c]) await node.reaches(3)
    const tip = (await c.mine(1))[0]
    for (const node of [a, b]) await node.reaches(4)
    for (const node of [a, b, c]) expect(await node.rpc('getbestblockhash')).toBe(tip)
    const types = (await a.events()).map(event => event.type)
    for (const type of ['node-started', 'peer-up', 'block-mined', 'block-seen', 'block-connected', 'tip'])
      expect(types).toContain(type)
    const metrics = await b.metrics()
    expect(metrics).toMatch(/^netsplit_node_info\{.*version="[\d.]+".*\} 1$/m)
    expect(metrics).toMatch(/^netsplit_node_block_receive_seconds_count 4$/m)
    expect(metrics).toMatch(/^netsplit_node_block_connect_seconds_count 4$/m)
  })

  test('catches up from a peer when it starts late', async () => {
    const a = await start()
    await a.mine(50)
    const b = await startBeside('late', a)
    await b.reaches(50)
    expect((await b.health()).tip).toBe((await a.health()).tip)
  })

  test('shapes what it sends from the first byte on, as its configuration says', async () => {
    const links: LinkTable = { default: { ...PERFECT_LINK, latencyMs: 60 }, peers: {} }
    const a = await start({ links })
    const b = await start({
      name: 'slow',
      seed: 'cc',
      links,
      peers: fixedPeers([a.ready.p2p]),
    })
    const ping = await until('a ping', async () => {
      const [peer] = await b.rpc<{ minping?: number }[]>('getpeerinfo')
      return peer?.minping
    })
    expect(ping).toBeGreaterThan(0.118) // timers have a grain
  })

  test('cut off by its links falls behind without losing its peer, and catches up when they heal', async () => {
    const a = await start()
    const b = await startBeside('cut', a)
    await until('the connection', async () => (await a.health()).peers.inbound === 1)
    const setLinks = async (node: RunningNode, table: LinkTable) => {
      const answer = await node.fetch('/links', { method: 'PUT', body: JSON.stringify(table) })
      expect(answer.status).toBe(204)
    }
    const cut: LinkTable = {
      default: PERFECT_LINK,
      peers: { [b.ready.p2p]: { ...PERFECT_LINK, blocked: true } },
    }
    await setLinks(a, cut)
    expect(await (await a.fetch('/links')).json()).toEqual(cut)
    await a.mine(3)
    expect(await b.health()).toMatchObject({ height: 0, peers: { outbound: 1 } })
    await setLinks(a, { default: PERFECT_LINK, peers: {} })
    await b.reaches(3)
    expect((await b.events()).filter(event => event.type === 'peer-down')).toEqual([])
  })
})

describe('without anyone who asks', () => {
  test('an ephemeral node stops by itself and takes its data with it', async () => {
    const node = await start({ ephemeral: true, heartbeatTimeoutMs: 5_000 }) // it is still there when it is looked at
    expect(existsSync(node.config.dataDirectory)).toBe(true)
    expect(await node.spawned.exited).toEqual({ code: 0, signal: null })
    expect(node.spawned.log()).toContain('nobody has asked anything for 5 s')
    expect(existsSync(node.config.dataDirectory)).toBe(false)
  })

  test('another node stops and leaves its data', async () => {
    const node = await start({ heartbeatTimeoutMs: 500 })
    await node.spawned.exited
    expect(existsSync(node.config.dataDirectory)).toBe(true)
  })

  test('a node goes on for as long as somebody follows its events', async () => {
    const heartbeatTimeoutMs = 3_000
    const node = await start({ heartbeatTimeoutMs })
    const abort = new AbortController()
    await node.fetch('/events', { signal: abort.signal })
    // Nobody asks it anything meanwhile: the lives of others, whom nobody follows, are the measure.
    for (let timeouts = 0; timeouts < 2; timeouts++)
      expect(await (await start({ heartbeatTimeoutMs })).spawned.exited).toEqual({ code: 0, signal: null })
    expect(node.spawned.process.exitCode).toBe(null)
    abort.abort()
    expect(await node.spawned.exited).toEqual({ code: 0, signal: null })
  })
})

/** Runs `code` in the node's process before the node's own. */
function preloaded(code: string): { wrapper: string[] } {
  const file = join(temporaryDirectory(), 'preload.cjs')
  writeFileSync(file, code)
  return { wrapper: ['env', `NODE_OPTIONS=--require ${file}`] }
}

describe('a bug', () => {
  test.each([
    ['an exception that nobody catches', "setTimeout(() => { throw new Error('a bug') }, 300)"],
    ['a promise that nobody handles', "setTimeout(() => Promise.reject(new Error('a bug')), 300)"],
  ])('that is %s ends the node with 1 and its stack in the log', async (_, code) => {
    const node = spawnNode(nodeConfig(temporaryDirectory()), preloaded(code))
    expect(await node.exited).toEqual({ code: 1, signal: null })
    expect(node.log()).toMatch(/error crash: a bug\nError: a bug\n +at .*preload\.cjs/)
  })
})

describe('a start that cannot be', () => {
  test('on a Node that is too old ends with 4 and names the version that is needed', async () => {
    const old = preloaded("Object.defineProperty(process, 'versions', { value: { node: '20.18.1' } })")
    const node = spawnNode(nodeConfig(temporaryDirectory()), old)
    expect(await node.exited).toEqual({ code: 4, signal: null })
    expect(node.log()).toContain('this is Node 20.18.1; netsplit needs 20.19 or newer')
  })

  test('for a configuration with a mistake ends with 2 and names the key', async () => {
    const mining = { mode: 'off', hashRateHps: 0, threads: 0 } as const
    const config = nodeConfig(temporaryDirectory(), { mining })
    const node = spawnNode(config)
    expect(await node.exited).toEqual({ code: 2, signal: null })
    expect(node.log()).toContain(
      'services.bitcoin.ledger.mining.threads must be a whole number from 1 to 1024, not 0',
    )
    expect(node.log().trim().split('\n')).toHaveLength(1)
    expect(existsSync(config.dataDirectory)).toBe(false)
  })

  test('for a port in use ends with 4 and says what to do, before anything is written', async () => {
    const other = await start()
    const port = Number(other.ready.p2p.split(':')[1])
    const config = nodeConfig(temporaryDirectory(), { listen: { host: '127.0.0.1', port } })
    const node = spawnNode(config)
    expect(await node.exited).toEqual({ code: 4, signal: null })
    expect(node.log()).toContain(
      `127.0.0.1:${port} is already in use; stop what listens there, choose another port`,
    )
  })

  test('for a store that another node holds ends with 1 and says so', async () => {
    const other = await start()
    const node = spawnNode({ ...other.config, name: 'second' })
    expect(await node.exited).toEqual({ code: 1, signal: null })
    expect(node.log()).toContain('another process has it open')
    expect(readdirSync(other.config.dataDirectory).sort(), 'the other’s cookie as well').toEqual([
      '.cookie',
      'store',
    ])
  })

  test('for a missing token file ends with 2', async () => {
    const config = { ...nodeConfig(temporaryDirectory()), tokenFile: '/nowhere/token' }
    const file = join(temporaryDirectory(), 'token')
    writeFileSync(file, 'x')
    const node = spawnNode({ ...config, tokenFile: file })
    expect(await node.exited).toEqual({ code: 2, signal: null })
    expect(node.log()).toContain('must hold at least 16 printable characters')
  })
})

test('a listening socket that was opened for the node is taken over', async () => {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
  })
  const { fd } = (server as unknown as { _handle: { fd: number } })._handle
  const bound = server.address()
  const port = typeof bound === 'object' && bound ? bound.port : 0
  const config = nodeConfig(temporaryDirectory(), { listen: { host: '127.0.0.1', port, fd: 3 } })
  const node = await RunningNode.start(config, { descriptors: [fd] })
  expect(node.ready.p2p).toBe(`127.0.0.1:${port}`)
  server.close()
  const peer = await startBeside('dialler', node)
  await until('the connection', async () => (await peer.health()).peers.outbound === 1)
})

test('peers without a ledger find each other, answer, and know nothing of blocks', async () => {
  const bare = (network: string, connect: readonly string[]) => {
    const config = nodeConfig(temporaryDirectory(), {
      network,
      peers: fixedPeers(connect),
    })
    const { ledger: _, ...bitcoin } = config.services.bitcoin as BitcoinConfig
    return RunningNode.start({ ...config, services: { bitcoin } })
  }
  const a = await bare('rumours', [])
  const b = await bare('rumours', [a.ready.p2p])
  const stranger = await bare('others', [a.ready.p2p])
  await until('the connection', async () => (await a.health()).peers.inbound === 1)
  await until('the refusal', async () =>
    (await stranger.events()).some(event => event.type === 'dial-failed'),
  )
  expect((await b.health()).peers).toEqual({ inbound: 0, outbound: 1 })
  expect((await b.health()).services.bitcoin?.ledger).toBeUndefined()
  expect(await b.rpc('getpeerinfo')).toHaveLength(1)
  await expect(b.rpc('getblockcount')).rejects.toThrow(/[Mm]ethod not found/)
})
