// The nodes of a spec by name, group and place: the region and the host of each. Pure.

import { planPins, sharedHosts } from './host-spec.ts'
import { tableOf } from './link-spec.ts'
import { placeGroups } from './placement.ts'
import { createRandom, type Random } from './random.ts'
import { drawRegions, type RegionTable } from './regions.ts'
import type { Spec } from './schema.ts'

/** All of a seed's drawing begins here. */
export function planRandom({ seed }: Pick<Spec, 'seed'>): Random {
  return createRandom(`netsplit ${seed}`)
}

/** A node by its name. */
interface Named {
  readonly name: string
  readonly group: string
}

export interface PlacedNode extends Named {
  readonly region?: string
  readonly host?: string
}

/** In the order of the groups. */
export function namedNodes({ nodes }: Pick<Spec, 'nodes'>): Named[] {
  return Object.entries(nodes).flatMap(([group, { count }]) =>
    Array.from({ length: count }, (_, i) => ({ name: `${group}-${i + 1}`, group })),
  )
}

export function nodeNames(spec: Pick<Spec, 'nodes'>): string[] {
  return namedNodes(spec).map(node => node.name)
}

/** Of a spec whose regions and hosts are in order. */
export function placedNodes(spec: Spec): PlacedNode[] {
  const { regions } = tableOf(spec, nodeNames(spec))
  const places = regionsOf(spec, regions, planRandom(spec).fork('regions'))
  const hosts = hostsOf(spec)
  return namedNodes(spec).map((node, i) => {
    const [region, host] = [places[i], hosts[i]]
    return { ...node, ...(region !== undefined && { region }), ...(host !== undefined && { host }) }
  })
}

/** The region of each node: that of its group, or drawn. */
function regionsOf(
  spec: Spec,
  regions: RegionTable | undefined,
  random: Random,
): readonly (string | undefined)[] {
  const asked = Object.values(spec.nodes).flatMap(({ count, region }) =>
    Array<string | undefined>(count).fill(region),
  )
  if (!regions) return asked
  const drawn = drawRegions(regions, asked.filter(region => region === undefined).length, random)
  return asked.map(region => region ?? drawn.pop())
}

/** The host of each node; none where there are none. */
export function hostsOf(spec: Pick<Spec, 'hosts' | 'nodes'>): readonly string[] {
  const hosts = sharedHosts(spec)
  if (hosts.length === 0) return []
  const pins = planPins(spec)
  const groups = Object.entries(spec.nodes).map(([group, { count }]) => {
    const pinned = pins[group]
    return { count, on: pinned ? hosts.filter(({ name }) => pinned.includes(name)) : hosts }
  })
  return placeGroups(groups).flat()
}
