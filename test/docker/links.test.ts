// Links shaped below the nodes: what nftables and tbf do in a node's namespace, measured over the nodes' own connections and
// seen from inside, through restarts and freezes, until nothing of it is left.

import { expect, test } from 'vitest'
import type { LinkTable } from '../../node/api.ts'
import type { Testnet } from '../../orchestrator/network/testnet.ts'
import { LABEL } from '../../orchestrator/runtime/docker/labels.ts'
import { containersOf, docker, inside, THREE } from '../support/containers.ts'
import { TOKEN } from '../support/node-config.ts'
import { launchReal, nodeOf } from '../support/real-network.ts'
import { until } from '../support/until.ts'

const NAMES = ['miners-1', 'miners-2', 'miners-3']
const FULL = THREE.replace('load:', 'topology: { kind: full }\nload:')

const height = async (testnet: Testnet, name: string) => Number(await testnet.rpc(name, 'getblockcount', []))
const tip = (testnet: Testnet, name: string) => testnet.rpc(name, 'getbestblockhash', [])
const agreed = async (testnet: Testnet) =>
  new Set(await Promise.all(NAMES.map(name => tip(testnet, name)))).size === 1

/** The conditions that the node's own transport still applies. */
async function transportOf(testnet: Testnet, name: string) {
  const headers = { authorization: `Bearer ${TOKEN}` }
  const answer = await fetch(`${nodeOf(testnet, name)?.control}/links`, { headers })
  return Object.values(((await answer.json()) as LinkTable).peers)
}

/** Fault helpers of a network that run now. */
async function helpers(network: string): Promise<string[]> {
  const filters = { label: [`${LABEL.network}=${network}`, `${LABEL.role}=injector`] }
  return (await (await docker()).listContainers({ filters })).map(({ Id }) => Id)
}

/** The rules in force in all namespaces that have a helper. */
async function rules(network: string): Promise<string> {
  const listed = (await helpers(network)).map(id => inside(id, 'nft', 'list', 'ruleset'))
  return (await Promise.all(listed)).map(({ output }) => output).join('\n')
}

test('a partition is made of dropped packets: the transport blocks nothing, the nodes hold no capability, heal leaves no rule', async () => {
  const testnet = await launchReal(`name: dropped\n${FULL}`)
  const cut = await testnet.inject({ kind: 'partition', cut: 'miners-1 | rest' })
  expect(cut).toMatchObject({ verified: true })
  for (const name of NAMES)
    expect((await transportOf(testnet, name)).some(({ blocked }) => blocked)).toBe(false)
  expect(await helpers('dropped')).toHaveLength(3)
  expect(await rules('dropped')).toMatch(/ip daddr .* counter packets [1-9]\d* bytes \d+ drop/)
  const miner = (await containersOf({ [LABEL.network]: 'dropped' })).get('miners-1') as string
  expect((await inside(miner, 'cat', '/proc/self/status')).output).toMatch(/CapBnd:\s+0{16}/)

  const before = testnet.state().systems.ledger.height
  const grown = async (name: string) => (await height(testnet, name)) >= before + 2
  await until('both sides grow', async () => (await grown('miners-1')) && (await grown('miners-2')))
  expect(await tip(testnet, 'miners-1')).not.toBe(await tip(testnet, 'miners-2'))

  expect(await testnet.heal()).toMatchObject([{ verified: true }])
  expect(await rules('dropped')).not.toContain('drop')
  await until('one tip', () => agreed(testnet))
})

test('one way: what it says is lost, what it is told arrives', async () => {
  const testnet = await launchReal(`name: one-way\n${FULL}`)
  type Peer = { addr: string; bytesrecv: number }
  const from = async (name: string, other: (addr: string) => boolean) => {
    const peers = (await testnet.rpc(name, 'getpeerinfo', [])) as Peer[]
    return peers.filter(({ addr }) => other(addr)).reduce((sum, { bytesrecv }) => sum + bytesrecv, 0)
  }
  const muted = nodeOf(testnet, 'miners-1')?.p2p
  const told = () => from('miners-1', () => true)
  const said = () => from('miners-2', addr => addr === muted)
  // Looked at from the start: its acknowledgements are lost as well, so the others soon have no window left to send in.
  const samples: { readonly told: number; readonly said: number }[] = []
  const looking = new AbortController()
  const looks = (async () => {
    while (!looking.signal.aborted) samples.push({ said: await said(), told: await told() })
  })()
  const cut = await testnet.inject({ kind: 'partition', cut: 'miners-1 -> rest' })
  expect(cut).toMatchObject({ verified: true })
  looking.abort()
  await looks
  const heard = await said()
  const silent = samples.filter(sample => sample.said === heard)
  expect(silent.length).toBeGreaterThan(1)
  expect(await told()).toBeGreaterThan((silent[0] as (typeof silent)[0]).told)
  expect(await testnet.heal()).toMatchObject([{ verified: true }])
  await until('one tip', () => agreed(testnet))
})

