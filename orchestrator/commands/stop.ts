// `netsplit stop`: stops a node in order; without a name the whole network, which keeps its chain for `netsplit start`.

import { EXIT } from '../errors.ts'
import { summaryLines } from '../tui/status.ts'
import type { ArgsOf, FlagsOf } from './command.ts'
import { giveOrder, openNetwork } from './orders.ts'
import { recordedOr } from './recorded.ts'
import { type NetworkRequest, readNetwork } from './request.ts'
import { print, say } from './say.ts'

export interface StopRequest extends NetworkRequest {
  /** Undefined: the whole network. */
  readonly node: string | undefined
}

export function read([node]: ArgsOf<'stop'>, flags: FlagsOf<'stop'>): StopRequest {
  return { node, ...readNetwork([], flags) }
}

export async function run(request: StopRequest): Promise<number> {
  const { node } = request
  return node === undefined ? await stopAll(request) : await giveOrder('stop', { ...request, node })
}

async function stopAll(request: NetworkRequest): Promise<number> {
  const testnet = await openNetwork(request)
  try {
    const { network } = testnet.plan
    say(`${network} is to stop and keep its chain`)
    const summary = await testnet.halt()
    print(request, summary, () => summaryLines(summary))
    say(`netsplit start ${network} brings it up again, netsplit down ${network} removes it`)
    return recordedOr(EXIT.ok, [summary])
  } finally {
    testnet.close()
  }
}
