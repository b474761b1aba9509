// Nothing that was settled before a fault is lost by it: deep blocks stay, and a restarted node resumes where it was.

import { compile } from '../../../chaos/faults.ts'
import { rosterOf } from '../../../chaos/partition.ts'
import { Asking, CannotAnswer, foreignOf } from '../../../checks/asking.ts'
import { type Check, type Ground, poll, setting, some } from '../../../checks/check.ts'
import { plural } from '../../../format.ts'
import type { PlannedStep } from '../../../spec/types.ts'
import { ledgerNodes } from './nodes.ts'

/** A block that counted as settled at some node before a fault. */
interface Settled {
  readonly hash: string
  readonly height: number
}

export const nothingLost: Check = {
  name: 'nothing-lost',
  describe: 'blocks so many confirmations deep before a fault are on every chain after it',
  run: async (whole, wish) => {
    const asking = new Asking(whole)
    const { ground } = asking
    const depth = setting(wish, 'depth')
    const settled = new Map<string, Settled>()
    ground.moments.beforeEach(async () => {
      const nodes = await asking.able(ledgerNodes(ground), 'getblockcount')
      const block = await settledAt(ground, nodes, depth).catch(() => undefined)
      if (block) settled.set(block.hash, block)
    })
    return await poll(ground, wish, async () => {
      asking.begin()
      const nodes = await asking.able(ledgerNodes(ground), 'getblockcount')
      const lost: string[] = []
      for (const node of nodes)
        for (const { hash, height } of settled.values())
          if ((await ground.rpc(node, 'getblockhash', [height]).catch(() => undefined)) !== hash)
            lost.push(`${node} has no block ${height} ${hash}`)
      const verdict = {
        // Nothing to lose is nothing shown.
        passed: settled.size > 0 && nodes.length > 0 && lost.length === 0,
        final: settled.size === 0,
        asked: `${plural(settled.size, 'block')} ${depth} deep before the faults, on ${plural(nodes.length, 'chain')}`,
        measured: `${lost.length} missing`,
        ...(settled.size === 0 && {
          message: `no block was ${depth} deep when the faults began: let them begin later`,
        }),
        ...(lost.length > 0 && { message: some(lost) }),
      }
      return asking.verdict(verdict, nodes.length)
    })
  },
}

export const restartsKeepBlocks: Check = {
  name: 'restarts-keep-blocks',
  describe: 'a node that was killed, stopped or restarted resumes at the height it had, or above',
  run: async (whole, wish) => {
    const asking = new Asking(whole)
    const { ground } = asking
    const had = new Map<string, Settled & { readonly lives: number }>()
    const resumed: { node: string; before: Settled; height: number | undefined }[] = []
    ground.moments.beforeEach(async step => {
      const down = takenDown(ground, step, ledgerNodes(ground))
      for (const node of down.filter(node => keeps(asking, node)))
        try {
          had.set(node, {
            ...(await tipOf(ground, node, ORDERLY.includes(step.fault.kind))),
            lives: ground.lives(node),
          })
        } catch (error) {
          if (!(error instanceof CannotAnswer)) throw error
        }
    })
    const watched = ground.steps.filter(({ fault }) => TAKING_DOWN.includes(fault.kind))
    const watch = watched.map(async step => {
      if ((await ground.moments.ended(step.name)) === undefined) return
      for (const node of takenDown(ground, step, [...had.keys()])) {
        const before = had.get(node)
        // Churn takes whom it happens to take.
        if (!before || (DRAWN.includes(step.fault.kind) && ground.lives(node) === before.lives)) continue
        resumed.push({ node, before, height: ground.resumedHeight(node) })
      }
    })
    await Promise.all(watch)
    return await poll(ground, wish, async () => {
      const below = resumed.filter(({ before, height }) => height === undefined || height < before.height)
      const lost: string[] = []
      // Asked now and not when it came up: the next fault may have taken it down again at that very moment.
      for (const { node, before } of resumed)
        if (!(await has(ground, node, before.hash)))
          lost.push(`${node} has no block ${before.height} ${before.hash}`)
      const wrong = [
        ...below.map(({ node, before, height }) => `${node} had ${before.height}, resumed at ${height}`),
        ...lost,
      ]
      const verdict = {
        passed: resumed.length > 0 && wrong.length === 0,
        final: resumed.length === 0 || below.length > 0,
        asked: `${plural(resumed.length, 'restart')}, each to resume where it was`,
        measured: `${Math.max(0, resumed.length - wrong.length)} of ${resumed.length}`,
        ...(resumed.length === 0 && { message: 'no node was restarted' }),
        ...(wrong.length > 0 && { message: some(wrong) }),
      }
      return asking.verdict(verdict, resumed.length)
    })
  },
}

