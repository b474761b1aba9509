// `netsplit time`: stops simulated time, lets it go on, or moves it by events or blocks.

import { EXIT } from '../errors.ts'
import type { CommandModule } from './command.ts'
import { openNetwork } from './orders.ts'
import { print } from './say.ts'
import { readTime } from './time-words.ts'

export const run: CommandModule['run'] = async ([asked, count], options) => {
  const order = readTime(asked, count)
  const testnet = await openNetwork(options)
  try {
    await testnet.steer(order)
    const {
      startedMs,
      nowMs,
      systems: {
        ledger: { height, tips },
      },
    } = testnet.state()
    const seconds = (nowMs - startedMs) / 1000
    const { network } = testnet.plan
    print(options, { network, ...order, seconds, height, tips }, () => [
      `${seconds.toFixed(3)} s: height ${height}, ${tips === 1 ? 'one tip' : `${tips} tips`}${order.time === 'go' ? '' : '; time stands, netsplit time go lets it go on'}`,
    ])
    return EXIT.ok
  } finally {
    testnet.close()
  }
}
