// What dead networks of this owner left in the engine, and old node images: found by label, removed on request.

import type Docker from 'dockerode'
import { knownNetworks } from '../../machine/networks.ts'
import { packageRoot } from '../../machine/paths.ts'
import { hostsOf, networksOnHosts, noteClean, type UsedHost } from '../../machine/used-hosts.ts'
import { readContext, tagOf } from './context.ts'
import { connectEngine, connectHost } from './engine.ts'
import { type Identity, LABEL, ownerId } from './labels.ts'
import { knownLost, LOST_WHY } from './lost.ts'
import { type EngineThing, findOldImages, findThings, removeThings, type StuckThing } from './sweep.ts'

export interface EngineSweepOptions {
  readonly engine: string | undefined
  /** Only list. */
  readonly dryRun: boolean
  /** Old node images, too. */
  readonly images: boolean
  /** Only of this network. */
  readonly network?: string
  /** Of this host, whatever engine is named. */
  readonly host?: UsedHost
}

export interface EngineSweep {
  readonly found: readonly EngineThing[]
  /** What the engine would not remove. */
  readonly stuck: readonly StuckThing[]
}

/** RuntimeError `no-engine` when there is none. */
export async function sweepEngine(options: EngineSweepOptions): Promise<EngineSweep> {
  const { engine, dryRun, images, network, host } = options
  const { docker } = host ? await connectHost(host) : await connectEngine(engine)
  const labels = { [LABEL.owner]: ownerId(), ...(network !== undefined && { [LABEL.network]: network }) }
  const ours = await findThings(docker, labels)
  const found = [
    ...ours.filter(isDead()),
    ...(images ? await findOldImages(docker, tagOf(readContext(packageRoot()))) : []),
  ]
  return { found, stuck: dryRun ? knownStuck(found) : await removeThings(docker, found) }
}

/** Those of which it is known that they will not go. */
function knownStuck(found: readonly EngineThing[]): StuckThing[] {
  const lost = knownLost()
  return found.flatMap(thing =>
    thing.kind === 'network' && lost.has(thing.id) ? [{ ...thing, why: LOST_WHY, known: true as const }] : [],
  )
}

/** Networks of this owner that only a restart of the engine removes, as far as they were met. */
export async function lostNetworks(docker: Docker): Promise<StuckThing[]> {
  if (knownLost().size === 0) return []
  return knownStuck(await findThings(docker, { [LABEL.owner]: ownerId() }))
}

/** A host that was swept, or why it was not. */
export interface Swept extends EngineSweep {
  readonly host?: string
  readonly unasked?: string
}

/** The hosts on which dead networks (or this one) may have left something, side by side; those that are clean are forgotten. */
export async function sweepHosts(
  options: Pick<EngineSweepOptions, 'dryRun' | 'network'>,
): Promise<readonly Swept[]> {
  const { dryRun, network: only } = options
  const dead = isDead()
  const left = networksOnHosts().filter(({ network }) => only === undefined || network === only)
  const hosts = new Map(left.flatMap(each => each.hosts).map(host => [host.engine, host]))
  const sweeps = [...hosts.values()].map(async (host): Promise<Swept> => {
    try {
      const swept = await sweepEngine({ engine: undefined, images: false, ...options, host })
      const gone = ({ network, hosts }: (typeof left)[number]) =>
        hosts.some(({ engine }) => engine === host.engine) &&
        dead({ kind: 'volume', network }) &&
        !swept.stuck.some(thing => thing.network === network)
      if (!dryRun) for (const each of left.filter(gone)) noteClean(each.network, host.engine)
      return { host: host.name, ...swept }
    } catch (error) {
      return { host: host.name, found: [], stuck: [], unasked: (error as Error).message }
    }
  })
  return await Promise.all(sweeps)
}

/** What a network without a controller left, on its hosts or in its engine. */
export async function sweepNetwork(network: string, engine: string | undefined): Promise<readonly Swept[]> {
  if (hostsOf(network).length > 0) return await sweepHosts({ dryRun: false, network })
  return [await sweepEngine({ engine, dryRun: false, images: false, network })]
}

/** What is in the way of a network that has just claimed its name: what carries that name, or one that nobody claims. */
export async function findLeftovers(docker: Docker, identity: Identity): Promise<EngineThing[]> {
  const { network, run, owner, data } = identity
  const dead = isDead()
  const ours = await findThings(docker, { [LABEL.owner]: owner })
  // What hosts have in common is made before all of them have been looked at.
  const own = (thing: EngineThing) => thing.run === run || (thing.kind === 'volume' && thing.run === data)
  return ours.filter(thing => (thing.network === network ? !own(thing) : dead(thing)))
}

/** It is no network that lives, nor one that is stopped and has its chain. */
export function keepsNothing(network: string): boolean {
  return isDead()({ kind: 'volume', network })
}

/** Tells what belongs to no network that lives, and is not the chain of one that is stopped; whoever has claimed a name cares for what carries it. */
function isDead(): (thing: Pick<EngineThing, 'kind' | 'network'>) => boolean {
  const known = knownNetworks()
  const spared = known.filter(({ alive, foreign }) => alive || foreign !== undefined)
  const alive = new Set(spared.map(({ network }) => network))
  const kept = new Set(known.flatMap(({ network, kept }) => (kept ? [network] : [])))
  return ({ kind, network }) =>
    network === undefined || !(alive.has(network) || (kind === 'volume' && kept.has(network)))
}
