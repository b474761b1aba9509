// Several hosts: three engines, each on a machine of its own as far as it can tell, with the swarm that they form.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { claim, release } from '../../orchestrator/machine/networks.ts'
import { networksOnHosts } from '../../orchestrator/machine/used-hosts.ts'
import type { Testnet } from '../../orchestrator/network/testnet.ts'
import { endpoint } from '../../orchestrator/runtime/docker/container-spec.ts'
import { socketPath } from '../../orchestrator/runtime/docker/discover.ts'
import { connectEngine, connectHost } from '../../orchestrator/runtime/docker/engine.ts'
import { sweepHosts } from '../../orchestrator/runtime/docker/gc.ts'
import { ensureNodeImage, hasImage } from '../../orchestrator/runtime/docker/image.ts'
import { LABEL, ownerId } from '../../orchestrator/runtime/docker/labels.ts'
import { ContainerObservability } from '../../orchestrator/runtime/docker/observability.ts'
import { createOverlay, findManager, heldBy } from '../../orchestrator/runtime/docker/overlay.ts'
import { type NamedEngine, shipImage } from '../../orchestrator/runtime/docker/ship.ts'
import { hostAddress } from '../../orchestrator/runtime/docker/subnets.ts'
import { findThings } from '../../orchestrator/runtime/docker/sweep.ts'
import { Desk } from '../support/cli.ts'
import { insideOf } from '../support/containers.ts'
import { certificates, engineOverSsh, engineOverTls, hasSshServer } from '../support/engine-ways.ts'
import { enginesOrSkip, type TestEngine, TestEngines } from '../support/engines.ts'
import { engineBehind, type HostEngine, hostedNetwork } from '../support/several-hosts.ts'
import { controllerFile } from '../support/state-home.ts'
import { until } from '../support/until.ts'

enginesOrSkip()

interface Used {
  readonly Containers: { readonly [id: string]: { readonly IPv4Address: string } }
}

let all: TestEngines
let image = ''
let engines: NamedEngine[] = []

beforeAll(async () => {
  if (TestEngines.hindrance() !== undefined) return
  all = await TestEngines.start(3)
  const connected = all.engines.map(({ name, address }) => connectHost({ name, engine: address }))
  engines = (await Promise.all(connected)).map(({ docker }, i) => ({ docker, name: `host-${i + 1}` }))
})
afterAll(() => all?.close())

test('an image goes from one engine to those that lack it, once', async () => {
  const here = { name: 'here', docker: (await connectEngine()).docker }
  image = await ensureNodeImage(here.docker, () => {})
  const said: string[] = []
  await shipImage(here, engines.slice(0, 2), image, message => said.push(message))
  expect(said[0]).toBe(`sending ${image} from here to host-1, host-2`)
  expect(said.at(-1)).toMatch(/^sent netsplit-node:\w+ to host-1, host-2: \d+(\.\d+)? MB each in \d+\.\d s$/)
  // From one of those to the one that is left: whoever has it is not asked to take it again.
  said.length = 0
  await shipImage(engines[0] as NamedEngine, engines.slice(1), image, message => said.push(message))
  expect(said[0]).toBe(`sending ${image} from host-1 to host-3`)
  for (const { docker } of engines) expect(await hasImage(docker, image)).toBe(true)
  said.length = 0
  await shipImage(engines[0] as NamedEngine, engines, image, message => said.push(message))
  expect(said).toEqual([])
  await expect(
    shipImage(engines[0] as NamedEngine, engines.slice(1), 'nobody:has-it', () => {}),
  ).rejects.toThrow(/^host-1: nobody:has-it cannot be read: reference does not exist/)
})

