// Where nodes stand in the picture of the network: on a ring in the network's order, each side of a partition an arc of
// its own with a gap between; many nodes on several rings. The same nodes always stand the same way. Pure.

export interface Place {
  readonly x: number
  readonly y: number
  /** Direction from the centre, radians; 0 to the right, growing clockwise. */
  readonly angle: number
}

export interface Arc {
  readonly side: number
  readonly from: number
  readonly to: number
}

export interface Ring {
  readonly places: ReadonlyMap<string, Place>
  /** One a side, where there are sides. */
  readonly arcs: readonly Arc[]
}

interface Standing {
  readonly name: string
  readonly side: number | undefined
}

const GAP = 0.5
const MOST_ON_A_RING = 40
const TOP = -Math.PI / 2

export function ringOf(
  nodes: readonly Standing[],
  center: { readonly x: number; readonly y: number },
  radius: number,
): Ring {
  const sides = [...new Set(nodes.map(node => node.side))]
    .filter(side => side !== undefined)
    .sort((a, b) => a - b)
  const ordered = sides.length > 1 ? [...nodes].sort((a, b) => (a.side ?? 0) - (b.side ?? 0)) : nodes
  const gap = sides.length > 1 ? Math.min(GAP, Math.PI / sides.length) : 0
  const step = (2 * Math.PI - gap * sides.length * Number(sides.length > 1)) / Math.max(1, nodes.length)
  const rings = Math.min(4, Math.ceil(nodes.length / MOST_ON_A_RING))
  const places = new Map<string, Place>()
  const arcs: { side: number; from: number; to: number }[] = []
  let angle = TOP + (sides.length > 1 ? gap / 2 : -step / 2)
  ordered.forEach(({ name, side }, i) => {
    if (sides.length > 1 && side !== arcs.at(-1)?.side) {
      if (i > 0) angle += gap
      arcs.push({ side: side ?? 0, from: angle, to: angle })
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

/** `A`, `B`, … */
export function sideName(side: number): string {
  return String.fromCharCode(65 + (side % 26))
}
