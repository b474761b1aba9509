// The encrypted transport between processes: over sockets, with the machine's own secrets, on chains that have to come across.

import { expect, test } from 'vitest'
import type { BitcoinConfig } from '../../node/api.ts'
import { fixedPeers, nodeConfig, temporaryDirectory } from '../support/node-config.ts'
import { RunningNode } from '../support/node-process.ts'
import { until } from '../support/until.ts'

type Transport = BitcoinConfig['peers']['transport']

function start(name: string, transport: Transport, connect: readonly string[] = []): Promise<RunningNode> {
  const seed = Buffer.from(name).toString('hex')
  const peers = fixedPeers(connect, transport)
  return RunningNode.start(nodeConfig(temporaryDirectory(), { name, seed, peers }))
}

interface PeerInfo {
  readonly addr: string
  /** 0 until it said so. */
  readonly version: number
  readonly transport_protocol_type: string
  readonly session_id: string
  readonly servicesnames: readonly string[]
}

async function peersOf(node: RunningNode, count: number): Promise<readonly PeerInfo[]> {
  return until(`${count} peers`, async () => {
    const peers = (await node.rpc('getpeerinfo')) as readonly PeerInfo[]
    const ready = peers.filter(peer => peer.version > 0)
    return ready.length === count ? ready : undefined
  })
}

const tipOf = (node: RunningNode) => node.rpc('getbestblockhash')

test('two that speak it do, one that does not is reached by v1, and blocks go through them all', async () => {
  const [accepting, plain] = await Promise.all([start('accepting', undefined), start('plain', 'v1')])
  await accepting.rpc('generatetoaddress', 3, await accepting.rpc('getnewaddress'))
  const sealed = await start('sealed', 'v2', [accepting.ready.p2p, plain.ready.p2p])
  const [ours, [ofAccepting], [ofPlain]] = await Promise.all([
    peersOf(sealed, 2),
    peersOf(accepting, 1),
    peersOf(plain, 1),
  ])
  const at = (address: string) => ours.find(({ addr }) => addr === address)
  expect(at(accepting.ready.p2p)).toMatchObject({
    transport_protocol_type: 'v2',
    session_id: ofAccepting?.session_id,
  })
  expect(ofAccepting?.session_id).toMatch(/^[0-9a-f]{64}$/)
  expect(at(accepting.ready.p2p)?.servicesnames).toContain('P2P_V2')
  expect(at(plain.ready.p2p)).toMatchObject({ transport_protocol_type: 'v1', session_id: '' })
  expect(ofPlain).toMatchObject({ transport_protocol_type: 'v1' })
  await until('the chain to come across', async () => (await tipOf(plain)) === (await tipOf(accepting)))
  await plain.rpc('generatetoaddress', 2, await plain.rpc('getnewaddress'))
  await until('and back', async () => (await tipOf(accepting)) === (await tipOf(plain)))
  expect(await sealed.rpc('getblockcount')).toBe(5)
  // Secrets are the machine's: the same seed, and another session.
  const again = await start('sealed', 'v2', [accepting.ready.p2p])
  const [other] = await peersOf(again, 1)
  expect(other?.session_id).not.toBe(ofAccepting?.session_id)
})
