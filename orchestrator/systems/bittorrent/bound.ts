// The least time in which a content can come to all who want it, by the lines of the network (Kurose and Ross, Computer Networking,
// 2.5): max(F / u_s, F / d_min, N F / (u_s + Σ u_i)). Pure.

import type { AccessLine } from '../../../node/api.ts'

/** `lines`: by node; absent, or 0 in a direction: it limits nothing. */
export interface BoundOf {
  readonly bytes: number
  /** Who has it first, and gives it. */
  readonly seeds: readonly string[]
  readonly wanting: readonly string[]
  /** They come one after the other: what the last must fetch, others had before it came. The first can have it of the seeds alone. */
  readonly apart: boolean
}

type LineOf = (node: string) => AccessLine | undefined

/** In seconds, from when one is told to get it; undefined: no line limits it. */
export function boundSeconds({ bytes, seeds, wanting, apart }: BoundOf, lineOf: LineOf): number | undefined {
  const up = (node: string) => widthOf(lineOf(node)?.upBps)
  const down = (node: string) => widthOf(lineOf(node)?.downBps)
  const bits = bytes * 8
  const seeded = sum(seeds.map(up))
  const slowest = Math.min(Number.POSITIVE_INFINITY, ...wanting.map(down))
  const together = (wanting.length * bits) / (seeded + sum(wanting.map(up)))
  const most = Math.max(bits / slowest, bits / seeded, apart ? 0 : together)
  return most > 0 && Number.isFinite(most) ? most : undefined
}

const widthOf = (bps: number | undefined) => (bps === undefined || bps === 0 ? Number.POSITIVE_INFINITY : bps)

const sum = (widths: readonly number[]) => widths.reduce((all, width) => all + width, 0)
