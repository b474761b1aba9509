// What dead networks of this owner left in the engine, and old node images: found by label, removed on request.

import type Docker from 'dockerode'
import { knownNetworks } from '../../machine/networks.ts'
import { packageRoot } from '../../machine/paths.ts'
import { readContext, tagOf } from './context.ts'
import { connectEngine } from './engine.ts'
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
}

export interface EngineSweep {
  readonly found: readonly EngineThing[]
  /** What the engine would not remove. */
  readonly stuck: readonly StuckThing[]
}

/** RuntimeError `no-engine` when there is none. */
export async function sweepEngine(options: EngineSweepOptions): Promise<EngineSweep> {
  const { engine, dryRun, images, network } = options
  const { docker } = await connectEngine(engine)
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

/** What is in the way of a network that has just claimed its name: what carries that name, or one that nobody claims. */
export async function findLeftovers(docker: Docker, identity: Identity): Promise<EngineThing[]> {
  const { network, owner, data } = identity
  const dead = isDead()
  const ours = await findThings(docker, { [LABEL.owner]: owner })
  const own = ({ kind, run }: EngineThing) => kind === 'volume' && run === data
  return ours.filter(thing => (thing.network === network ? !own(thing) : dead(thing)))
}

/** Tells what belongs to no network that lives, and is not the chain of one that is stopped; whoever has claimed a name cares for what carries it. */
function isDead(): (thing: EngineThing) => boolean {
  const known = knownNetworks()
  const spared = known.filter(({ alive, foreign }) => alive || foreign !== undefined)
  const alive = new Set(spared.map(({ network }) => network))
  const kept = new Set(known.flatMap(({ network, kept }) => (kept ? [network] : [])))
  return ({ kind, network }) =>
    network === undefined || !(alive.has(network) || (kind === 'volume' && kept.has(network)))
}
