// Real nodes over real TCP, in processes and (project `docker`) in containers: they mine, agree, die, come back, join, split and heal.

import { createConnection } from 'node:net'
import { expect, test } from 'vitest'
import { PERFECT_LINK } from '../../node/core/link.ts'
import { startOf } from '../../orchestrator/machine/processes.ts'
import type { Testnet } from '../../orchestrator/network/testnet.ts'
import { launchReal, nodeOf, QUICK, RUNTIME } from '../support/real-network.ts'
import { until } from '../support/until.ts'

const SLOW_MS = 60_000
const names = (testnet: Testnet) => testnet.state().nodes.map(node => node.name)

async function heightOf(testnet: Testnet, node: string): Promise<number> {
  return (await testnet.rpc(node, 'getblockcount', [])) as number
}

/** Best block hashes of these nodes, asked at once. */
async function tipsOf(testnet: Testnet, nodes: readonly string[]): Promise<Set<unknown>> {
  return new Set(await Promise.all(nodes.map(node => testnet.rpc(node, 'getbestblockhash', []))))
}

function isListening(address: string): Promise<boolean> {
  const [host, port] = address.split(':')
  return new Promise(resolve => {
    const socket = createConnection({ host: host as string, port: Number(port) })
    socket.once('connect', () => resolve(socket.destroy() !== undefined))
    socket.once('error', () => resolve(false))
  })
}

test('five nodes launch, mine and agree; each one mined is known everywhere', async () => {
  const testnet = await launchReal(QUICK)
  expect(testnet.state().nodes.map(node => node.peers)).toEqual([4, 4, 4, 4, 4])
  await until('five blocks', () => testnet.state().systems.ledger.height >= 5, SLOW_MS)
  await until('one tip', async () => (await tipsOf(testnet, names(testnet))).size === 1, SLOW_MS)
  const state = testnet.state()
  expect(state.systems.ledger.totals.blocks).toBeGreaterThanOrEqual(5)
  expect(state.nodes.reduce((sum, node) => sum + node.systems.ledger.blocksMined, 0)).toBeGreaterThanOrEqual(
    5,
  )
  const chains = names(testnet).map(node => testnet.rpc(node, 'getblockhash', [5]))
  expect(new Set(await Promise.all(chains)).size).toBe(1)
})

test('a node killed from outside is said with its signal; it comes back with its blocks, its address and its peers', async () => {
  const testnet = await launchReal(QUICK)
  await until('it has three blocks', async () => (await heightOf(testnet, 'miners-1')) >= 3, SLOW_MS)
  await testnet.rpc('miners-1', 'syncwithvalidationinterfacequeue', []) // on its disk
  const before = nodeOf(testnet, 'miners-1')
  process.kill(before?.pid as number, 'SIGKILL')
  const failed = await until('its death', () => {
    const node = nodeOf(testnet, 'miners-1')
    return node?.phase === 'failed' && node
  })
  expect(failed.exit).toMatchObject({ code: null, signal: 'SIGKILL', expected: false })
  expect(failed.exit?.lastLines.join('\n')).toContain('listens on')
  await until('the others go on without it', () => nodeOf(testnet, 'miners-2')?.peers === 3, SLOW_MS)

  await testnet.start('miners-1')
  const back = nodeOf(testnet, 'miners-1')
  expect(back?.p2p).toBe(before?.p2p)
  expect(await heightOf(testnet, 'miners-1')).toBeGreaterThanOrEqual(3)
  await until('its peers are back', () => nodeOf(testnet, 'miners-1')?.peers === 4, SLOW_MS)
  await until('it agrees', async () => (await tipsOf(testnet, names(testnet))).size === 1, SLOW_MS)
})

test('stop and start keep the chain; a paused node catches up when it goes on', async () => {
  const testnet = await launchReal(QUICK)
  await until('two blocks', () => testnet.state().systems.ledger.height >= 2, SLOW_MS)
  await testnet.stop('miners-2')
  expect(nodeOf(testnet, 'miners-2')).toMatchObject({
    phase: 'stopped',
    exit: { code: 0, expected: true },
  })
  await testnet.pause('miners-3')
  const paused = testnet.state().systems.ledger.height
  await until('two more blocks', () => testnet.state().systems.ledger.height >= paused + 2, SLOW_MS)
  await Promise.all([testnet.start('miners-2'), testnet.resume('miners-3')])
  await until('all agree again', async () => (await tipsOf(testnet, names(testnet))).size === 1, SLOW_MS)
})

