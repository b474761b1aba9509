// `netsplit down`: ends a network in order and waits until nothing of it is left but the record of the run.

import { EXIT, type ExitCode } from '../errors.ts'
import type { Options } from '../main.ts'
import { summaryLines } from '../tui/words.ts'
import { openNetwork } from './orders.ts'
import { print, say } from './say.ts'

export async function run(args: readonly string[], options: Options): Promise<ExitCode> {
  const testnet = await openNetwork(options, args[0])
  try {
    say(`${testnet.plan.network} goes down`)
    const summary = await testnet.down('asked by netsplit down')
    print(options, summary, () => summaryLines(summary))
    return EXIT.ok
  } finally {
    testnet.close()
  }
}
