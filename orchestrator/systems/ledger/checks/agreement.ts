// Do the nodes agree, and how soon after the faults: asked of the nodes themselves, all at once.

import { Asking, CannotAnswer } from '../../../checks/asking.ts'
import { type Check, type Ground, poll, setting, some, startOf, type Verdict } from '../../../checks/check.ts'
import { waitUntil } from '../../../checks/wait.ts'
import { plural, shortHash } from '../../../format.ts'
import { areMixed, programWords } from '../../../observe/program-words.ts'
import type { PlannedCheck } from '../../../spec/types.ts'
import { refusalText } from '../words.ts'
import { ledgerCount, ledgerNodes } from './nodes.ts'

export const oneTip: Check = {
  name: 'one-tip',
  describe: 'all nodes run and stand on one tip',
  run: (ground, wish) => poll(ground, wish, () => agreement(ground)),
}

export const converges: Check = {
  name: 'converges',
  describe: 'the nodes agree soon after the last fault has ended',
  run: async (ground, wish) => {
    const startMs = await startOf(ground, wish)
    const verdict = await poll(ground, wish, () => agreement(ground))
    const tookMs = ground.nowMs() - (startMs ?? 0)
    return {
      ...verdict,
      asked: `one tip within ${wish.within.ms / 1000} s`,
      measured: verdict.passed ? `after ${(tookMs / 1000).toFixed(1)} s` : verdict.measured,
    }
  },
}

/** The forks that there were, by the network's own account. */
export const staysOne: Check = {
  name: 'stays-one',
  describe: 'no reorganisation deeper than this from beginning to end',
  run: async (ground, wish) => {
    const most = setting(wish, 'depth')
    const deepest = () => ground.state().systems.ledger.totals.reorgMaxDepth
    // The branches that a cut has made are left after it: who looks in the moment of the heal sees none left.
    const settled = () => ground.state().systems.ledger.converged
    await waitUntil(ground, wish, () => settled() || deepest() > most)
    const reorgMaxDepth = deepest()
    return {
      passed: reorgMaxDepth <= most,
      asked: `reorganisations at most ${most} deep`,
      measured: `${reorgMaxDepth} deep`,
    }
  },
}

/** The other way round: what is to be shown is that deep branches are left. */
export const reorganises: Check = {
  name: 'reorganises',
  describe: 'some node leaves a branch at least so deep',
  run: (ground, wish) =>
    poll(ground, wish, async () => {
      const least = setting(wish, 'depth')
      const { reorgMaxDepth } = ground.state().systems.ledger.totals
      return {
        passed: reorgMaxDepth >= least,
        asked: `a reorganisation at least ${least} deep`,
        measured: `${reorgMaxDepth} deep`,
      }
    }),
}

/**
 * Resolves when the running nodes stand on one tip, or when the check's time is over: what is looked at in the very moment
 * of the heal tells nothing of how the forks come to be resolved.
 */
export function settle(ground: Ground, wish: PlannedCheck): Promise<void> {
  return waitUntil(ground, wish, async () => {
    const tips = new Set((await tipsOf(new Asking(ground))).values())
    return tips.size === 1 && !tips.has(undefined)
  })
}

/** Node → its tip, by its own words; of a program that cannot be asked by those of its spy. Undefined: it gives no answer. */
async function tipsOf(asking: Asking): Promise<ReadonlyMap<string, string | undefined>> {
  const { ground } = asking
  const nodes = ledgerNodes(ground)
  const tips = await Promise.all(
    nodes.map(node =>
      ground
        .rpc(node, 'getbestblockhash', [])
        .then(String, error => (error instanceof CannotAnswer ? spiedTip(ground, node) : undefined)),
    ),
  )
  return new Map(nodes.map((node, i) => [node, tips[i]]))
}

function spiedTip(ground: Ground, node: string): string | undefined {
  return ground.state().nodes.find(({ name }) => name === node)?.systems.ledger.tip
}

async function agreement(ground: Ground): Promise<Verdict> {
  const asking = new Asking(ground)
  const tips = await tipsOf(asking)
  const all = ledgerCount(ground)
  const distinct = new Set(tips.values())
  // Their peers may be on that chain, and need not be nodes of this network's: one tip of those that refuse it is no agreement.
  const { nodes, systems } = ground.state()
  const { refusing } = systems.ledger
  const agree = distinct.size === 1 && !distinct.has(undefined) && refusing === 0
  const run = `${tips.size} of ${plural(all, 'node')} run, on ${plural(distinct.size, 'tip')}`
  const message = areMixed(nodes) && !agree ? parties(ground, tips) : ''
  return {
    passed: tips.size === all && agree,
    asked: `${all} of ${plural(all, 'node')} on one tip`,
    measured: refusing > 0 ? `${run}; ${refusalText(refusing)}` : run,
    ...(message && { message }),
    ...(asking.words.length > 0 && {
      notAsked: asking.words.map(words => `${words}, so its tip is as its spy saw it`),
    }),
  }
}

/** Who stands where, with whose program: consensus bugs between implementations are what a mixed network is for. */
function parties(ground: Ground, tips: ReadonlyMap<string, string | undefined>): string {
  const { nodes } = ground.state()
  const byTip = new Map<string, string[]>()
  for (const node of nodes) {
    if (!tips.has(node.name)) continue
    const { height } = node.systems.ledger
    const tip = tips.get(node.name)
    const place = tip === undefined ? 'no answer' : `height ${height} ${shortHash(tip)}`
    byTip.set(place, [...(byTip.get(place) ?? []), `${node.name} (${programWords(node)})`])
  }
  const refused = nodes.flatMap(({ name, client, systems: { ledger } }) =>
    ledger.refused
      ? `${name} ${client === undefined ? 'refuses' : 'follows what its spy refuses:'} height ${ledger.refused.height} ${shortHash(ledger.refused.tip)}`
      : [],
  )
  return some([...[...byTip].map(([place, names]) => `${names.join(', ')} on ${place}`), ...refused], 6)
}
