// `netsplit stop`: stops a node in order; without a name the whole network, which keeps its chain for `netsplit start`.

import { EXIT } from '../errors.ts'
import { summaryLines } from '../tui/words.ts'
import type { CommandModule, Options } from './command.ts'
import { giveOrder, openNetwork } from './orders.ts'
import { recordedOr } from './recorded.ts'
import { print, say } from './say.ts'

export const run: CommandModule['run'] = (args, options) =>
  args.length > 0 ? giveOrder('stop', args, options) : stopAll(options)

async function stopAll(options: Options): Promise<number> {
  const testnet = await openNetwork(options)
  try {
    const { network } = testnet.plan
    say(`${network} is to stop and keep its chain`)
    const summary = await testnet.halt()
    print(options, summary, () => summaryLines(summary))
    say(`netsplit start ${network} brings it up again, netsplit down ${network} removes it`)
    return recordedOr(EXIT.ok, [summary])
  } finally {
    testnet.close()
  }
}
