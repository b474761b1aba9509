// A program that was started by hand joins a running network: dialled by it or told whom to dial, watched, cut off, and found out
// where it goes past its links. The program is our own node behind Bitcoin Core's command line.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { freePort } from '../../node/host/inner.ts'
import type { Testnet } from '../../orchestrator/network/testnet.ts'
import { askByHand, cookieIn, type Launched, launchByHand } from '../support/core-by-hand.ts'
import { standIn } from '../support/core-stand-in/program.ts'
import { temporaryDirectory } from '../support/node-config.ts'
import { heightOf, launchReal, nodeOf } from '../support/real-network.ts'
import { until } from '../support/until.ts'

const OURS = `
chain: { network: regtest, blockInterval: 400ms }
nodes: { ours: { count: 3, share: 100% } }
topology: { kind: full }
links: { latency: 5ms, jitter: 1ms }
load: { tx: 2/s }
`

interface ByHand {
  readonly p2pPort: number
  readonly rpc: { readonly port: number; readonly loginFile: string }
  start(): Promise<void>
  stop(): Promise<void>
}

async function byHand(): Promise<ByHand> {
  const program = await standIn()
  const folder = join(temporaryDirectory(), 'core')
  mkdirSync(folder)
  const [p2pPort, port] = [await freePort(), await freePort()]
  const args = [`-datadir=${folder}`, `-port=${p2pPort}`, `-rpcport=${port}`, '-listen=1', `-bind=127.0.0.1`]
  const loginFile = cookieIn(folder)
  let running: Launched | undefined
  const stop = async () => {
    running?.child.kill('SIGTERM')
    await running?.exited
  }
  const start = async () => {
    running = launchByHand(program, ['-regtest', ...args])
    await until('its cookie', () => existsSync(loginFile))
  }
  await start()
  return { p2pPort, rpc: { port, loginFile }, start, stop }
}

const untilLevel = (testnet: Testnet, name: string) =>
  until(`${name} to stand where ours-1 does`, () => {
    const height = heightOf(testnet, 'ours-1')
    return height > 2 && heightOf(testnet, name) >= height
  })

test('one that is known by its port alone is dialled, follows, is cut off and comes back', async () => {
  const program = await byHand()
  const testnet = await launchReal(OURS)
  const { p2pPort } = program
  expect(await testnet.add({ from: { p2pPort } })).toBe('joined-1')
  expect(nodeOf(testnet, 'joined-1')).toMatchObject({ client: 'joined', group: 'joined', peers: 3 })
  await untilLevel(testnet, 'joined-1')
  await expect(testnet.rpc('joined-1', 'getblockcount', [])).rejects.toThrow('netsplit join --rpc')
  await expect(testnet.add({ from: { p2pPort } })).rejects.toThrow('is joined-1 already')
  const split = await testnet.inject({ kind: 'partition', cut: 'ours-1,joined-1 | rest' })
  expect(split).toMatchObject({ verified: true, measured: '8 of 8 silent, 4 of 4 open' })
  await testnet.heal()
  await untilLevel(testnet, 'joined-1')

  // Those who dial it do so in their next life, too; and the program itself may come and go.
  await testnet.kill('ours-2')
  await testnet.start('ours-2')
  await program.stop()
  await until('its peers to be gone', () => nodeOf(testnet, 'joined-1')?.peers === 0)
  expect(nodeOf(testnet, 'joined-1')?.phase).toBe('running')
  await program.start()
  await until('its peers to be back', () => nodeOf(testnet, 'joined-1')?.peers === 3)
  await untilLevel(testnet, 'joined-1')
})

test('one that can be asked dials its peers, mines when told to, and is found out where it goes past its links', async () => {
  const program = await byHand()
  const testnet = await launchReal(OURS)
  const { p2pPort, rpc } = program
  const wish = {
    name: 'dbg',
    from: { p2pPort, rpc },
    hashRateHps: nodeOf(testnet, 'ours-1')?.systems.ledger.askedHps,
  }
  expect(await testnet.add(wish as Parameters<Testnet['add']>[0])).toBe('dbg')
  const connections = async () =>
    ((await testnet.rpc('dbg', 'getpeerinfo', [])) as { connection_type: string }[]).map(
      peer => peer.connection_type,
    )
  expect((await connections()).sort()).toEqual(['inbound', 'manual', 'manual', 'manual'])
  await until('a block of its own', () => (nodeOf(testnet, 'dbg')?.systems.ledger.blocksMined ?? 0) > 0)

  const past = nodeOf(testnet, 'ours-3')?.p2p
  await testnet.rpc('dbg', 'addnode', [past, 'onetry'])
  // Whom it reaches there tells it of others.
  await until('the connection to be seen', () => (nodeOf(testnet, 'dbg')?.peers ?? 0) > 3)
  expect(nodeOf(testnet, 'ours-3')?.strangers).not.toEqual([])
  const split = await testnet.inject({ kind: 'partition', cut: 'ours-1,dbg | rest' })
  expect(split.verified).toBe(false)
  expect(split.measured).toMatch(/dbg reaches ours-[23] directly, past its links/)
  await testnet.heal()

  await program.stop()
  await until('its peers to be gone', () => nodeOf(testnet, 'dbg')?.peers === 0)
  await program.start()
  await until('its peers to be back', () => (nodeOf(testnet, 'dbg')?.peers ?? 0) >= 3)
  // Stopped, the node leaves the program alone, and the program its peers.
  await testnet.stop('dbg')
  expect(await askBeside(rpc, 'getaddednodeinfo')).toEqual([])
  await testnet.start('dbg')
  await untilLevel(testnet, 'dbg')
})

test('one that is not there, cannot be asked or has a longer chain of its own is told of before it joins', async () => {
  const program = await byHand()
  const testnet = await launchReal(OURS)
  const { p2pPort, rpc } = program
  await expect(testnet.add({ from: { p2pPort: await freePort() } })).rejects.toThrow('nobody listens at')
  const wrong = join(temporaryDirectory(), 'login')
  writeFileSync(wrong, 'user:wrong')
  const asked = testnet.add({ from: { p2pPort, rpc: { ...rpc, loginFile: wrong } } })
  await expect(asked).rejects.toThrow('it does not take the password')
  expect(testnet.state().nodes).toHaveLength(3)

  await until('blocks that can be lost', () => heightOf(testnet, 'ours-1') > 2)
  await askBeside(rpc, 'generatetodescriptor', 300, 'raw(51)')
  await testnet.add({ from: { p2pPort, rpc } })
  expect(testnet.state().log.some(({ text }) => text.includes('a chain of its own of 300 blocks'))).toBe(true)
  await until('the others to follow it', () => heightOf(testnet, 'ours-1') >= 300)
})

/** Asks the program itself, past its node. */
async function askBeside(
  { port, loginFile }: ByHand['rpc'],
  method: string,
  ...params: unknown[]
): Promise<unknown> {
  const answer = await askByHand(port, readFileSync(loginFile, 'utf8'), method, ...params)
  const { result, error } = (await answer.json()) as { result: unknown; error: unknown }
  if (error) throw new Error(JSON.stringify(error))
  return result
}
