// `netsplit time`: stops simulated time, lets it go on, or moves it by events or blocks.

import type { TimeOrder } from '../api.ts'
import { EXIT, UserError } from '../errors.ts'
import type { CommandModule } from '../main.ts'
import { openNetwork } from './orders.ts'
import { print } from './say.ts'

const ORDERS = ['pause', 'go', 'step', 'block'] as const

export const run: CommandModule['run'] = async ([asked, count = '1'], options) => {
  const time = ORDERS.find(order => order === asked)
  if (!time || !/^[1-9]\d{0,8}$/.test(count))
    throw new UserError(
      EXIT.usage,
      `netsplit time ${asked} ${count}`,
      `orders: ${ORDERS.join(', ')}; step and block take a count`,
    )
  const testnet = await openNetwork(options)
  try {
    const order: TimeOrder = { time, count: Number(count) }
    await testnet.steer(order)
    const { startedMs, nowMs, height, tips } = testnet.state()
    const seconds = (nowMs - startedMs) / 1000
    const { network } = testnet.plan
    print(options, { network, ...order, seconds, height, tips }, () => [
      `${seconds.toFixed(3)} s: height ${height}, ${tips === 1 ? 'one tip' : `${tips} tips`}${time === 'go' ? '' : '; time stands, netsplit time go lets it go on'}`,
    ])
    return EXIT.ok
  } finally {
    testnet.close()
  }
}
