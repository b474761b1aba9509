// The data network of nodes on several hosts: an overlay of the Swarm that the hosts' engines form, to which plain containers of any
// of them attach. Swarm is the network and nothing else.
//
// A worker does not see an overlay that none of its containers uses, yet takes its id; and each engine takes an address of it for
// itself while it uses it. So the addresses are ours to allot: engines take theirs from a small range, and nodes have the rest.

import { createHash } from 'node:crypto'
import type Docker from 'dockerode'
import { RuntimeError } from '../runtime.ts'
import { engineError, statusOf } from './engine.ts'
import { type Identity, labelsOf, objectName } from './labels.ts'
import { isConflict, MAX_CONFLICTS, type TestnetNetwork, usedSubnets } from './networks.ts'
import type { NamedEngine } from './ship.ts'
import { formatSubnet, freeSubnets, SIZE, type Subnet } from './subnets.ts'
import { type SwarmState, swarmState } from './swarm.ts'

/** Of the engines. They take them in turn, so there are more than hosts. */
const ENGINES_RANGE = 64
/** The engines' part comes on top of what nodes have in a network with one engine. */
const OVERLAY_SIZE = 2 * SIZE
const JOIN = 'netsplit hosts join makes a swarm of them'

/** Of these, one that manages the swarm that all are in. RuntimeError `no-engine` says who is not. */
export async function findManager<E extends NamedEngine>(engines: readonly E[]): Promise<E> {
  const swarms = await Promise.all(engines.map(({ docker }) => swarmOf(docker)))
  const outside = engines.filter((_, i) => swarms[i]?.state !== 'active').map(({ name }) => name)
  if (outside.length > 0) throw new RuntimeError('no-engine', `in no swarm: ${outside.join(', ')}`, [], JOIN)
  const manager = engines.find((_, i) => swarms[i]?.manager)
  if (!manager)
    throw new RuntimeError(
      'no-engine',
      `none of ${engines.map(({ name }) => name).join(', ')} manages the swarm that they are in`,
      [],
      'add the host that does, or docker node promote one of them',
    )
  const members = (await manager.docker.listNodes()) as { readonly ID: string }[]
  const strangers = engines.filter((_, i) => !members.some(({ ID }) => ID === swarms[i]?.node))
  if (strangers.length === 0) return manager
  const names = strangers.map(({ name }) => name).join(', ')
  throw new RuntimeError('no-engine', `in another swarm than ${manager.name}: ${names}`, [], JOIN)
}

/** What an engine says just now of its place in a swarm. */
export async function swarmOf(docker: Docker): Promise<SwarmState> {
  return swarmState(((await docker.info()) as { readonly Swarm?: unknown }).Swarm)
}

/** One subnet that is free on all hosts. */
export async function createOverlay(
  engines: readonly NamedEngine[],
  manager: NamedEngine,
  identity: Identity,
): Promise<TestnetNetwork> {
  const name = objectName(identity, 'data')
  const used = (await Promise.all(engines.map(({ docker }) => usedSubnets(docker)))).flat()
  let conflicts = 0
  for (const subnet of freeSubnets(used, startOf(identity), OVERLAY_SIZE)) {
    try {
      const { id } = await manager.docker.createNetwork({
        ...{ Name: name, Driver: 'overlay', CheckDuplicate: true, Attachable: true, Internal: true },
        IPAM: { Driver: 'default', Config: [{ Subnet: formatSubnet(subnet), IPRange: rangeOf(subnet) }] },
        Labels: { ...labelsOf(identity, 'data') },
      })
      return { name, id, subnet: { ...subnet, kept: ENGINES_RANGE } }
    } catch (error) {
      if (!isConflict(error) || ++conflicts > MAX_CONFLICTS)
        throw engineError(`the network ${name} cannot be made`, error)
    }
  }
  throw new RuntimeError('engine', `every subnet for ${name} is in use; netsplit gc sweeps what is left over`)
}

function startOf({ owner, network }: Identity): number {
  return createHash('sha256').update(`${owner} ${network} overlay`).digest().readUInt32LE()
}

function rangeOf({ base }: Subnet): string {
  return formatSubnet({ base, size: ENGINES_RANGE })
}

/** Only a manager of the swarm removes it; on any other engine it is gone when nothing there uses it. */
export function isManagers(error: unknown): boolean {
  return /not a swarm manager/i.test((error as { message?: string }).message ?? '')
}

/**
 * Who keeps an overlay that cannot be removed, and what frees it: the swarm believes that a host that is away still uses it.
 * Undefined: that is not why.
 */
export async function heldBy(docker: Docker, error: unknown): Promise<string | undefined> {
  const task = /in use by task (\w+)/.exec((error as { message?: string }).message ?? '')?.[1]
  if (task === undefined || statusOf(error) === undefined) return undefined
  // A list of tasks leaves out those that only attach a container.
  const { NodeID: node } = (await docker.getTask(task).inspect()) as { readonly NodeID?: string }
  if (node === undefined) return undefined
  const { Description, Status } = (await docker.getNode(node).inspect()) as SwarmNode
  const host = Description?.Hostname ?? node
  return `it is held for ${host}, which is ${Status?.State ?? 'away'}, and goes when ${host} is back and netsplit gc has been there, or by docker node rm --force ${node} on a manager`
}

interface SwarmNode {
  readonly Description?: { readonly Hostname?: string }
  readonly Status?: { readonly State?: string }
}
