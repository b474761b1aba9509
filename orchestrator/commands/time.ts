// `netsplit time`: stops simulated time, lets it go on, or moves it by events or blocks.

import type { TimeOrder } from '../control/api.ts'
import { EXIT } from '../errors.ts'
import type { ArgsOf, FlagsOf } from './command.ts'
import { openNetwork } from './orders.ts'
import { type NetworkRequest, readNetwork } from './request.ts'
import { print } from './say.ts'
import { readTime } from './time-words.ts'

export interface TimeRequest extends NetworkRequest {
  readonly order: Required<TimeOrder>
}

export function read([asked, count]: ArgsOf<'time'>, flags: FlagsOf<'time'>): TimeRequest {
  return { order: readTime(asked, count), ...readNetwork([], flags) }
}

export async function run(request: TimeRequest): Promise<number> {
  const { order } = request
  const testnet = await openNetwork(request)
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
    print(request, { network, ...order, seconds, height, tips }, () => [
      `${seconds.toFixed(3)} s: height ${height}, ${tips === 1 ? 'one tip' : `${tips} tips`}${order.time === 'go' ? '' : '; time stands, netsplit time go lets it go on'}`,
    ])
    return EXIT.ok
  } finally {
    testnet.close()
  }
}
