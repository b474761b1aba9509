// Every check by name, as specs call them.

import { converges, oneTip, reorganises, staysOne } from './agreement.ts'
import { chain, noDoubleSpend, supply } from './chain.ts'
import type { Check } from './check.ts'
import { doubleSpend } from './double-spend.ts'
import { noBlame, noErrorLogs, noLeaks } from './hygiene.ts'
import { nothingLost, restartsKeepBlocks } from './keeping.ts'
import { txConfirmsWithin } from './payments.ts'
import { blockIntervals, hashShare, propagation, staleRate } from './performance.ts'
import { heightAdvances, sidesAdvance } from './progress.ts'
import { provoked } from './provoked.ts'
import { sharesChain } from './trunk.ts'
import { mostWork } from './work.ts'

const CHECKS: readonly Check[] = [
  oneTip,
  converges,
  sharesChain,
  chain,
  supply,
  noDoubleSpend,
  mostWork,
  nothingLost,
  restartsKeepBlocks,
  heightAdvances,
  sidesAdvance,
  staysOne,
  txConfirmsWithin,
  doubleSpend,
  reorganises,
  propagation,
  staleRate,
  hashShare,
  blockIntervals,
  noErrorLogs,
  noBlame,
  noLeaks,
  provoked,
]

export function findCheck(name: string): Check {
  const check = CHECKS.find(each => each.name === name)
  if (!check) throw new Error(`there is no check ${name}`)
  return check
}