test('a node that restarts behind a cut comes back behind it; frozen, it finds the rules of now when it goes on', async () => {
  const testnet = await launchReal(`name: comes-back\n${FULL}`)
  const cut = await testnet.inject({ kind: 'partition', cut: 'miners-1 | rest' })
  expect(cut).toMatchObject({ verified: true })
  await testnet.kill('miners-1')
  await testnet.start('miners-1')
  const before = testnet.state().systems.ledger.height
  await until('the others grow', async () => (await height(testnet, 'miners-2')) >= before + 2)
  expect(nodeOf(testnet, 'miners-1')?.peers).toBe(0)
  expect(await rules('comes-back')).toMatch(/oifname "eth\d" ip daddr/)

  await testnet.pause('miners-1')
  await testnet.heal(cut.id) // without its name, the node would go on as well
  await testnet.resume('miners-1')
  await until('one tip', () => agreed(testnet))
})

test('bandwidth is a bottleneck of the kernel: bytes take as long as the rate says', async () => {
  const testnet = await launchReal(`name: narrow\n${FULL}`)
  const worse = { bandwidthBps: 256_000 }
  const report = await testnet.inject({ kind: 'link', on: 'miners-1 -> miners-2', worse })
  expect(report).toMatchObject({ verified: true })
  const containers = await containersOf({ [LABEL.network]: 'narrow' })
  const sent = 96_000
  const listener = `require('net').createServer(s => { const t0 = performance.now(); let n = 0; s.on('data', b => { n += b.length; if (n === ${sent}) { s.end('x'); process.stdout.write(String(performance.now() - t0), () => process.exit()) } }) }).listen(9999, '0.0.0.0')`
  const measure = async (to: string, from: string) => {
    const ip = nodeOf(testnet, to)?.p2p?.split(':')[0]
    const heard = inside(containers.get(to) as string, 'node', '-e', listener)
    const dial = `const go = () => { const s = require('net').connect(9999, '${ip}', () => s.write(Buffer.alloc(${sent}))); s.on('error', () => setTimeout(go, 20)).on('data', () => process.exit()) }; go()`
    await inside(containers.get(from) as string, 'node', '-e', dial)
    return Number((await heard).output)
  }
  const leastMs = ((sent - 8_000) * 8 * 1000) / worse.bandwidthBps
  expect(await measure('miners-2', 'miners-1')).toBeGreaterThan(leastMs)
  const isWide = async (to: string, from: string) => (await measure(to, from)) < leastMs / 2
  // A busy machine may take its time once; a bottleneck takes it every time.
  await until('the other direction is as wide as before', () => isWide('miners-1', 'miners-2'))
  expect(await transportOf(testnet, 'miners-1')).toContainEqual(expect.objectContaining({ bandwidthBps: 0 }))
  expect(await testnet.heal()).toMatchObject([{ verified: true }])
  await until('it is wide again', () => isWide('miners-2', 'miners-1'))
})

test('a bandwidth is felt on links that were idle, though the kernel lets a burst through first', async () => {
  const testnet = await launchReal(`name: idle\n${FULL}`)
  for (const bandwidthBps of [64_000, 5_000_000, 300_000_000]) {
    const report = await testnet.inject({ kind: 'link', on: 'all', worse: { bandwidthBps } })
    expect(report).toMatchObject({ verified: true, asked: expect.stringMatching(/^6 loads /) })
    expect(await testnet.heal()).toMatchObject([{ verified: true }])
  }
})

test('loss is real: the kernel sends again what was lost, and the chain goes on', async () => {
  const testnet = await launchReal(`name: leaky\n${FULL}`)
  const containers = await containersOf({ [LABEL.network]: 'leaky' })
  const resent = async () => {
    const { output } = await inside(containers.get('miners-1') as string, 'cat', '/proc/net/snmp')
    const [names, values] = [...output.matchAll(/^Tcp: (.*)$/gm)].map(([, line = '']) =>
      line.trim().split(' '),
    )
    return Number(values?.[names?.indexOf('RetransSegs') ?? -1])
  }
  const had = await resent() // a busy machine may have lost patience with a first packet
  const report = await testnet.inject({ kind: 'link', on: 'all', worse: { loss: 0.3 } })
  expect(report).toMatchObject({ verified: true })
  await until('something was sent again', async () => (await resent()) > had + 3)
  const before = testnet.state().systems.ledger.height
  await until('the chain goes on', () => testnet.state().systems.ledger.height >= before + 2)
  expect((await transportOf(testnet, 'miners-1')).every(({ loss }) => loss === 0)).toBe(true)
  expect(await testnet.heal()).toMatchObject([{ verified: true }])
  await until('one tip', () => agreed(testnet))
})
