// A node's container: what it may not do, seen from inside; how its end is told; what is left when it is gone.

import { expect, test } from 'vitest'
import { LABEL } from '../../orchestrator/runtime/docker/labels.ts'
import { containersOf, docker, inside, inspect, THREE } from '../support/containers.ts'
import { TOKEN } from '../support/node-config.ts'
import { launchReal, realNetwork } from '../support/real-network.ts'
import { until } from '../support/until.ts'

const MB = 1e6

/** The addresses of this machine at which a container's ports are. */
function published(ports: Record<string, null | { HostIp: string }[]>): string[] {
  return Object.values(ports).flatMap(each => (each ?? []).map(({ HostIp }) => HostIp))
}

test('a container is not root, holds no capability, writes nowhere but to its data; the gateway alone publishes a port, on loopback', async () => {
  await launchReal(`name: hardened\n${THREE}\nlimits: { memory: 300MB, cpus: 0.5, pids: 64 }`)
  const containers = await containersOf({ [LABEL.network]: 'hardened' })
  expect([...containers.keys()].sort()).toEqual(['gateway', 'miners-1', 'miners-2', 'miners-3'])
  const [id = '', gateway = ''] = ['miners-1', 'gateway'].map(name => containers.get(name))

  const status = await inside(id, 'cat', '/proc/self/status')
  expect(status.output).toMatch(/CapEff:\s+0{16}/)
  expect(status.output).toMatch(/CapBnd:\s+0{16}/)
  expect(status.output).toMatch(/NoNewPrivs:\s+1/)
  expect((await inside(id, 'id', '-u')).output).toBe('1000')
  expect(await inside(id, 'touch', '/netsplit/x')).toMatchObject({
    code: 1,
    output: expect.stringContaining('Read-only file system'),
  })
  expect((await inside(id, 'touch', '/data/x', '/tmp/x')).code).toBe(0)
  expect((await inside(id, 'nft', 'list', 'ruleset')).output).toMatch(/not permitted/)

  const { HostConfig, NetworkSettings, Config, Path, Args } = await inspect(id)
  expect(HostConfig).toMatchObject({
    ReadonlyRootfs: true,
    Privileged: false,
    CapDrop: ['ALL'],
    SecurityOpt: ['no-new-privileges'],
    PidsLimit: 64,
    Memory: 300 * MB,
    MemorySwap: 300 * MB,
    NanoCpus: 5e8,
    Init: true,
    AutoRemove: true,
    LogConfig: { Type: 'json-file', Config: { 'max-size': '5m', 'max-file': '2' } },
  })
  expect(published(NetworkSettings.Ports)).toEqual([])
  expect(JSON.stringify([Path, Args, Config, HostConfig])).not.toContain(TOKEN)

  const before = await inspect(gateway)
  expect(published(before.NetworkSettings.Ports)).toEqual(['127.0.0.1'])
  expect(before.HostConfig).toMatchObject({
    ...{ ReadonlyRootfs: true, Privileged: false, CapDrop: ['ALL'], CapAdd: null, AutoRemove: true },
    ...{ SecurityOpt: ['no-new-privileges'], Sysctls: { 'net.ipv4.ip_forward': '0' } },
  })
  expect(before.Config.User).toBe('1000:1000')
})

test('the data network leads nowhere, and control hears no peer on it', async () => {
  const testnet = await launchReal(`name: apart\n${THREE}`)
  const containers = await containersOf({ [LABEL.network]: 'apart' })
  const networks = await (await docker()).listNetworks({ filters: { label: [`${LABEL.network}=apart`] } })
  expect(networks.map(({ Internal, Labels }) => [Labels?.[LABEL.role], Internal]).sort()).toEqual([
    ['data', true],
    ['front', false],
  ])
  const [peer = ''] = testnet.state().nodes.map(node => node.p2p?.split(':')[0])
  const dial = (port: number) => `exec 3<>/dev/tcp/${peer}/${port}`
  const other = containers.get('miners-2') as string
  expect((await inside(other, 'bash', '-c', dial(18_444))).code).toBe(0)
  const ask = `${dial(18_480)} && printf 'GET /health HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3`
  expect((await inside(other, 'bash', '-c', ask)).output).not.toContain('HTTP/')
})

test('a node without enough memory ends the launch, and it is said why', async () => {
  const { testnet } = realNetwork(`name: tight\n${THREE}\nlimits: { memory: 20MB }`)
  await expect(testnet.launch()).rejects.toMatchObject({
    code: 'node-died',
    message: expect.stringMatching(/miners-\d ended .*\(out of memory\)/),
  })
  const exits = () => testnet.state().nodes.flatMap(({ exit }) => exit ?? [])
  // The others are taken down by us, and may be told first.
  await until('its end is told', () => exits().some(exit => exit.signal === 'SIGKILL' && !exit.expected))
})

test('a node that starts again has its chain, although its container is a new one', async () => {
  const testnet = await launchReal(`name: again\n${THREE}`)
  const height = async () => Number(await testnet.rpc('miners-1', 'getblockcount', []))
  const resumed: number[] = []
  testnet.tap(({ node, event }) => {
    if (node === 'miners-1' && event.type === 'node-started') resumed.push(event.resumedHeight)
  })
  await until('it has four blocks', async () => (await height()) >= 4)
  const before = (await containersOf({ [LABEL.network]: 'again' })).get('miners-1')
  await testnet.kill('miners-1')
  expect((await containersOf({ [LABEL.network]: 'again' })).has('miners-1')).toBe(false)
  await testnet.start('miners-1')
  const after = (await containersOf({ [LABEL.network]: 'again' })).get('miners-1')
  expect(after).toBeDefined()
  expect(after).not.toBe(before)
  // It began with a chain of its own, though its last blocks may not have been on its disk yet.
  await until('it has said where it began', () => resumed.length === 2)
  expect(resumed[0]).toBe(0)
  expect(resumed[1]).toBeGreaterThan(0)
})

test('a paused node can be stopped and killed', async () => {
  const testnet = await launchReal(`name: frozen\n${THREE}`)
  await Promise.all([testnet.pause('miners-1'), testnet.pause('miners-2')])
  await Promise.all([testnet.stop('miners-1'), testnet.kill('miners-2')])
  expect([...(await containersOf({ [LABEL.network]: 'frozen' })).keys()].sort()).toEqual([
    'gateway',
    'miners-3',
  ])
})

test('payments are made and confirmed', async () => {
  const testnet = await launchReal(THREE.replace('tx: 0/s', 'tx: 5/s').replace(/^/, 'name: paying\n'))
  await until('a payment is confirmed', () => testnet.state().systems.ledger.totals.transactionsConfirmed > 0)
})
