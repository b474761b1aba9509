// Every check by name, as specs call them.

import { converges, oneTip, staysOne } from './agreement.ts'
import { chain, supply } from './chain.ts'
import type { Check } from './check.ts'
import { nothingLost, restartsKeepBlocks } from './keeping.ts'
import { heightAdvances, sidesAdvance } from './progress.ts'
import { provoked } from './provoked.ts'

const CHECKS: readonly Check[] = [
  oneTip,
  converges,
  chain,
  supply,
  nothingLost,
  restartsKeepBlocks,
  heightAdvances,
  sidesAdvance,
  staysOne,
  provoked,
]

export function findCheck(name: string): Check {
  const check = CHECKS.find(each => each.name === name)
  if (!check) throw new Error(`there is no check ${name}`)
  return check
}
