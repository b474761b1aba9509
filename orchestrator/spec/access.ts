// Whose line to the network is how wide: a node's own, its group's, its region's, or everybody's, each direction by itself. Of a
// distribution each node draws once a direction, by the seed and its name, so that it does not matter which others there are. Pure.

import type { AccessLine } from '../../node/api.ts'
import { own } from '../own.ts'
import { type Distribution, drawFrom, type WrittenDistribution } from './distribution.ts'
import { createRandom } from './random.ts'
import type { RegionTable } from './regions.ts'

/** A line that limits nothing. */
export const OPEN_LINE: AccessLine = { upBps: 0, downBps: 0 }

/** Bits per second of the directions that are limited here, or what these are drawn from. */
export type PartialAccess = { readonly [Direction in keyof AccessLine]?: number | Distribution }

/** What a spec says of lines; those of regions stand with the regions. */
export interface AccessRules {
  readonly all?: PartialAccess
  readonly groups?: { readonly [group: string]: PartialAccess }
  readonly nodes?: { readonly [node: string]: PartialAccess }
}

/** The part of a plan that says it. */
export interface AccessPlan {
  readonly seed: number
  readonly access?: AccessRules | undefined
  readonly regions?: RegionTable | undefined
}

/** A node's line; undefined: it limits nothing. */
export function accessOf(
  { name, group, region }: { readonly name: string; readonly group: string; readonly region?: string },
  { seed, access: rules = {}, regions = {} }: AccessPlan,
): AccessLine | undefined {
  const at = region === undefined ? undefined : own(regions, region)
  const place: PartialAccess = at
    ? { ...(at.upBps > 0 && { upBps: at.upBps }), ...(at.downBps > 0 && { downBps: at.downBps }) }
    : {}
  const said = {
    ...OPEN_LINE,
    ...rules.all,
    ...place,
    ...own(rules.groups ?? {}, group),
    ...own(rules.nodes ?? {}, name),
  }
  const bps = (what: string, width: number | Distribution) =>
    typeof width === 'number'
      ? width
      : Math.round(drawFrom(width, createRandom(`netsplit ${seed} ${what} ${name}`)))
  const line = { upBps: bps('up', said.upBps), downBps: bps('down', said.downBps) }
  return line.upBps > 0 || line.downBps > 0 ? line : undefined
}

/** What is left of a line where something makes it thinner. */
export function thinner(line: AccessLine, { upBps, downBps }: NoMore): AccessLine {
  return { upBps: least(line.upBps, upBps), downBps: least(line.downBps, downBps) }
}

interface NoMore {
  readonly upBps?: number | undefined
  readonly downBps?: number | undefined
}

function least(plannedBps: number, bps: number | undefined): number {
  if (bps === undefined) return plannedBps
  return plannedBps > 0 ? Math.min(plannedBps, bps) : bps
}

/** A line as a spec says it. */
export interface WrittenLine {
  readonly up?: number | WrittenDistribution | undefined
  readonly down?: number | WrittenDistribution | undefined
}

interface WrittenLines {
  readonly links: { readonly access?: WrittenLine | undefined }
  readonly nodes: { readonly [group: string]: { readonly access?: WrittenLine | undefined } }
}

export interface DrawnLine {
  readonly path: readonly string[]
  readonly written: WrittenDistribution
}

/** Directions of lines that are drawn, and where the spec says so. */
export function drawnLines({ links, nodes }: WrittenLines): DrawnLine[] {
  const said: readonly (readonly [readonly string[], WrittenLine | undefined])[] = [
    [['links', 'access'], links.access],
    ...Object.entries(nodes).map(([group, { access }]) => [['nodes', group, 'access'], access] as const),
  ]
  return said.flatMap(([path, line]) =>
    (['up', 'down'] as const).flatMap(direction => {
      const written = line?.[direction]
      return typeof written === 'object' ? [{ path: [...path, direction], written }] : []
    }),
  )
}
