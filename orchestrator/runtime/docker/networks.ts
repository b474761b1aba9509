// The two networks of a testnet: `control`, over which the controller asks, and `data`, over which the peers talk and
// which leads nowhere else. A fault on the one never blinds the other.

import { createHash } from 'node:crypto'
import type Docker from 'dockerode'
import { RuntimeError } from '../runtime.ts'
import { engineError, statusOf, unless } from './engine.ts'
import { type Identity, labelsOf, objectName } from './labels.ts'
import { formatSubnet, freeSubnets, machineSubnets, parseSubnet, type Subnet } from './subnets.ts'

/** Others may take a subnet between our look and our call; somebody always wins, so this many in a row do not happen. */
const MAX_CONFLICTS = 64

export interface TestnetNetwork {
  readonly name: string
  readonly id: string
  readonly subnet: Subnet
}

export interface TestnetNetworks {
  readonly control: TestnetNetwork
  readonly data: TestnetNetwork
}

/** Makes both, or neither. */
export async function createNetworks(docker: Docker, identity: Identity): Promise<TestnetNetworks> {
  const control = await createNetwork(docker, identity, 'control')
  try {
    return { control, data: await createNetwork(docker, identity, 'data') }
  } catch (error) {
    await removeNetwork(docker, control.id)
    throw error
  }
}

/**
 * Removes a network and cuts off whoever is still on it: an engine may keep an endpoint of a container that is long gone
 * (seen on 20.10 when a container ended while it was being connected), and then refuses for ever. Done already is success.
 */
export async function removeNetwork(docker: Docker, id: string): Promise<void> {
  const network = docker.getNetwork(id)
  try {
    await unless([404], network.remove())
  } catch (error) {
    if (!isInUse(error)) throw error
    await cutOff(network)
    await unless([404], network.remove())
  }
}

/** By the endpoint's name, which is its container's: of a container that is gone the engine knows no other. */
async function cutOff(network: Docker.Network): Promise<void> {
  const { Containers: endpoints } = (await network.inspect()) as { Containers?: Record<string, Endpoint> }
  const cut = Object.entries(endpoints ?? {}).map(([container, { Name }]) =>
    network.disconnect({ Container: Name || container, Force: true }).catch(() => {}),
  )
  await Promise.all(cut)
}

interface Endpoint {
  readonly Name?: string
}

function isInUse(error: unknown): boolean {
  return /active endpoints|in use/i.test((error as { message?: string }).message ?? '')
}

async function createNetwork(
  docker: Docker,
  identity: Identity,
  role: 'control' | 'data',
): Promise<TestnetNetwork> {
  const name = objectName(identity, role)
  const start = createHash('sha256')
    .update(`${identity.owner} ${identity.network} ${role}`)
    .digest()
    .readUInt32LE()
  let conflicts = 0
  for (const subnet of freeSubnets(await usedSubnets(docker), start)) {
    try {
      const { id } = await docker.createNetwork({
        Name: name,
        Driver: 'bridge',
        CheckDuplicate: true,
        Internal: role === 'data',
        IPAM: { Driver: 'default', Config: [{ Subnet: formatSubnet(subnet) }] },
        Labels: { ...labelsOf(identity, role) },
      })
      return { name, id, subnet }
    } catch (error) {
      if (!isConflict(error) || ++conflicts > MAX_CONFLICTS)
        throw engineError(`the network ${name} cannot be made`, error)
    }
  }
  throw new RuntimeError('engine', `every subnet for ${name} is in use; netsplit gc sweeps what is left over`)
}

async function usedSubnets(docker: Docker): Promise<Subnet[]> {
  const networks = await docker.listNetworks()
  const configured = networks.flatMap(({ IPAM }) => IPAM?.Config ?? [])
  return [...configured.flatMap(({ Subnet }) => parseSubnet(Subnet ?? '') ?? []), ...machineSubnets()]
}

/** The subnet is taken, by a network or a route that was not there when we looked. */
function isConflict(error: unknown): boolean {
  const { message = '' } = error as { message?: string }
  return (statusOf(error) ?? 0) >= 400 && /overlap|already (in use|used)|conflicts with/i.test(message)
}