test('a newcomer dials in, fetches the whole chain and mines with the others', async () => {
  const testnet = await launchReal(QUICK)
  await until('three blocks', () => testnet.state().systems.ledger.height >= 3, SLOW_MS)
  expect(await testnet.add({ hashRateHps: 100_000 })).toBe('miners-6')
  expect(await testnet.add({ name: 'watcher' })).toBe('watcher')
  await until('it has its peers', () => (nodeOf(testnet, 'miners-6')?.peers ?? 0) >= 5, SLOW_MS)
  const all = names(testnet)
  expect(all).toHaveLength(7)
  await until('all seven agree', async () => (await tipsOf(testnet, all)).size === 1, SLOW_MS)
  await until(
    'it has mined',
    () => (nodeOf(testnet, 'miners-6')?.systems.ledger.blocksMined ?? 0) > 0,
    SLOW_MS,
  )
})

test('links cut in both directions split the network into two chains; mended, one chain is left', async () => {
  const testnet = await launchReal(`${QUICK}\nnodes: { miners: { count: 4, share: 100% } }`)
  await until('a first block', () => testnet.state().systems.ledger.height >= 1, SLOW_MS)
  const left = ['miners-1', 'miners-2']
  const right = ['miners-3', 'miners-4']
  const between = left.flatMap(a => right.flatMap(b => [[a, b] as const, [b, a] as const]))
  const cut = (blocked: boolean) =>
    testnet.setLinks(between.map(([from, to]) => ({ from, to, link: { ...PERFECT_LINK, blocked } })))

  await cut(true)
  const height = testnet.state().systems.ledger.height
  const grown = async (node: string) => (await heightOf(testnet, node)) >= height + 2
  await until('both sides grow', async () => (await grown('miners-1')) && (await grown('miners-3')), SLOW_MS)
  expect(await tipsOf(testnet, ['miners-1', 'miners-3'])).toHaveProperty('size', 2)

  await cut(false)
  await until('one tip', async () => (await tipsOf(testnet, names(testnet))).size === 1, SLOW_MS)
  await until('the reorg is seen', () => testnet.state().systems.ledger.totals.reorgMaxDepth >= 1)
  await until('a side is stale', () => testnet.state().systems.ledger.totals.staleBlocks >= 1)
})

test('latency of a link is there: a block takes longer to cross it', async () => {
  const testnet = await launchReal(`
mining: { hashRate: 100kH/s }
nodes: { miners: { count: 1, share: 100% }, full: { count: 1 } }
chain: { blockInterval: 500ms }
links: { latency: 150ms, jitter: 0ms }
load: { tx: 0/s }
`)
  await until('six blocks', () => testnet.state().systems.ledger.height >= 6, SLOW_MS)
  const arrivals = () =>
    testnet.state().systems.ledger.blocks.flatMap(block => block.receivedMs['full-1'] ?? [])
  await until('they arrive', () => arrivals().length >= 3, SLOW_MS)
  expect(Math.min(...arrivals())).toBeGreaterThanOrEqual(149) // timers have a grain of a millisecond
})

test('discovered: every node is given one address and finds the others', async () => {
  const testnet = await launchReal(`${QUICK}\ntopology: { kind: discovered }`)
  for (const node of testnet.state().nodes) expect(node.peers).toBeGreaterThanOrEqual(4)
})

test('two networks stand beside each other and never meet', async () => {
  const [one, two] = await Promise.all([
    launchReal(`name: one\n${QUICK}`),
    launchReal(`name: two\n${QUICK}\nnodes: { miners: { count: 3, share: 100% } }`),
  ])
  await until(
    'both mine',
    () => one.state().systems.ledger.height >= 1 && two.state().systems.ledger.height >= 1,
    SLOW_MS,
  )
  const genesis = await Promise.all([one, two].map(each => each.rpc('miners-1', 'getblockhash', [0])))
  expect(genesis[0]).not.toBe(genesis[1])
})

test('down leaves no process and no port', async () => {
  const testnet = await launchReal(QUICK)
  const nodes = testnet.state().nodes
  const summary = await testnet.down('enough')
  expect(summary).toMatchObject({ schemaVersion: 1, nodes: 5, tips: 1, converged: true })
  for (const { pid, p2p, control } of nodes) {
    expect(startOf(pid as number)).toBeUndefined()
    // A container's address has gone with its network, and might be anybody's now.
    if (RUNTIME === 'process') expect(await isListening(p2p as string)).toBe(false)
    expect(await isListening(new URL(control as string).host)).toBe(false)
  }
})
