// The checks of a ledger.

import type { Check } from '../../../checks/check.ts'
import { clientsAgree } from './agree/agree.ts'
import { converges, oneTip, reorganises, staysOne } from './agreement.ts'
import { chain, noDoubleSpend, supply } from './chain.ts'
import { chainSplits } from './chain-splits.ts'
import { deployments, rulesKept } from './deployments.ts'
import { doubleSpend } from './double-spend.ts'
import { doubleSpends } from './double-spends.ts'
import { nothingLost, restartsKeepBlocks } from './keeping.ts'
import { txConfirmsWithin } from './payments.ts'
import { blockIntervals, hashShare, propagation, staleRate } from './performance.ts'
import { heightAdvances, sidesAdvance } from './progress.ts'
import { sharesChain } from './trunk.ts'
import { mostWork } from './work.ts'

export const checks: readonly Check[] = [
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
  doubleSpends,
  deployments,
  rulesKept,
  chainSplits,
  reorganises,
  propagation,
  staleRate,
  hashShare,
  blockIntervals,
  clientsAgree,
]
