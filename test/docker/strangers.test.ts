// A container that somebody puts on the data network by hand: a cut that it bridges says so, with its address; a newcomer of
// the network's own has its side of the cut in the kernel's rules from its first packet.

import { expect, onTestFinished, test } from 'vitest'
import type { BitcoinConfig, NodeConfig } from '../../node/api.ts'
import type { Testnet } from '../../orchestrator/network/testnet.ts'
import { CONFIG_VARIABLE } from '../../orchestrator/runtime/docker/container-spec.ts'
import { LABEL } from '../../orchestrator/runtime/docker/labels.ts'
import { containersOf, docker, inspect, THREE } from '../support/containers.ts'
import { launchReal } from '../support/real-network.ts'
import { until } from '../support/until.ts'

const FULL = THREE.replace('load:', 'topology: { kind: full }\nload:')
const addressOf = (testnet: Testnet, name: string) =>
  testnet.state().nodes.find(node => node.name === name)?.p2p ?? ''

/** A node from the network's own image, on its data network alone, that dials these; nothing of ours knows it. Its address. */
async function stranger(network: string, connect: readonly string[]): Promise<string> {
  const client = await docker()
  const id = (await containersOf({ [LABEL.network]: network })).get('miners-1') as string
  const { Config, HostConfig, NetworkSettings } = await inspect(id)
  const [first = ''] = connect
  const ip = first.replace(/\.\d+:\d+$/, '.202')
  const [data] = Object.entries(NetworkSettings.Networks).flatMap(([name, { IPAddress }]) =>
    first.startsWith(`${IPAddress}:`) ? [name] : [],
  )
  const variables = Object.fromEntries(Config.Env.map(text => text.split(/=(.*)/s, 2)))
  const config = JSON.parse(variables[CONFIG_VARIABLE] ?? '') as NodeConfig
  const bitcoin = config.services.bitcoin as BitcoinConfig
  const { ledger } = bitcoin
  const own: NodeConfig = {
    ...config,
    name: 'stranger',
    seed: '77'.repeat(32),
    services: {
      bitcoin: {
        ...bitcoin,
        listen: { ...bitcoin.listen, host: ip },
        peers: { ...bitcoin.peers, connect },
        ...(ledger && { ledger: { ...ledger, mining: { ...ledger.mining, mode: 'off', hashRateHps: 0 } } }),
      },
    },
    control: { host: '127.0.0.1', port: config.control.port },
    dataDirectory: '/tmp/stranger',
    heartbeatTimeoutMs: 0,
  }
  const env = { ...variables, [CONFIG_VARIABLE]: JSON.stringify(own) }
  const container = await client.createContainer({
    Image: Config.Image,
    Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    HostConfig: { NetworkMode: data ?? '', AutoRemove: true, Tmpfs: HostConfig.Tmpfs ?? {}, Memory: 256e6 },
    NetworkingConfig: { EndpointsConfig: { [data ?? '']: { IPAMConfig: { IPv4Address: ip } } } },
  })
  onTestFinished(async () => {
    await container.remove({ force: true }).catch(() => {})
  })
  await container.start()
  return ip
}

test('a partition that a container from outside bridges no longer holds, and names it', async () => {
  const testnet = await launchReal(`name: bridged\n${FULL}`)
  const cut = await testnet.inject({ kind: 'partition', cut: 'miners-1 | rest' })
  expect(cut).toMatchObject({ verified: true })
  await until('the chain forks', () => testnet.state().systems.ledger.tips === 2)
  const ip = await stranger(
    'bridged',
    ['miners-1', 'miners-2'].map(name => addressOf(testnet, name)),
  )
  await until('it is said', () => testnet.state().faults[0]?.lapsed === true)
  expect(testnet.state().faults).toMatchObject([
    {
      verified: false,
      toMs: undefined,
      measured: expect.stringContaining(
        `bridged by ${ip}, a peer of miners-1 and miners-2 that this network does not know`,
      ),
    },
  ])
  // And it was true: the two sides have one chain.
  await until('one tip', () => testnet.state().systems.ledger.converged)
})

test('a newcomer comes up behind the cut', async () => {
  const testnet = await launchReal(`name: grows\n${FULL}`)
  await testnet.inject({ kind: 'partition', cut: 'miners-1 | rest' })
  await testnet.add({ name: 'late' })
  expect(testnet.state().faults).toMatchObject([
    { target: 'miners-1 | miners-2 miners-3 late', verified: true },
  ])
  const tip = (name: string) => testnet.rpc(name, 'getbestblockhash', [])
  await until('it follows its side', async () => (await tip('late')) === (await tip('miners-2')))
  await until('the chain forks', () => testnet.state().systems.ledger.tips >= 2)
  const peers = (await testnet.rpc('late', 'getpeerinfo', [])) as { readonly addr: string }[]
  expect(peers.map(({ addr }) => addr)).not.toContain(addressOf(testnet, 'miners-1'))
  expect(testnet.state().faults).toMatchObject([{ verified: true }])
  expect(testnet.state().faults[0]).not.toHaveProperty('lapsed')
  expect(await testnet.heal()).toMatchObject([{ verified: true }])
  await until('one tip', () => testnet.state().systems.ledger.converged)
})
