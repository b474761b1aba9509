// How deployments stand in the network, by what the nodes say that enforce them; and who signals, by what the plan asks of the miners.

import type { NodeEvent } from '../../../../node/api.ts'
import type { Folded } from '../../../observe/folded.ts'
import type { Draft } from '../../../observe/fresh.ts'
import type { NodeState } from '../../../observe/state.ts'
import type { Plan } from '../../../spec/types.ts'
import { isEnforcing, isSignalling, type PlannedDeployment, ruleText } from '../deployments.ts'
import type { DeploymentTally, LedgerNode } from '../state.ts'

/** Deployment → how many blocks nodes refused for its rule. */
export type Refusals = { readonly [deployment: string]: number }

/** A node tells that one moved; its samples bring the rest. */
export function moved(node: Draft<LedgerNode>, event: Extract<NodeEvent, { type: 'deployment' }>): void {
  const { name, state, since } = event
  const before = node.deployments ?? []
  const known = before.find(one => one.name === name) ?? { name, count: 0, elapsedBlocks: 0 }
  node.deployments = [...before.filter(one => one !== known), { ...known, state, since }]
}

/** Of the plan's deployments, in its order. */
export function talliesOf(
  { versionBits }: Plan,
  { nodes }: Pick<Folded, 'nodes'>,
  refusals: Refusals,
): readonly DeploymentTally[] {
  if (!versionBits) return []
  const { periodBlocks, thresholdBlocks, deployments } = versionBits
  return deployments.map(planned => {
    const { name, bit, rule } = planned
    const { state, since, count, elapsedBlocks } = standingOf(planned, nodes)
    return {
      ...{ name, bit, rule: ruleText(rule), state, since },
      ...{ count, elapsedBlocks, periodBlocks, thresholdBlocks },
      signalShare: signalShare(planned, nodes),
      refusedBlocks: refusals[name] ?? 0,
    }
  })
}

const NOT_YET = { state: 'defined', since: 0, count: 0, elapsedBlocks: 0 } as const

/** The highest node's of those that enforce it: the others may be behind. */
function standingOf(planned: PlannedDeployment, nodes: readonly NodeState[]) {
  const [highest] = nodes
    .filter(({ group, phase }) => phase === 'running' && isEnforcing(planned, group))
    .map(({ systems }) => systems.ledger)
    .sort((a, b) => b.height - a.height)
  return highest?.deployments?.find(({ name }) => name === planned.name) ?? NOT_YET
}

/** Of the hash power of the miners that run. */
function signalShare(planned: PlannedDeployment, nodes: readonly NodeState[]): number {
  let [signalled, all] = [0, 0]
  for (const { group, phase, systems } of nodes) {
    if (phase !== 'running') continue
    all += systems.ledger.askedHps
    if (isSignalling(planned, group)) signalled += systems.ledger.askedHps
  }
  return all === 0 ? 0 : signalled / all
}