test('an overlay: addresses as planned on hosts that do not see it, none taken by an engine; who keeps it is told', async () => {
  await expect(findManager(engines)).rejects.toMatchObject({
    code: 'no-engine',
    message: 'in no swarm: host-1, host-2, host-3',
    hint: expect.stringContaining('netsplit hosts join'),
  })
  await all.swarm()
  const manager = await findManager([...engines].reverse())
  expect(manager.name).toBe('host-1')
  const identity = { network: 'overlay', run: 'a1b2c3', data: 'a1b2c3', owner: ownerId() }
  const overlay = await createOverlay(engines, manager, identity)
  const attach = async ({ docker }: NamedEngine, index: number) => {
    const HostConfig = { AutoRemove: true, NetworkMode: 'none' }
    const node = await docker.createContainer({
      Image: image,
      Entrypoint: ['sleep', '300'],
      Cmd: [],
      HostConfig,
    })
    await docker.getNetwork('none').disconnect({ Container: node.id })
    await docker
      .getNetwork(overlay.id)
      .connect({ Container: node.id, EndpointConfig: endpoint(overlay.subnet, index) })
    await node.start()
    return node
  }
  const [one, other] = [engines[1] as NamedEngine, engines[2] as NamedEngine]
  expect(await other.docker.listNetworks({ filters: { name: [overlay.name] } })).toEqual([])
  const nodes = await Promise.all([attach(one, 0), attach(other, 1)])
  const [first, second] = await Promise.all(
    nodes.map(async node => {
      const { NetworkSettings } = await node.inspect()
      return NetworkSettings.Networks[overlay.name]?.IPAddress as string
    }),
  )
  expect([first, second]).toEqual([0, 1].map(index => hostAddress(overlay.subnet, index)))
  // Each engine has an address of its own, out of its range; and the one reaches the other.
  const { Containers } = (await other.docker.getNetwork(overlay.id).inspect()) as Used
  const own = Containers[`lb-${overlay.name}`]?.IPv4Address ?? ''
  expect(own).toMatch(/\.([2-9]|[1-5]\d|6[0-3])\/21$/)
  const { output } = await insideOf(
    other.docker,
    nodes[1]?.id as string,
    'bash',
    '-c',
    `exec 3<>/dev/tcp/${first}/1`,
  )
  expect(output).toContain('Connection refused')

  // Whose power is gone is believed to use it.
  await nodes[0]?.kill()
  await all.engines[2]?.kill()
  const removal = () => manager.docker.getNetwork(overlay.id).remove()
  const keeper = await until('who keeps it is known', () =>
    removal().then(
      () => 'nobody',
      error => heldBy(manager.docker, error),
    ),
  )
  expect(keeper).toMatch(
    /^it is held for host-3, which is \w+, and goes when host-3 is back and netsplit gc has been there, or by docker node rm --force \w+ on a manager$/,
  )
  await all.engines[2]?.start()
  await until('it is free again', () =>
    removal().then(
      () => true,
      () => false,
    ),
  )
})

const QUICK = `
mining: { hashRate: 100kH/s }
chain: { blockInterval: 1s, maturity: 3 }
links: { latency: 0ms, jitter: 0ms }
load: { tx: 0/s }
`
const TWELVE = `name: hosted\n${QUICK}\nnodes: { miners: { count: 3, share: 100% }, full: { count: 9 } }`
const lowest = (testnet: Testnet) =>
  Math.min(...testnet.state().nodes.map(({ systems }) => systems.ledger.height))

/** What of ours is on each host, the images aside. */
async function thingsOnHosts(): Promise<string[]> {
  const all = await Promise.all(engines.map(({ docker }) => findThings(docker, { [LABEL.owner]: ownerId() })))
  return all.flatMap((things, i) => things.map(({ kind, name }) => `${kind} ${name} on host-${i + 1}`))
}

