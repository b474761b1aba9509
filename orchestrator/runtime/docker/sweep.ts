// Removes what carries our labels: one run's things when it ends, and what dead networks left behind. By label and owner
// only, so that nothing of anybody else is ever touched.

import type Docker from 'dockerode'
import { Lanes } from '../../lanes.ts'
import { NODE_IMAGE } from './context.ts'
import { engineError, unless } from './engine.ts'
import { LABEL, withLabels } from './labels.ts'
import { isLost, knownLost, rememberLost } from './lost.ts'
import { removeNetwork } from './networks.ts'
import { heldBy, isManagers } from './overlay.ts'

const LANES = 8
/** A network counts its endpoints a moment longer than its containers live: pauses between attempts, 15 s in all. */
const PAUSES_MS = [50, 100, 250, 600, 1_000, 2_000, 2_000, 4_000, 5_000] as const

/** Something in the engine that is ours. */
export interface EngineThing {
  readonly kind: 'container' | 'network' | 'volume' | 'image'
  readonly id: string
  readonly name: string
  /** Of which of our networks; undefined for images. */
  readonly network: string | undefined
  readonly run: string | undefined
}

/** Something that the engine would not remove, and its own words why. */
export interface StuckThing extends EngineThing {
  readonly why: string
  /** It would not go before either, and never will of this engine's life (`isLost`). */
  readonly known?: true
}

type Labels = { readonly [label: string]: string }

/** Containers, networks and volumes that carry these labels. */
export async function findThings(docker: Docker, labels: Labels): Promise<EngineThing[]> {
  const filters = withLabels(labels)
  const [containers, networks, { Volumes: volumes }] = await Promise.all([
    docker.listContainers({ all: true, filters }),
    docker.listNetworks({ filters }),
    docker.listVolumes({ filters }),
  ])
  const whose = (all: Labels | null | undefined) => ({ network: all?.[LABEL.network], run: all?.[LABEL.run] })
  return [
    ...containers.map(({ Id, Names, Labels }) => ({
      kind: 'container' as const,
      id: Id,
      name: (Names[0] ?? Id).replace(/^\//, ''),
      ...whose(Labels),
    })),
    ...networks.map(({ Id, Name, Labels }) => ({
      kind: 'network' as const,
      id: Id,
      name: Name,
      ...whose(Labels),
    })),
    ...(volumes ?? []).map(({ Name, Labels }) => ({
      kind: 'volume' as const,
      id: Name,
      name: Name,
      ...whose(Labels),
    })),
  ]
}

/** Node images of ours other than the one in use now. */
export async function findOldImages(docker: Docker, currentTag: string): Promise<EngineThing[]> {
  const images = await docker.listImages({ filters: withLabels({ [LABEL.role]: 'image' }) })
  return images.flatMap(({ Id, RepoTags }) => {
    const tags = (RepoTags ?? []).filter(tag => tag.startsWith(`${NODE_IMAGE}:`))
    return tags.includes(currentTag)
      ? []
      : [
          {
            kind: 'image' as const,
            id: Id,
            name: tags[0] ?? Id.slice(7, 19),
            network: undefined,
            run: undefined,
          },
        ]
  })
}

/** Removes them: containers first, which hold the others. Gone already is success; resolves with what could not be. */
export async function removeThings(docker: Docker, things: readonly EngineThing[]): Promise<StuckThing[]> {
  const lanes = new Lanes(LANES)
  const stuck: StuckThing[] = []
  const lost = knownLost()
  for (const kinds of [['container'], ['network', 'volume', 'image']]) {
    const now = things.filter(({ kind }) => kinds.includes(kind))
    const removals = now.map(thing =>
      lanes.run(async () => {
        const known = thing.kind === 'network' && lost.has(thing.id)
        const why = await obstacle(docker, thing, known ? [] : PAUSES_MS)
        if (why !== undefined) stuck.push({ ...thing, why, ...(known && { known }) })
      }),
    )
    await Promise.all(removals)
  }
  const networks = things.filter(({ kind }) => kind === 'network').map(({ id }) => id)
  rememberLost(
    networks,
    stuck.filter(isLost).map(({ id }) => id),
  )
  return stuck
}

/** Removes it, with growing pauses while it is in use for a moment still; what the engine last said when it never went. */
async function obstacle(
  docker: Docker,
  thing: EngineThing,
  pausesMs: readonly number[],
): Promise<string | undefined> {
  let why = ''
  for (const pauseMs of [0, ...pausesMs]) {
    if (pauseMs > 0) await new Promise(resolve => setTimeout(resolve, pauseMs))
    try {
      await remove(docker, thing)
      return undefined
    } catch (error) {
      const held = thing.kind === 'network' && (await heldBy(docker, error).catch(() => undefined))
      why = held ? `${thing.name}: ${held}` : engineError(thing.name, error).message
    }
  }
  return why
}

async function remove(docker: Docker, { kind, id, name }: EngineThing): Promise<void> {
  // 409: its removal is under way.
  if (kind === 'container') await unless([404, 409], docker.getContainer(id).remove({ force: true }))
  else if (kind === 'network') await removeNetworkOf(docker, id)
  else if (kind === 'volume') await unless([404], docker.getVolume(name).remove())
  else await unless([404], docker.getImage(id).remove())
}

/** An overlay is not a worker's to remove: there it is gone when no container uses it. */
async function removeNetworkOf(docker: Docker, id: string): Promise<void> {
  try {
    await removeNetwork(docker, id)
  } catch (error) {
    if (!isManagers(error)) throw error
  }
}
