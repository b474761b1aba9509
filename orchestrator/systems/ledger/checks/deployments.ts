// Deployments: do they stand with the nodes as the blocks say, and does nobody who enforces one hold what breaks it?

import { type Check, type Ground, poll, setting, some, type Verdict } from '../../../checks/check.ts'
import { plural } from '../../../format.ts'
import { isEnforcing, isSignalling, type PlannedDeployment, type PlannedVersionBits } from '../deployments.ts'
import { ledgerNodes } from './nodes.ts'
import { RawBlocks } from './raw-blocks.ts'
import { firstBreach, rawStates } from './raw-deployments.ts'

export const deployments: Check = {
  name: 'deployments',
  describe: 'deployments are active, and stand as recomputed from raw headers, on every node that knows them',
  run: (ground, wish) => {
    const blocks = new RawBlocks(ground)
    return poll(ground, wish, () => standing(ground, blocks, setting(wish, 'active')))
  },
}

async function standing(ground: Ground, blocks: RawBlocks, least: number): Promise<Verdict> {
  const asked = `${plural(least, 'deployment')} active, all as raw headers say`
  const { versionBits } = ground.plan
  if (!versionBits) return nothing(asked)
  const wrong: string[] = []
  const found = new Map<string, Set<string>>()
  for (const node of nodesWith(ground, versionBits, isTold)) {
    const tip = String(await ground.rpc(node.name, 'getbestblockhash', []))
    const chain = await blocks.chainOf(node.name, tip)
    const said = await toldBy(ground, node.name, tip)
    for (const one of node.known) {
      const states = rawStates(chain, one, versionBits)
      const is = states.at(-1) ?? 'defined'
      const from = is === 'active' ? ` from ${states.indexOf('active')}` : ''
      found.set(one.name, (found.get(one.name) ?? new Set()).add(`${is}${from}`))
      const says = said[one.name]
      if (says !== `${is}${from}`)
        wrong.push(`${node.name} says that ${one.name} is ${says ?? 'unknown'}, its headers say ${is}${from}`)
    }
  }
  const active = [...found.values()].filter(states => [...states].every(text => text.startsWith('active')))
  return {
    passed: wrong.length === 0 && found.size > 0 && active.length >= least,
    // What a node says of a block that it names cannot be late.
    final: wrong.length > 0,
    asked,
    measured: [...found]
      .map(([name, states]) => `${name} ${[...states].join(' or ').replaceAll('_', ' ')}`)
      .join(', '),
    ...(wrong.length > 0 && { message: some(wrong) }),
  }
}

interface Knowing {
  readonly name: string
  readonly known: readonly PlannedDeployment[]
}

/** Running nodes with deployments that `concerns` says of their group, and which. */
function nodesWith(
  ground: Ground,
  { deployments: planned }: PlannedVersionBits,
  concerns: (deployment: PlannedDeployment, group: string) => boolean,
): Knowing[] {
  const groups = new Map(ground.state().nodes.map(({ name, group }) => [name, group]))
  return ledgerNodes(ground).flatMap(name => {
    const known = planned.filter(one => concerns(one, groups.get(name) ?? ''))
    return known.length > 0 ? [{ name, known }] : []
  })
}

/** Who enforces a deployment or signals for it was told of it. */
function isTold(deployment: PlannedDeployment, group: string): boolean {
  return isEnforcing(deployment, group) || isSignalling(deployment, group)
}

/** Deployment → `active from 40`, or its state, after a block. */
async function toldBy(ground: Ground, node: string, hash: string): Promise<Record<string, string>> {
  const info = (await ground.rpc(node, 'getdeploymentinfo', [hash])) as {
    readonly deployments: { readonly [name: string]: Told }
  }
  return Object.fromEntries(
    Object.entries(info.deployments).map(([name, { height, bip8, bip9 }]) => {
      const state = (bip8 ?? bip9)?.status_next ?? 'buried'
      return [name, state === 'active' ? `active from ${height}` : state]
    }),
  )
}

interface Told {
  readonly height?: number
  readonly bip8?: { readonly status_next: string }
  readonly bip9?: { readonly status_next: string }
}

export const rulesKept: Check = {
  name: 'rules-kept',
  describe: 'no node that enforces a deployment holds a block for good that breaks it, and some were refused',
  run: (ground, wish) => {
    const blocks = new RawBlocks(ground)
    return poll(ground, wish, () => keeping(ground, blocks, setting(wish, 'refused')))
  },
}

/** Branches whose blocks the node has found to be good. */
const GOOD: ReadonlySet<string> = new Set(['active', 'valid-fork'])

async function keeping(ground: Ground, blocks: RawBlocks, least: number): Promise<Verdict> {
  const asked = `no breach held for good, ${plural(least, 'block')} refused`
  const { versionBits } = ground.plan
  if (!versionBits) return nothing(asked)
  const wrong: string[] = []
  let looked = 0
  for (const { name, known } of nodesWith(ground, versionBits, isEnforcing)) {
    const tips = (await ground.rpc(name, 'getchaintips', [])) as { hash: string; status: string }[]
    for (const { hash } of tips.filter(({ status }) => GOOD.has(status))) {
      const chain = await blocks.chainOf(name, hash)
      looked += 1
      for (const one of known) {
        const breach = firstBreach(chain, one, versionBits)
        if (breach)
          wrong.push(`${name} holds block ${breach.height} for good, which by ${one.name} ${breach.what}`)
      }
    }
  }
  const refused = ground
    .state()
    .systems.ledger.deployments.reduce((sum, { refusedBlocks }) => sum + refusedBlocks, 0)
  return {
    passed: wrong.length === 0 && looked > 0 && refused >= least,
    final: wrong.length > 0,
    asked,
    measured: `${plural(looked, 'branch', 'branches')} held for good, ${plural(refused, 'block')} refused`,
    ...(wrong.length > 0 && { message: some(wrong) }),
    ...(wrong.length === 0 && refused < least && { message: 'the rules were put to no test' }),
  }
}

export function nothing(asked: string): Verdict {
  return {
    passed: false,
    final: true,
    asked,
    measured: 'no deployment',
    message: 'the spec has no chain.deployments',
  }
}
