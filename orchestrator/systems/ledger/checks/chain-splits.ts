// A contested fork: who enforces a deployment and who does not come to stand on two chains. What is on both was paid twice.

import { Asking } from '../../../checks/asking.ts'
import { type Check, type Ground, poll, setting, type Verdict } from '../../../checks/check.ts'
import { plural } from '../../../format.ts'
import type { PlannedCheck } from '../../../spec/types.ts'
import { isEnforcing, type PlannedDeployment } from '../deployments.ts'
import { nothing } from './deployments.ts'
import { ledgerNodes } from './nodes.ts'
import { RawBlocks } from './raw-blocks.ts'
import { readTransactions } from './raw-chain.ts'
import { firstBreach } from './raw-deployments.ts'

export const chainSplits: Check = {
  name: 'chain-splits',
  describe: 'two chains, the one by the rule and the other against it, each so long, with payments on both',
  run: (whole, wish) => {
    const asking = new Asking(whole)
    const { ground } = asking
    const blocks = new RawBlocks(ground)
    return poll(ground, wish, async () => {
      asking.begin()
      const running = await asking.able(ledgerNodes(ground), 'getbestblockhash')
      return asking.verdict(await parting(ground, running, blocks, wish), running.length)
    })
  },
}

async function parting(
  ground: Ground,
  running: readonly string[],
  blocks: RawBlocks,
  wish: PlannedCheck,
): Promise<Verdict> {
  const least = (name: string) => setting(wish, name)
  const [depth, payments, replayed] = [least('depth'), least('payments'), least('replayed')]
  const asked = `two chains, each at least ${plural(depth, 'block')} long, ${plural(payments, 'payment')} on each, ${replayed} on both`
  const { versionBits } = ground.plan
  const [deployment] = versionBits?.deployments ?? []
  if (!versionBits || !deployment) return nothing(asked)
  const [by, without] = await Promise.all(
    sidesOf(ground, running, deployment).map(side => chainOf(ground, blocks, side)),
  )
  if (!by || !without)
    return {
      passed: false,
      asked,
      measured: 'no two chains',
      message: 'a side does not agree on a tip of its own',
    }
  const fork = by.findIndex(
    (block, height) => !without[height]?.subarray(0, 80).equals(block.subarray(0, 80)),
  )
  if (fork < 0 || fork >= without.length)
    return {
      passed: false,
      asked,
      measured: 'one chain',
      message: 'the one side stands on the chain of the other',
    }
  const paid = [paidOn(by, fork), paidOn(without, fork)] as const
  const both = [...paid[0]].filter(txid => paid[1].has(txid)).length
  const lengths = [by.length - fork, without.length - fork] as const
  const breach = firstBreach(without, deployment, versionBits)
  const kept = firstBreach(by, deployment, versionBits) === undefined
  return {
    passed:
      kept &&
      breach !== undefined &&
      lengths.every(length => length >= depth) &&
      paid.every(({ size }) => size >= payments) &&
      both >= replayed,
    asked,
    measured: `from height ${fork} on ${plural(lengths[0], 'block')} by ${deployment.name} and ${lengths[1]} without it; ${plural(both, 'payment')} on both, ${paid[0].size - both} and ${paid[1].size - both} on one alone`,
    ...(!breach && { message: `the chain of the others breaks nothing of ${deployment.name}` }),
    ...(!kept && { message: `the chain by ${deployment.name} breaks it` }),
  }
}

/** Those who enforce it, and the others. */
function sidesOf(
  ground: Ground,
  running: readonly string[],
  deployment: PlannedDeployment,
): readonly (readonly string[])[] {
  const groups = new Map(ground.state().nodes.map(({ name, group }) => [name, group]))
  const enforces = (name: string) => isEnforcing(deployment, groups.get(name) ?? '')
  return [running.filter(enforces), running.filter(name => !enforces(name))]
}

/** The chain that all of these stand on; undefined where they differ, or there is none of them. */
async function chainOf(
  ground: Ground,
  blocks: RawBlocks,
  nodes: readonly string[],
): Promise<readonly Buffer[] | undefined> {
  const tips = await Promise.all(nodes.map(node => ground.rpc(node, 'getbestblockhash', [])))
  const [first] = nodes
  return first !== undefined && new Set(tips).size === 1
    ? await blocks.chainOf(first, String(tips[0]))
    : undefined
}

/** Payments in the blocks from a height on. */
function paidOn(chain: readonly Buffer[], from: number): ReadonlySet<string> {
  return new Set(
    chain
      .slice(from)
      .flatMap((block, i) => readTransactions(block, from + i).slice(1))
      .map(({ txid }) => txid),
  )
}