test('twelve nodes over three hosts: one chain, cut and shaped along hosts, a host lost and back, and nothing left', async () => {
  const { testnet, notes, runtime } = hostedNetwork(TWELVE, all.engines)
  await testnet.launch()
  const onHosts = (host: string) =>
    testnet.plan.nodes.filter(node => node.host === host).map(({ name }) => name)
  expect(all.engines.map(({ name }) => onHosts(name).length)).toEqual([4, 4, 4])
  await until('all have blocks', () => lowest(testnet) >= 2)
  // All three are one machine, with one clock: what was measured through their gateways has to say so.
  for (const { clock } of testnet.state().hosts ?? [])
    expect(Math.abs(clock?.offsetMs ?? Number.NaN)).toBeLessThanOrEqual(clock?.errorMs ?? 0)

  // Whoever stands beside the first host's gateway reads metrics of nodes elsewhere through it.
  const far = onHosts('host-3')[0] as string
  await new ContainerObservability(runtime(), async () => '').nodeTarget(far)
  const beside = await (await runtime().ground()).gateway.ready()
  const read = await fetch(`${beside}/${far}/metrics`, {
    headers: { authorization: `Bearer ${runtime().metricsToken}` },
  })
  expect(await read.text()).toContain('netsplit_')

  // A host's name stands for its nodes.
  expect(await testnet.inject({ kind: 'partition', cut: 'host-1 | rest' })).toMatchObject({ verified: true })
  const slow = await testnet.inject({
    kind: 'link',
    on: `${onHosts('host-2')[0]} <-> ${onHosts('host-3')[0]}`,
    worse: { latencyMs: 150, bandwidthBps: 1e6 },
  })
  expect(slow).toMatchObject({ verified: true })
  for (const healed of await testnet.heal()) expect(healed).toMatchObject({ verified: true })

  await all.engines[2]?.kill()
  const [lost, kept] = [onHosts('host-3'), onHosts('host-1')]
  await until('it is said', () =>
    notes.find(note => note.startsWith('host-3: the host is lost, and 4 nodes with it')),
  )
  const phases = (names: readonly string[]) =>
    testnet.state().nodes.flatMap(({ name, phase }) => (names.includes(name) ? phase : []))
  await until('its nodes are down', () => phases(lost).every(phase => phase === 'failed'))
  expect(phases(kept)).toEqual(kept.map(() => 'running'))

  await all.engines[2]?.start()
  await until('it is back', () => notes.some(note => note === 'host-3: the container engine answers again'))
  await Promise.all(lost.map(name => testnet.start(name)))
  const height = lowest(testnet)
  await until('all go on', () => lowest(testnet) > height && testnet.state().systems.ledger.converged)
  await testnet.down('the test')
  expect([await thingsOnHosts(), networksOnHosts()]).toEqual([[], []])
})

/** Two pings go unanswered first, for 20 s each, and then a heartbeat: more than half of what is waited for usually. */
const SILENT_MS = 120_000

const SMALL = `${QUICK}\nnodes: { miners: { count: 3, share: 100% } }`

/** Any that nobody has: each machine has its own. */
const PORT = 47_113
const LISTENER = `require('node:net').createServer(s => s.on('error', () => {}).end('here')).listen(${PORT}, '0.0.0.0', () => console.log('listens'))`

