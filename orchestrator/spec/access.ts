// Whose line to the network is how wide: a node's own, its group's, its region's, or everybody's, each direction by itself. Pure.

import type { AccessLine } from '../../node/api.ts'
import { own } from '../own.ts'
import type { RegionTable } from './regions.ts'

/** A line that limits nothing. */
export const OPEN_LINE: AccessLine = { upBps: 0, downBps: 0 }

/** Bits per second of the directions that are limited here. */
export type PartialAccess = Partial<AccessLine>

/** What a spec says of lines; those of regions stand with the regions. */
export interface AccessRules {
  readonly all?: PartialAccess
  readonly groups?: { readonly [group: string]: PartialAccess }
  readonly nodes?: { readonly [node: string]: PartialAccess }
}

interface Written {
  readonly up?: number | undefined
  readonly down?: number | undefined
}

/** Of a spec. */
interface WrittenRules {
  readonly links: {
    readonly access?: Written | undefined
    readonly lines?: { readonly [node: string]: Written } | undefined
  }
  readonly nodes: { readonly [group: string]: { readonly access?: Written | undefined } }
}

/** Undefined: no line is limited but by regions. */
export function accessRules({ links, nodes }: WrittenRules): AccessRules | undefined {
  const groups = Object.entries(nodes).flatMap(([name, { access }]) =>
    access ? [[name, partial(access)] as const] : [],
  )
  const single = Object.entries(links.lines ?? {}).map(([name, line]) => [name, partial(line)] as const)
  if (!links.access && groups.length + single.length === 0) return undefined
  return {
    ...(links.access && { all: partial(links.access) }),
    ...(groups.length > 0 && { groups: Object.fromEntries(groups) }),
    ...(single.length > 0 && { nodes: Object.fromEntries(single) }),
  }
}

/** A node's line; undefined: it limits nothing. */
export function accessOf(
  { name, group, region }: { readonly name: string; readonly group: string; readonly region?: string },
  rules: AccessRules = {},
  regions: RegionTable = {},
): AccessLine | undefined {
  const at = region === undefined ? undefined : own(regions, region)
  const place: PartialAccess = at
    ? { ...(at.upBps > 0 && { upBps: at.upBps }), ...(at.downBps > 0 && { downBps: at.downBps }) }
    : {}
  const line: AccessLine = {
    ...OPEN_LINE,
    ...rules.all,
    ...place,
    ...own(rules.groups ?? {}, group),
    ...own(rules.nodes ?? {}, name),
  }
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

function partial({ up, down }: Written): PartialAccess {
  return { ...(up !== undefined && { upBps: up }), ...(down !== undefined && { downBps: down }) }
}
