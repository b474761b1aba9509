// What a spec says of lines to the network, and what a plan makes of it.

import {
  type AccessRules,
  type DrawnLine,
  drawnLines,
  type PartialAccess,
  type WrittenLine,
} from './access.ts'
import { distributionProblems, makeDistribution, type WrittenDistribution } from './distribution.ts'
import { fileOf } from './files.ts'
import { BANDWIDTHS } from './link-spec.ts'
import { fileProblem, type Problem } from './problem.ts'
import type { Spec } from './schema.ts'
import { didYouMean } from './suggest.ts'

/** Undefined: no line is limited but by regions. Throws FileProblem. */
export function accessRules(spec: Spec): AccessRules | undefined {
  const { links, nodes } = spec
  const groups = Object.entries(nodes).flatMap(([name, { access }]) =>
    access ? [[name, planned(spec, access)] as const] : [],
  )
  const single = Object.entries(links.lines ?? {}).map(([name, line]) => [name, planned(spec, line)] as const)
  if (!links.access && groups.length + single.length === 0) return undefined
  return {
    ...(links.access && { all: planned(spec, links.access) }),
    ...(groups.length > 0 && { groups: Object.fromEntries(groups) }),
    ...(single.length > 0 && { nodes: Object.fromEntries(single) }),
  }
}

/** Lines of nodes that there are not, distributions that cannot be, and files that are none. */
export function accessProblems(spec: Spec, names: readonly string[]): Problem[] {
  const known = new Set(names)
  const absent = Object.keys(spec.links.lines ?? {})
    .filter(name => !known.has(name))
    .map(name => ({
      path: ['links', 'lines', name],
      message: [`there is no node ${name}`, didYouMean(name, names)].filter(Boolean).join(': '),
    }))
  return [...absent, ...idleProblems(spec), ...drawnLines(spec).flatMap(line => drawnProblems(spec, line))]
}

/** What is said of everybody's line where every region says it of its own nodes: it would be of no effect, and a sweep of it of none. */
function idleProblems({ links: { access, regions } }: Spec): Problem[] {
  if (access === undefined || regions === undefined) return []
  const tables = regions === 2019 ? undefined : Object.values(regions)
  const idle = (['up', 'down'] as const).filter(
    direction =>
      access[direction] !== undefined && (tables?.every(region => region[direction] !== undefined) ?? true),
  )
  return idle.map(direction => ({
    path: ['links', 'access', direction],
    message: 'every region has its own: leave this out, or give the groups that differ an access of theirs',
  }))
}

function drawnProblems(spec: Spec, { path, written }: DrawnLine): Problem[] {
  const wrong = distributionProblems(written, { bare: false })
  if (wrong.length > 0) return wrong.map(problem => ({ ...problem, path: [...path, ...problem.path] }))
  return fileProblem([...path, 'from'], () => width(spec, written))
}

function planned(spec: Spec, { up, down }: WrittenLine): PartialAccess {
  return {
    ...(up !== undefined && { upBps: width(spec, up) }),
    ...(down !== undefined && { downBps: width(spec, down) }),
  }
}

function width(spec: Spec, written: number | WrittenDistribution) {
  if (typeof written === 'number') return written
  const text = written.from === undefined ? undefined : fileOf(spec, written.from)
  return makeDistribution(written, BANDWIDTHS, text)
}
