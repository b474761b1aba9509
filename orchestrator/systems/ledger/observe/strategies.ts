// What strategies tell of themselves, counted by their words; and of double spends, how many the theory lets succeed.

import type { NodeEvent } from '../../../../node/api.ts'
import { doubleSpendChance } from '../../../research/formulas.ts'
import type { Plan } from '../../../spec/types.ts'
import type { StrategyTally } from '../state.ts'

type Told = Extract<NodeEvent, { type: 'strategy' }>

/** Never writes into `before`. */
export function tallied(
  before: readonly StrategyTally[],
  plan: Plan,
  node: string,
  { strategy, word, facts }: Told,
): readonly StrategyTally[] {
  const at = before.findIndex(each => each.node === node && each.strategy === strategy)
  const known = before[at] ?? begun(plan, node, strategy)
  const next: StrategyTally = {
    ...known,
    words: { ...known.words, [word]: (known.words[word] ?? 0) + 1 },
    ...(word === 'failed' && { failed: String(facts.why) }),
  }
  return at < 0 ? [...before, next] : before.with(at, next)
}

/** What a double spender tells of is known, and what it has not told yet is none so far. */
const ATTEMPTS = { tried: 0, succeeded: 0, 'gave-up': 0 }

function begun(plan: Plan, node: string, strategy: string): StrategyTally {
  const chance = chanceOf(plan, node)
  return { node, strategy, words: chance.chance === undefined ? {} : ATTEMPTS, ...chance }
}

/** Against all who mine honestly: branches of other adversaries are as secret as its own. */
function chanceOf({ nodes }: Plan, name: string): Pick<StrategyTally, 'chance'> {
  const own = nodes.find(node => node.name === name)
  if (own?.strategy?.name !== 'double-spend') return {}
  const honest = nodes.reduce((sum, { mining, strategy }) => sum + (strategy ? 0 : mining.hashRateHps), 0)
  const { confirmations, giveUp } = own.strategy
  const q = own.mining.hashRateHps / (own.mining.hashRateHps + honest)
  // Given up when the branch is so much shorter: it has a block more than was found since the payment.
  return { chance: doubleSpendChance(q, confirmations, giveUp + 1) }
}
