// What of a node's machine cannot be changed where the node is other people's program: it reads the time and writes to its disk by
// itself. A process's limits would be those of what runs beside it; a container has its own.

import type { NodeConditions } from '../chaos/faults.ts'
import { EXIT, UserError } from '../errors.ts'
import type { PlannedNode } from '../spec/types.ts'
import { launchOf } from './client.ts'

/** Throws UserError (exit 4). */
export function refuseForeign({ name, client }: PlannedNode, conditions: NodeConditions): void {
  if (!client) return
  const { clockSkewMs, diskFull, cpus, memoryBytes } = conditions
  const limited = cpus !== undefined || memoryBytes !== undefined
  const what = [
    ...(clockSkewMs !== 0 ? ['clock'] : []),
    ...(diskFull ? ['disk'] : []),
    ...(limited && launchOf(client)?.image === undefined ? ['processor and memory'] : []),
  ]
  if (what.length === 0) return
  throw new UserError(
    EXIT.environment,
    `${name} is ${client.name}: its ${what.join(', its ')} cannot be changed from here`,
    'name nodes of ours; partitions, links, lines, kill, stop and pause work on all',
  )
}
