// Nodes that the network does not know: one that is a peer of both sides of a cut is a way round it, and the cut says so.

import { expect, test } from 'vitest'
import { networkMagic } from '../../node/ledger/chain/genesis.ts'
import { chainParams } from '../../node/params.ts'
import type { Testnet } from '../../orchestrator/network/testnet.ts'
import { fixedPeers, nodeConfig, temporaryDirectory } from '../support/node-config.ts'
import { RunningNode } from '../support/node-process.ts'
import { launchReal, QUICK } from '../support/real-network.ts'
import { until } from '../support/until.ts'
import { WirePeer } from '../support/wire-peer.ts'

const FOUR = `${QUICK}\ntopology: { kind: full }\nnodes: { miners: { count: 4, share: 100% } }`
const addressOf = (testnet: Testnet, name: string) =>
  testnet.state().nodes.find(node => node.name === name)?.p2p ?? ''
const split = (testnet: Testnet) => testnet.state().faults[0]

test('a node that nobody planned and that dials both sides ends the partition; when it goes, the cut holds again', async () => {
  const testnet = await launchReal(FOUR)
  const cut = await testnet.inject({ kind: 'partition', cut: 'halves' })
  expect(cut).toMatchObject({ verified: true })
  await until('the chain forks', () => testnet.state().systems.ledger.tips === 2)
  const connect = ['miners-1', 'miners-3'].map(name => addressOf(testnet, name))
  const stranger = await RunningNode.start(
    nodeConfig(temporaryDirectory(), {
      chain: testnet.plan.chain,
      peers: fixedPeers(connect),
    }),
  )
  await until('it is said', () => split(testnet)?.lapsed === true)
  const { p2p } = stranger.ready
  expect(split(testnet)).toMatchObject({
    verified: false,
    toMs: undefined,
    asked: expect.stringContaining('no way round'),
    measured: expect.stringContaining(
      `bridged by ${p2p}, a peer of miners-1 and miners-3 that this network does not know`,
    ),
  })
  expect(testnet.state().log.some(({ text }) => text.includes('no longer holds'))).toBe(true)
  await stranger.kill()
  await until('it holds again', () => split(testnet)?.verified === true)
  expect(split(testnet)).toMatchObject({ lapsed: true })
  expect(await testnet.heal()).toMatchObject([
    { verified: true, lapsed: { measured: expect.stringContaining(p2p) } },
  ])
})

test('two bare connections from outside, one to each side, may be a way round; to one side they are none', async () => {
  const testnet = await launchReal(FOUR)
  const magic = networkMagic(chainParams(testnet.plan.chain))
  const meet = async (name: string) => {
    const peer = await WirePeer.dial(addressOf(testnet, name), magic)
    await peer.shakeHands()
    return peer
  }
  await meet('miners-1')
  await meet('miners-2')
  const cut = await testnet.inject({ kind: 'partition', cut: 'halves' })
  expect(cut).toMatchObject({ verified: true })
  await meet('miners-4')
  await until('it is said', () => split(testnet)?.lapsed === true)
  // The system may give connections to different nodes one port: then they look like one peer.
  expect(split(testnet)?.measured).toMatch(
    /(perhaps bridged by 127\.\S+ at miners-[12] and 127\.\S+ at miners-4, peers|bridged by 127\.\S+, a peer of miners-[12] and miners-4) that this network does not know/,
  )
  // Who asks for another cut is told at once.
  expect(await testnet.inject({ kind: 'partition', cut: 'miners-1 | rest' })).toMatchObject({
    verified: false,
    measured: expect.stringContaining('bridged by 127.'),
  })
})

test('a newcomer has its side of a cut and is no stranger; the cut is measured with it', async () => {
  const testnet = await launchReal(FOUR)
  await testnet.inject({ kind: 'partition', cut: 'halves' })
  await until('the chain forks', () => testnet.state().systems.ledger.tips === 2)
  await testnet.add({ name: 'late' })
  expect(split(testnet)).toMatchObject({ target: 'miners-1 miners-2 late | miners-3 miners-4' })
  await until('it is measured again', () =>
    testnet.state().log.some(({ text }) => text.startsWith('fault partition-1 holds: ')),
  )
  const tip = (name: string) => testnet.rpc(name, 'getbestblockhash', [])
  await until('it follows its side', async () => (await tip('late')) === (await tip('miners-1')))
  const before = testnet.state().systems.ledger.height
  await until('the sides go on', () => testnet.state().systems.ledger.height >= before + 3)
  expect(testnet.state().systems.ledger.tips).toBeGreaterThanOrEqual(2)
  expect(split(testnet)).toMatchObject({ verified: true })
  expect(split(testnet)).not.toHaveProperty('lapsed')
  const peers = (await testnet.rpc('late', 'getpeerinfo', [])) as { readonly addr: string }[]
  expect(peers.map(({ addr }) => addr).sort()).toEqual(
    ['miners-1', 'miners-2'].map(name => addressOf(testnet, name)).sort(),
  )
  expect(await testnet.heal()).toMatchObject([{ verified: true }])
  await until('one tip', () => testnet.state().systems.ledger.converged)
})
