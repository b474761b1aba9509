// The networks of a testnet: `data`, over which the peers talk, and `front`, where the gateway and those who watch stand. `data`
// leads nowhere else, and the machine has no address on it: what listens on all of its addresses does not listen there. Over
// `control` the gateway asks the nodes. With one engine that is `data` once more, since each network that a container has costs
// its start a tenth and its end a third: a node hears its gateway alone there, and faults lie on what goes from peer to peer, so
// that none ever blinds the observer.

import { createHash } from 'node:crypto'
import type Docker from 'dockerode'
import { RuntimeError } from '../runtime.ts'
import { engineError, statusOf, unless } from './engine.ts'
import { type Identity, labelsOf, type NetworkRole, objectName } from './labels.ts'
import { formatSubnet, freeSubnets, machineSubnets, parseSubnet, type Subnet } from './subnets.ts'

/** Others may take a subnet between our look and our call; somebody always wins, so this many in a row do not happen. */
export const MAX_CONFLICTS = 64
/** The bridge gets no address: an internal network keeps what comes from inside from being passed on, not from being taken. */
const WITHOUT_ADDRESS = { 'com.docker.network.bridge.inhibit_ipv4': 'true' }

export interface TestnetNetwork {
  readonly name: string
  readonly id: string
  readonly subnet: Subnet
}

export type TestnetNetworks = { readonly [role in NetworkRole]: TestnetNetwork }

/** Makes all, or none. `data`: the one that several hosts have in common. */
export async function createNetworks(
  docker: Docker,
  identity: Identity,
  data?: TestnetNetwork,
): Promise<TestnetNetworks> {
  const roles: readonly NetworkRole[] = data ? ['control', 'front'] : ['data', 'front']
  const used = await usedSubnets(docker)
  const made = await Promise.allSettled(roles.map(role => createNetwork(docker, identity, role, used)))
  const networks = made.flatMap(each => (each.status === 'fulfilled' ? each.value : []))
  const [own, front] = networks
  // With one engine the nodes are asked over the network over which they talk.
  if (own && front) return { control: own, data: data ?? own, front }
  await Promise.all(networks.map(({ id }) => removeNetwork(docker, id)))
  throw made.flatMap(each => (each.status === 'rejected' ? [each.reason] : []))[0]
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
  role: NetworkRole,
  used: readonly Subnet[],
): Promise<TestnetNetwork> {
  const name = objectName(identity, role)
  const start = createHash('sha256')
    .update(`${identity.owner} ${identity.network} ${role}`)
    .digest()
    .readUInt32LE()
  let conflicts = 0
  for (const subnet of freeSubnets(used, start)) {
    try {
      const { id } = await docker.createNetwork({
        Name: name,
        Driver: 'bridge',
        CheckDuplicate: true,
        Internal: role !== 'front',
        ...(role !== 'front' && { Options: WITHOUT_ADDRESS }),
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

/** What the engine's networks and this machine lead to. */
export async function usedSubnets(docker: Docker): Promise<Subnet[]> {
  const networks = await docker.listNetworks()
  const configured = networks.flatMap(({ IPAM }) => IPAM?.Config ?? [])
  return [...configured.flatMap(({ Subnet }) => parseSubnet(Subnet ?? '') ?? []), ...machineSubnets()]
}

/** The subnet is taken, by a network or a route that was not there when we looked. */
export function isConflict(error: unknown): boolean {
  const { message = '' } = error as { message?: string }
  return (statusOf(error) ?? 0) >= 400 && /overlap|already (in use|used)|conflicts with/i.test(message)
}
