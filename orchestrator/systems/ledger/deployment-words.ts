// Deployments in words: how one stands, and which rule parts the nodes where one does. Pure.

import { formatShare, plural } from '../../format.ts'
import type { NodeState } from '../../observe/state.ts'
import type { BlockState, DeploymentTally, LedgerState } from './state.ts'

/** `started: 7 of 15 signal in this period, by 80 % of the hash power`. */
export function deploymentText(tally: DeploymentTally): string {
  const { state, since, count, elapsedBlocks, thresholdBlocks, signalShare, refusedBlocks } = tally
  const signals = `${count} of ${thresholdBlocks} signal after ${plural(elapsedBlocks, 'block')} of this period`
  const power = `${formatShare(signalShare)} of the hash power signals`
  const refused = refusedBlocks > 0 ? `, ${plural(refusedBlocks, 'block')} refused` : ''
  switch (state) {
    case 'defined':
      return 'defined'
    case 'started':
      return `started at height ${since}: ${signals}, ${power}${refused}`
    case 'must_signal':
      return `blocks must signal from height ${since} on: ${signals}, ${power}${refused}`
    case 'locked_in':
      return `locked in at height ${since}${refused}`
    case 'active':
      return `active from height ${since} on${refused}`
    default:
      return `failed at height ${since}`
  }
}

/** A name and its text, a line a deployment. */
export function deploymentFacts(tallies: readonly DeploymentTally[]): readonly (readonly [string, string])[] {
  return tallies.map(tally => [tally.name, deploymentText(tally)])
}

/** What is looked at of a network, or of the page's copy. */
interface Standing {
  readonly nodes: readonly NodeState[]
  readonly systems: { readonly ledger: Pick<LedgerState, 'blocks' | 'deployments'> }
}

export interface RuleSplit {
  /** The deployment whose rule parts them. */
  readonly deployment: string
  /** Running nodes on a chain that breaks it, and the others. */
  readonly without: readonly string[]
  readonly by: readonly string[]
}

/** Running nodes stand on chains that a deployed rule parts: one holds a block that others refuse for it. */
export function ruleSplit({ nodes, systems }: Standing): RuleSplit | undefined {
  const { blocks, deployments } = systems.ledger
  if (!deployments.some(({ refusedBlocks }) => refusedBlocks > 0)) return undefined
  const known = new Map(blocks.map(block => [block.hash, block]))
  const breaks = new Map<string | undefined, string | undefined>()
  const running = nodes.filter(({ phase }) => phase === 'running')
  for (const { systems: of } of running) {
    const { tip } = of.ledger
    if (!breaks.has(tip)) breaks.set(tip, brokenBy(tip, known))
  }
  const brokenAt = ({ systems: of }: (typeof running)[number]) => breaks.get(of.ledger.tip)
  const deployment = running.map(brokenAt).find(name => name !== undefined)
  if (deployment === undefined) return undefined
  const names = (broken: boolean) =>
    running.filter(node => (brokenAt(node) !== undefined) === broken).map(({ name }) => name)
  const split = { deployment, without: names(true), by: names(false) }
  return split.by.length > 0 ? split : undefined
}

/** The deployment whose rule a block on the way down from here breaks. */
function brokenBy(tip: string | undefined, known: ReadonlyMap<string, BlockState>): string | undefined {
  for (let block = known.get(tip ?? ''); block; block = known.get(block.prev))
    if (block.against !== undefined) return block.against
  return undefined
}

/** `two chains: 3 nodes by smaller, 2 without it`. */
export function splitText({ deployment, by, without }: RuleSplit): string {
  return `two chains: ${plural(by.length, 'node')} by ${deployment}, ${without.length} without it`
}