/** A program that has its chain in memory alone begins anew, as it says. */
function keeps(asking: Asking, name: string): boolean {
  const { client } = asking.ground.plan.nodes.find(node => node.name === name) ?? {}
  if (client?.forgets) asking.lacks(name, 'its chain in memory alone')
  return !client?.forgets
}

function has(ground: Ground, node: string, hash: string): Promise<boolean> {
  return ground.rpc(node, 'getblock', [hash, 0]).then(
    () => true,
    () => false,
  )
}

/** Nodes that agreed on nothing for so many blocks had nothing settled. */
const LONGEST_FORK = 50
/** These take whom they happen to take, when they come to it. */
const DRAWN: readonly string[] = ['churn', 'trace']
/** Of those that come, and of those that run when they come: these go down, or may. */
const TAKING_DOWN: readonly string[] = [
  'kill',
  'stop',
  'restart',
  'rolling-restart',
  'upgrade',
  'host-down',
  'churn',
  'disk-full',
  'trace',
]

/** Of `nodes`, those that the step takes down. */
function takenDown({ plan }: Ground, { fault }: PlannedStep, nodes: readonly string[]): string[] {
  const effect = TAKING_DOWN.includes(fault.kind) ? compile(fault, rosterOf(plan.nodes)) : undefined
  return effect && 'nodes' in effect ? nodes.filter(node => effect.nodes.includes(node)) : []
}

/** The highest block at least so deep on every chain; undefined where they share none: what one side settled alone may be lost. */
async function settledAt(
  ground: Ground,
  nodes: readonly string[],
  depth: number,
): Promise<Settled | undefined> {
  const heights = await Promise.all(nodes.map(node => ground.rpc(node, 'getblockcount', [])))
  const highest = Math.min(...heights.map(Number)) - depth + 1
  if (nodes.length === 0) return undefined
  for (let height = highest; height > Math.max(0, highest - LONGEST_FORK); height--) {
    const hashes = new Set(await Promise.all(nodes.map(node => ground.rpc(node, 'getblockhash', [height]))))
    const [hash] = hashes
    if (hashes.size === 1) return { height, hash: String(hash) }
  }
  return undefined
}

/**
 * What is not written yet kill −9 may take: this tip is on the disk. Rejects with CannotAnswer for another's program that is to be
 * killed and has no way to be asked for that.
 */
async function tipOf(ground: Ground, node: string, orderly: boolean): Promise<Settled> {
  const hash = String(await ground.rpc(node, 'getbestblockhash', []))
  const { height } = (await ground.rpc(node, 'getblockheader', [hash])) as { height: number }
  const foreign = foreignOf(ground, [node]).length > 0
  // Core writes all that it has before it counts its coins; a simulated node writes at once, and has no such method.
  const write = foreign ? 'gettxoutsetinfo' : 'syncwithvalidationinterfacequeue'
  if (!foreign || !orderly)
    await ground.rpc(node, write, []).catch(error => {
      if (error instanceof CannotAnswer) throw error
    })
  return { hash, height }
}

/** These let a program write what it has. */
const ORDERLY: readonly string[] = ['stop', 'restart', 'rolling-restart', 'upgrade']
