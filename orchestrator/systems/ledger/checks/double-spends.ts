// As many double spends come off as theory says, as far as chance allows.

import { type Check, poll, setting } from '../../../checks/check.ts'
import { wilson } from '../../../checks/statistics.ts'
import { formatShare, plural } from '../../../format.ts'
import { doubleSpendsOf } from '../strategy-words.ts'

export const doubleSpends: Check = {
  name: 'double-spends',
  describe: "as many double spends succeed as Rosenfeld's formula says, as far as chance allows",
  run: (ground, wish) =>
    poll(ground, wish, async () => {
      const least = setting(wish, 'tried')
      const level = setting(wish, 'level')
      const found = doubleSpendsOf(ground.state().systems.ledger.strategies)
      if (!found || found.tried < least)
        return {
          passed: false,
          asked: `${plural(least, 'double spend')} to judge by`,
          measured: `${found?.tried ?? 0} came to an end`,
        }
      const { tried, succeeded, expected } = found
      const { low, high } = wilson(succeeded, tried, level)
      const share = expected / tried
      return {
        // Waiting mends nothing once there is a verdict.
        final: true,
        passed: low <= share && share <= high,
        asked: `${formatShare(share)} of ${plural(tried, 'double spend')}, within chance at ${formatShare(level)}`,
        measured: `${succeeded}, so ${formatShare(low)} to ${formatShare(high)}`,
      }
    }),
}
