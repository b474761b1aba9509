// Selfish mining on paper: Eyal and Sirer's state machine over blocks found by chance, without any network. It says how far luck
// alone takes a run of so many blocks from R(α, γ), and so how near to it a network of real nodes has to come.

import { createRandom } from '../../node/core/random.ts'
import { selfishRevenue } from '../../orchestrator/research/formulas.ts'

const RUNS = 600

/** Revenue of a run, less R of the share that was found in it: mean (runs are short, R is bent) and standard deviation. */
export function luckOf(alpha: number, gamma: number, blocks: number): { mean: number; deviation: number } {
  const random = createRandom(`selfish machine ${alpha} ${gamma} ${blocks}`)
  const strays = Array.from({ length: RUNS }, () => {
    const { found, revenue } = selfishRun(alpha, gamma, blocks, () => random.float())
    return revenue - selfishRevenue(found, gamma)
  })
  const mean = strays.reduce((sum, stray) => sum + stray, 0) / RUNS
  const deviation = Math.sqrt(strays.reduce((sum, stray) => sum + (stray - mean) ** 2, 0) / (RUNS - 1))
  return { mean, deviation }
}

function selfishRun(alpha: number, gamma: number, blocks: number, chance: () => number) {
  /** Blocks that are hidden; `race`: two branches of one block each are out. */
  let [lead, race, found, evil, good] = [0, false, 0, 0, 0]
  for (let block = 0; block < blocks; block++) {
    const own = chance() < alpha
    if (own) found++
    if (race) {
      if (own) evil += 2
      else if (chance() < gamma) [evil, good] = [evil + 1, good + 1]
      else good += 2
      ;[lead, race] = [0, false]
    } else if (own) lead++
    else if (lead === 0) good++
    else if (lead === 1) race = true
    else if (lead === 2) [evil, lead] = [evil + 2, 0]
    else [evil, lead] = [evil + 1, lead - 1]
  }
  return { found: found / blocks, revenue: evil / (evil + good) }
}
