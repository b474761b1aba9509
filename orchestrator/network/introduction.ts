// What a node that comes up says of itself: which program it is, where it is another's, and the height that it had kept.

import type { NodeHealth } from '../../node/api.ts'
import { OUR_CLIENT } from '../clients/program-said.ts'
import { isVersion, versionOf } from '../clients/version.ts'
import { RuntimeError } from '../runtime/runtime.ts'
import type { PlannedNode } from '../spec/types.ts'
import { after } from '../timers.ts'
import type { Pace } from './pace.ts'

/** For a program to say what it is: waited for where that decides, and for a moment elsewhere. */
const SAYS_WITHIN_MS = { deciding: 20_000, usual: 1_000 }
const POLL_MS = 30

/**
 * Others' programs say what they are when their spy has shaken hands with them. `ask` rejects when the node has gone. Throws
 * RuntimeError for a program that is to be another.
 */
export async function introduced(
  planned: PlannedNode,
  first: NodeHealth,
  ask: () => Promise<NodeHealth>,
  pace: Pace,
): Promise<NodeHealth> {
  const { client } = planned
  if (!client) {
    if (planned.version !== undefined) checkVersion(planned, first.version, planned.version)
    return first
  }
  const deadlineMs =
    performance.now() + pace.ms(SAYS_WITHIN_MS[client.version === undefined ? 'usual' : 'deciding'])
  let health = first
  while (userAgentOf(health) === undefined && performance.now() < deadlineMs) {
    await new Promise<void>(resolve => after(POLL_MS, resolve))
    health = await ask()
  }
  if (client.version !== undefined) {
    const said = userAgentOf(health)
    checkVersion(planned, said === undefined ? undefined : versionOf(said, client.agent), client.version)
  }
  return health
}

function checkVersion({ name, group, client }: PlannedNode, said: string | undefined, asked: string): void {
  if (said !== undefined && isVersion(said, asked)) return
  throw new RuntimeError(
    'wrong-version',
    `${name} is to be ${client?.name ?? OUR_CLIENT} ${asked}, and says ${said === undefined ? 'nothing of what it is' : `that it is ${said}`}`,
    [],
    `nodes.${group}: let program point at a ${asked}${said === undefined ? '' : `, or version say ${said}`}`,
  )
}

export function userAgentOf({ services }: NodeHealth): string | undefined {
  return services.bitcoin?.program?.userAgent
}

/** Of others' programs what they had themselves, whatever their spy has seen before. */
export function resumedHeight({ services: { bitcoin } }: NodeHealth): number | undefined {
  if (bitcoin?.program) return bitcoin.program.resumedHeight
  return bitcoin?.ledger?.height ?? bitcoin?.light?.height
}
