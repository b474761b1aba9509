// The nodes that these checks are about: those with a ledger. Others of the network have no blocks to show.

import { type Ground, runningNodes } from '../../../checks/check.ts'

/** Names of those that run now. */
export function ledgerNodes(ground: Ground): string[] {
  const without = new Set(withoutLedger(ground))
  return runningNodes(ground).filter(name => !without.has(name))
}

/** How many there are, running or not. */
export function ledgerCount(ground: Ground): number {
  return ground.state().nodes.length - withoutLedger(ground).length
}

function withoutLedger(ground: Ground): string[] {
  return ground.state().nodes.flatMap(({ name, systems }) => (systems.ledger.absent ? [name] : []))
}
