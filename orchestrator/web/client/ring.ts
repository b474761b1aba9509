// Where nodes stand in the picture of the network: on a ring in the network's order, each side of a partition, or else each
// host, an arc of its own with a gap between; many nodes on several rings. The same nodes always stand the same way. Pure.

import { byHost } from '../../observe/host-words.ts'

export interface Place {
  readonly x: number
  readonly y: number
  /** Direction from the centre, radians; 0 to the right, growing clockwise. */
  readonly angle: number
}

export interface Arc {
  /** Of the side, or the host. */
  readonly name: string
  readonly is: 'side' | 'host'
  readonly from: number
  readonly to: number
}

export interface Ring {
  readonly places: ReadonlyMap<string, Place>
  /** One a side, where there are sides, or else one a host, where there are hosts. */
  readonly arcs: readonly Arc[]
}

interface Standing {
  readonly name: string
  readonly side: number | undefined
  readonly host?: string | undefined
}

const GAP = 0.5
const MOST_ON_A_RING = 40
const TOP = -Math.PI / 2

export function ringOf(
  nodes: readonly Standing[],
  center: { readonly x: number; readonly y: number },
  radius: number,
): Ring {
  const groups = groupsOf(nodes)
  const ordered = groups.flatMap(group => group.members.map(node => ({ ...node, group })))
  const parted = groups.length > 1
  const gap = parted ? Math.min(GAP, Math.PI / groups.length) : 0
  const step = (2 * Math.PI - gap * groups.length) / Math.max(1, nodes.length)
  const rings = Math.min(4, Math.ceil(nodes.length / MOST_ON_A_RING))
  const places = new Map<string, Place>()
  const arcs: (Arc & { to: number })[] = []
  let angle = TOP + (parted ? gap / 2 : -step / 2)
  ordered.forEach(({ name, group }, i) => {
    if (parted && group.name !== arcs.at(-1)?.name) {
      if (i > 0) angle += gap
      arcs.push({ name: group.name, is: group.is, from: angle, to: angle })
    }
    const at = angle + step / 2
    const r = radius * (1 - 0.2 * (i % rings))
    places.set(name, { x: center.x + r * Math.cos(at), y: center.y + r * Math.sin(at), angle: at })
    angle += step
    const arc = arcs.at(-1)
    if (arc) arc.to = angle
  })
  return { places, arcs }
}

interface Group extends Pick<Arc, 'name' | 'is'> {
  readonly members: readonly Standing[]
}

/** Those on no side are with the first. */
function groupsOf(nodes: readonly Standing[]): Group[] {
  const places = (of: (node: Standing) => string | number | undefined) =>
    [...new Set(nodes.map(of))].filter(place => place !== undefined)
  const sides = places(({ side }) => side).sort((a, b) => Number(a) - Number(b))
  const hosts = places(({ host }) => host)
  if (sides.length > 1)
    return sides.map(place => ({
      name: sideName(Number(place)),
      is: 'side',
      members: byHost(nodes.filter(({ side = sides[0] }) => side === place)),
    }))
  if (hosts.length > 1)
    return hosts.map(place => ({
      name: String(place),
      is: 'host',
      members: nodes.filter(({ host = hosts[0] }) => host === place),
    }))
  return [{ name: '', is: 'side', members: nodes }]
}

/** `A`, `B`, … */
export function sideName(side: number): string {
  return String.fromCharCode(65 + (side % 26))
}
