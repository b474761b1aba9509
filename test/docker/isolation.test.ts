// What a node cannot reach, tried from inside: this machine, whatever leads out, names of the world, its neighbours' control, and
// those who watch. The same from a container that shares its network, as other people's programs do.

import { createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { expect, onTestFinished, test } from 'vitest'
import { LABEL } from '../../orchestrator/runtime/docker/labels.ts'
import { gatewayAddress, parseSubnet } from '../../orchestrator/runtime/docker/subnets.ts'
import { containersOf, docker, inside, inspect, THREE } from '../support/containers.ts'
import { launchReal, nodeOf, notesOf } from '../support/real-network.ts'
import { until } from '../support/until.ts'

/** Tries to connect to each `host port`, and says what came of it. */
const DIAL = `
const { connect } = require('node:net')
const dial = target => new Promise(resolve => {
  const at = target.lastIndexOf(' ')
  const socket = connect({ host: target.slice(0, at), port: Number(target.slice(at + 1)) })
  const done = what => { socket.destroy(); resolve([target, what]) }
  socket.once('connect', () => done('open')).once('error', error => done(error.code))
  setTimeout(() => done('silence'), 4000)
})
Promise.all(process.argv.slice(1).map(dial)).then(all => console.log(JSON.stringify(Object.fromEntries(all))))
`
/** Whoever says this was not reached. ECONNREFUSED would be an answer: somebody is there. */
const UNREACHED = /: (ENETUNREACH|EHOSTUNREACH|EADDRNOTAVAIL|silence)$/

async function dialled(container: string, targets: readonly string[]): Promise<Record<string, string>> {
  const { output } = await inside(container, 'node', '-e', DIAL, ...targets)
  return JSON.parse(output)
}

/** A container of the same image that shares another's network, as a program beside its node does. */
async function beside(container: string): Promise<string> {
  const client = await docker()
  const { Config } = await inspect(container)
  const made = await client.createContainer({
    Image: Config.Image,
    Entrypoint: ['sleep', 'infinity'],
    Cmd: [],
    User: '1001:1001',
    HostConfig: { NetworkMode: `container:${container}`, AutoRemove: true, CapDrop: ['ALL'] },
  })
  onTestFinished(() => made.remove({ force: true }).catch(() => {}))
  await made.start()
  return made.id
}

/** A port on which this machine listens on all of its addresses. */
async function listenEverywhere(): Promise<number> {
  const server = createServer(socket => socket.on('error', () => {}).end('here'))
  await new Promise<void>(resolve => server.listen({ host: '::', port: 0 }, resolve))
  onTestFinished(() => void server.close())
  return (server.address() as { port: number }).port
}

/** One that is a link's own is tried on the one that a node has. */
function onItsLink(address: string): string {
  return address.startsWith('fe80:') ? `${address}%eth0` : address
}

/** The address that the engine has for itself in each of a network's networks. */
async function engineAddresses(network: string): Promise<Record<string, string>> {
  const filters = { label: [`${LABEL.network}=${network}`] }
  const networks = await (await docker()).listNetworks({ filters })
  return Object.fromEntries(
    networks.map(({ Labels, IPAM }) => {
      const subnet = parseSubnet(IPAM?.Config?.[0]?.Subnet ?? '')
      return [Labels?.[LABEL.role] ?? '', subnet ? gatewayAddress(subnet) : '']
    }),
  )
}

test('a node reaches nothing but its peers: not this machine, nothing beyond it, nobody else’s control', async () => {
  const port = await listenEverywhere()
  const testnet = await launchReal(`name: shut\n${THREE}`)
  const containers = await containersOf({ [LABEL.network]: 'shut' })
  const id = (name: string) => containers.get(name) as string
  const node = id('miners-1')
  const engine = await engineAddresses('shut')
  const machine = Object.values(networkInterfaces()).flatMap(all =>
    (all ?? []).filter(({ internal }) => !internal).map(({ address }) => onItsLink(address)),
  )
  const targets = [...new Set([...Object.values(engine), ...machine])].map(address => `${address} ${port}`)
  const out = ['192.0.2.1 80', '1.1.1.1 53', '2001:db8::1 80']
  // The check can see: from the gateway, which stands where a way leads out, the machine is reached.
  expect((await dialled(id('gateway'), [`${engine.front} ${port}`]))[`${engine.front} ${port}`]).toBe('open')
  for (const from of [node, await beside(node)])
    for (const [target, what] of Object.entries(await dialled(from, [...targets, ...out])))
      expect(`${target}: ${what}`).toMatch(UNREACHED)
  // No address of the sixth version, so no neighbour by one.
  expect((await inside(node, 'sh', '-c', 'grep -v " lo$" /proc/net/if_inet6; true')).output).toBe('')

  // Its neighbours' control does not listen to it, whatever it says; those who watch are nowhere.
  const addressesOf = async (name: string) =>
    Object.values((await inspect(id(name))).NetworkSettings.Networks).map(({ IPAddress }) => IPAddress)
  const published = new URL(nodeOf(testnet, 'miners-1')?.control ?? '').port
  const say = (host: string, at: number | string) =>
    `exec 3<>/dev/tcp/${host}/${at} && printf 'GET /health HTTP/1.0\\r\\nAuthorization: Bearer %s\\r\\n\\r\\n' "$NETSPLIT_TOKEN" >&3 && cat <&3`
  const ask = async (host: string, at: number | string) =>
    (await inside(node, 'bash', '-c', say(host, at))).output
  for (const address of await addressesOf('miners-2'))
    expect(await ask(address, 18_480)).not.toContain('HTTP')
  const gateway = await dialled(
    node,
    (await addressesOf('gateway')).flatMap(address => [`${address} 18480`, `${address} ${published}`]),
  )
  expect(Object.values(gateway)).not.toContain('open')
  expect(await dialled(node, [`127.0.0.1 ${published}`])).toEqual({
    [`127.0.0.1 ${published}`]: 'ECONNREFUSED',
  })
  // From its own container it is told that it may not, with its token too: that it lives, whoever looks after it sees.
  const own = (await addressesOf('miners-1')).map(address => ask(address, 18_480))
  expect((await Promise.all(own)).filter(said => said.includes('HTTP/1.1 403'))).toHaveLength(1)
})

test('an engine whose machine has an address on the nodes’ network is found out, and that is said', async () => {
  const testnet = await launchReal(`name: seen\n${THREE}`)
  const notes = notesOf(testnet)
  const client = await docker()
  const gateway = (await containersOf({ [LABEL.network]: 'seen' })).get('gateway') as string
  const filters = { label: [`${LABEL.network}=seen`, `${LABEL.role}=data`] }
  const [data] = await client.listNetworks({ filters })
  const { data: address } = await engineAddresses('seen')
  // What an engine does that knows no other way. The next gateway looks anew.
  const give = await client.createContainer({
    Image: (await inspect(gateway)).Config.Image,
    User: '0:0',
    Entrypoint: ['ip', 'addr', 'add', `${address}/22`, 'dev', `br-${data?.Id.slice(0, 12)}`],
    Cmd: [],
    HostConfig: { NetworkMode: 'host', CapDrop: ['ALL'], CapAdd: ['NET_ADMIN'] },
  })
  onTestFinished(() => give.remove({ force: true }))
  await give.start()
  expect(await give.wait()).toMatchObject({ StatusCode: 0 })
  await client.getContainer(gateway).kill()
  await until('it is said', () => notes.some(note => note.includes('gives its machine an address')))
})

test('a name that a node asks for goes nowhere but to itself', async () => {
  await launchReal(`name: nameless\n${THREE}`)
  const node = (await containersOf({ [LABEL.network]: 'nameless' })).get('miners-1') as string
  // Whom the engine's resolver asks in its stead shows a resolver of the node's own.
  const script = `
    const [resolver, seen] = [require('node:dgram').createSocket('udp4'), []]
    resolver.on('message', (part, from) => {
      seen.push(part.toString('latin1'))
      part[2] |= 0x80 // an answer:
      part[3] = 0x83 // there is no such name
      resolver.send(part, from.port, from.address)
    })
    resolver.bind(53, '127.0.0.1', () => {
      const asker = new (require('node:dns').promises.Resolver)({ timeout: 20_000, tries: 1 })
      asker.resolve4('secret.example').then(() => 'found', error => error.code).then(what => {
        console.log(JSON.stringify({ what, seen: seen.filter(each => each.includes('secret')).length > 0 }))
        process.exit()
      })
    })`
  const { output } = await inside(node, 'node', '-e', script)
  expect(JSON.parse(output)).toEqual({ what: expect.not.stringMatching('found'), seen: true })
})
