// A network of the engine that will not go: somebody else's container is still on it. What is ours is removed all the same,
// and a network of the same name comes up whatever was left.

import { expect, onTestFinished, test } from 'vitest'
import { ensureNodeImage } from '../../orchestrator/runtime/docker/image.ts'
import { LABEL, ownerId } from '../../orchestrator/runtime/docker/labels.ts'
import { createNetworks } from '../../orchestrator/runtime/docker/networks.ts'
import { findThings, removeThings } from '../../orchestrator/runtime/docker/sweep.ts'
import { docker, inspect, THREE, thingsWith } from '../support/containers.ts'
import { realNetwork } from '../support/real-network.ts'

/** A container of nobody's on the network: alive, and not ours to remove. */
async function guestOn(network: string): Promise<string> {
  const client = await docker()
  const guest = await client.createContainer({
    Image: await ensureNodeImage(client, () => {}),
    Entrypoint: ['sleep', 'infinity'],
    HostConfig: { NetworkMode: network },
  })
  onTestFinished(() => guest.remove({ force: true }))
  await guest.start()
  return guest.id
}

test('an endpoint that is left is cut off and its network goes; the container behind it stays', async () => {
  const client = await docker()
  const run = { network: 'stuck', run: 'feedface', data: 'feedface', owner: ownerId() }
  const { data } = await createNetworks(client, run)
  const guest = await guestOn(data.name)
  await expect(client.getNetwork(data.id).remove()).rejects.toThrow(/active endpoints/)

  expect(await removeThings(client, await findThings(client, { [LABEL.run]: run.run }))).toEqual([])
  expect(await thingsWith(`${LABEL.run}=${run.run}`)).toEqual([])
  expect((await inspect(guest)).State.Running).toBe(true)
})

test('what is left of an earlier network of the name neither hinders the next nor outlives it', async () => {
  const client = await docker()
  const { data } = await createNetworks(client, {
    network: 'comeback',
    run: 'feedface',
    data: 'feedface',
    owner: ownerId(),
  })
  await guestOn(data.name)
  const { testnet } = realNetwork(`name: comeback\n${THREE}`)
  await testnet.launch()
  await testnet.down('enough')
  expect(await thingsWith(`${LABEL.network}=comeback`)).toEqual([])
})

test('what will not go at all is named, with the reason of the engine', async () => {
  const client = await docker()
  const name = 'netsplit-test-held'
  await client.createVolume({ Name: name })
  onTestFinished(() => client.getVolume(name).remove())
  const holder = await client.createContainer({
    Image: await ensureNodeImage(client, () => {}),
    Entrypoint: ['sleep', 'infinity'],
    HostConfig: { Mounts: [{ Type: 'volume', Source: name, Target: '/held' }] },
  })
  onTestFinished(() => holder.remove({ force: true }))
  const thing = { kind: 'volume', id: name, name, network: 'held', run: undefined } as const
  const stuck = await removeThings(client, [thing])
  expect(stuck).toMatchObject([{ name, why: expect.stringMatching(/volume is in use/) }])
})
