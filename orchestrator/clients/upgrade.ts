// A node that is to be another program from its next life on: with the same data, so it can only be another of the same client.

import { EXIT, UserError } from '../errors.ts'
import type { PlannedNode, RuntimeName } from '../spec/types.ts'
import { planClient } from './all.ts'
import { IN_VIRTUAL_TIME, type ProgramSaid } from './program-said.ts'

/** Throws UserError (exit 4) for a node that cannot become that. */
export function upgraded(node: PlannedNode, to: ProgramSaid, runtime: RuntimeName): PlannedNode {
  const why = whyNot(node, to, runtime)
  if (why !== undefined) throw new UserError(EXIT.environment, `${node.name}: ${why}`)
  const { client } = node
  if (!client?.said) {
    const { version, ...same } = node
    return {
      ...same,
      ...(to.program !== undefined && { program: to.program }),
      ...(to.image !== undefined && { image: to.image }),
      ...(to.version !== undefined && { version: to.version }),
    }
  }
  const { version, ...said } = client.said
  const given = Object.fromEntries(Object.entries(to).filter(([, value]) => value !== undefined))
  const other = planClient(client.name, { ...said, ...given })
  if (!other) throw new Error(`there is no client ${client.name}`)
  return { ...node, client: other }
}

function whyNot({ client }: PlannedNode, to: ProgramSaid, runtime: RuntimeName): string | undefined {
  if (runtime === 'sim') return IN_VIRTUAL_TIME
  if (client && !client.said) return 'it was started by hand: whoever did can start another in its place'
  if (runtime === 'process' && to.image !== undefined)
    return 'images are for containers: use --runtime docker, or say program in its place'
  if (runtime === 'docker' && !client && to.program !== undefined)
    return 'its container has the program of its image: say image'
  if (!client && to.args !== undefined) return 'our own node takes no arguments: say program or image'
  return undefined
}