/** All addresses of an engine's machine, somebody listening on each of them until the test is over. */
async function listensEverywhere(engine: TestEngine): Promise<string[]> {
  const words = [`--net=/run/netns/${engine.namespace}`, process.execPath, '-e', LISTENER]
  const listener = spawn('nsenter', words, { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void listener.kill())
  await once(listener.stdout, 'data')
  const lines = engine.run('ip', '-o', '-4', 'address')
  return [...lines.matchAll(/inet ([\d.]+)/g)].flatMap(([, ip = '']) => (ip.startsWith('127.') ? [] : [ip]))
}

test.skipIf(!hasSshServer())(
  'hosts over TLS, over SSH and by their socket: one chain, and no way from a node to the machines',
  async () => {
    const [first, second, third] = all.engines as [TestEngine, TestEngine, TestEngine]
    const ours = certificates()
    const { engine } = await engineOverSsh(socketPath(second.address))
    const { testnet } = hostedNetwork(SMALL, [
      { name: 'host-1', address: await engineOverTls(socketPath(first.address), ours), tls: ours.tls },
      { name: 'host-2', address: engine },
      third,
    ])
    await testnet.launch()
    await until('all have blocks', () => lowest(testnet) >= 2)
    expect(await testnet.inject({ kind: 'partition', cut: 'host-1 | rest' })).toMatchObject({
      verified: true,
    })
    for (const healed of await testnet.heal()) expect(healed).toMatchObject({ verified: true })

    // On each host somebody listens on all of its addresses: from its own node none of them is reached, the other hosts' neither.
    const ends = await Promise.all(all.engines.map(listensEverywhere))
    // The check can see: from one machine to the other the way is open.
    expect(second.run('bash', '-c', `cat </dev/tcp/${first.ip}/${PORT}`)).toBe('here')
    for (const [i, { docker }] of engines.entries()) {
      const node = testnet.plan.nodes.find(({ host }) => host === `host-${i + 1}`)?.name as string
      const [container] = await docker.listContainers({ filters: { label: [`${LABEL.node}=${node}`] } })
      const dial = 'for ip; do (timeout 3 cat </dev/tcp/$ip/0 && echo " at $ip") & done; wait'
      const words = ['bash', '-c', dial.replace('/0', `/${PORT}`), 'sh', ...new Set(ends.flat())]
      const { output } = await insideOf(docker, container?.Id as string, ...words)
      expect(`${node}: ${output}`).not.toContain('here')
    }
    await testnet.down('the test')
    expect([await thingsOnHosts(), networksOnHosts()]).toEqual([[], []])
  },
)

test('two networks side by side on the same hosts; an engine that is slow; down while a host is away, and gc when it is back', async () => {
  const slowOne = await engineBehind(all.engines[1] as TestEngine, pass => void setTimeout(pass, 100))
  const hosts = [all.engines[0], { name: 'host-2', address: slowOne }, all.engines[2]] as HostEngine[]
  const [one, two] = [
    hostedNetwork(`name: one\n${SMALL}`, all.engines),
    hostedNetwork(`name: two\n${SMALL}`, hosts),
  ]
  // A launch sweeps what nobody claims.
  const claims = ['one', 'two'].map(network => controllerFile({ network }))
  for (const each of claims) claim(each)
  onTestFinished(() => claims.forEach(release))
  await Promise.all([one.testnet.launch(), two.testnet.launch()])
  await until('both have blocks', () => Math.min(lowest(one.testnet), lowest(two.testnet)) >= 2)
  expect([one, two].map(({ testnet }) => testnet.state().systems.ledger.tips)).toEqual([1, 1])
  await two.testnet.down('the test')
  expect((await thingsOnHosts()).filter(thing => thing.includes('netsplit-two-'))).toEqual([])

  await all.engines[2]?.kill()
  await one.testnet.down('the test')
  claims.forEach(release)
  expect(one.notes.join('\n')).toMatch(
    /host-3: the container engine does not answer, so what this network has there stays/,
  )
  expect(networksOnHosts()).toMatchObject([{ network: 'one' }])
  await all.engines[2]?.start()
  await until('gc has been everywhere', async () => {
    const sweeps = await sweepHosts({ dryRun: false })
    expect(sweeps.every(({ unasked }) => unasked === undefined)).toBe(true)
    return networksOnHosts().length === 0
  })
  expect(await thingsOnHosts()).toEqual([])
})

test('an engine that hangs: its host is lost and the run goes on; it comes to itself, and its nodes with it', async () => {
  let hangs = false
  const waiting: (() => void)[] = []
  const address = await engineBehind(all.engines[2] as TestEngine, pass =>
    hangs ? void waiting.push(pass) : pass(),
  )
  const hosts = [...all.engines.slice(0, 2), { name: 'host-3', address }]
  const { testnet, notes } = hostedNetwork(`name: hung\n${SMALL}`, hosts)
  await testnet.launch()
  const lost = testnet.plan.nodes.find(({ host }) => host === 'host-3')?.name as string
  hangs = true
  await until(
    'its host is lost',
    () => notes.includes(`host-3: the host is lost, and 1 node with it: ${lost}`),
    SILENT_MS,
  )
  await until('its node is down', () => testnet.state().nodes.some(({ phase }) => phase === 'failed'))
  const height = testnet.state().systems.ledger.height
  await until('the others go on', () => testnet.state().systems.ledger.height > height)
  hangs = false
  for (const pass of waiting.splice(0)) pass()
  await until('it is back', () => notes.includes('host-3: the container engine answers again'))
  await testnet.start(lost)
  await until('they agree', () => lowest(testnet) > height && testnet.state().systems.ledger.converged)
  await testnet.down('the test')
  expect(await thingsOnHosts()).toEqual([])
})

test('kill −9 of the controller: all that it had on every host goes by itself, and gc finds nothing', async () => {
  const lines = all.engines.map(({ name, address }) => `  - { name: ${name}, engine: '${address}' }`)
  const desk = new Desk(`name: orphaned\nruntime: docker\n${SMALL}\nhosts:\n${lines.join('\n')}\n`)
  const up = await desk.up('--no-observability', '--no-tui')
  const things = async () => {
    const found = engines.map(({ docker }) => findThings(docker, { [LABEL.network]: 'orphaned' }))
    return (await Promise.all(found)).flat()
  }
  expect((await things()).filter(({ kind }) => kind === 'container')).toHaveLength(3 + 3)
  up.signal('SIGKILL')
  await up.ended
  await until('nothing is left', async () => (await things()).length === 0)
  await until('no host is on the list', () => !desk.state().some(name => name.startsWith('.hosts-')))
  expect(await desk.ask('gc')).toMatchObject({ engine: [], stuck: [] })
})
