// Several hosts: three engines, each on a machine of its own as far as it can tell, with the swarm that they form.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { endpoint } from '../../orchestrator/runtime/docker/container-spec.ts'
import { connectEngine, connectHost } from '../../orchestrator/runtime/docker/engine.ts'
import { ensureNodeImage, hasImage } from '../../orchestrator/runtime/docker/image.ts'
import { ownerId } from '../../orchestrator/runtime/docker/labels.ts'
import { createOverlay, findManager, heldBy } from '../../orchestrator/runtime/docker/overlay.ts'
import { type NamedEngine, shipImage } from '../../orchestrator/runtime/docker/ship.ts'
import { hostAddress } from '../../orchestrator/runtime/docker/subnets.ts'
import { insideOf } from '../support/containers.ts'
import { enginesOrSkip, TestEngines } from '../support/engines.ts'
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
  expect(own).toMatch(/\.([2-9]|[1-5]\d|6[0-3])\/22$/)
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
    /^is held for host-3, which is \w+: it goes when host-3 is back and netsplit gc has been there, or by docker node rm --force \w+ on a manager$/,
  )
  await all.engines[2]?.start()
  await until('it is free again', () =>
    removal().then(
      () => true,
      () => false,
    ),
  )
})
