// `netsplit chaos`: breaks a running network. Exit 3 when the measurement says that it did not break.

import { EXIT, type ExitCode, UserError } from '../errors.ts'
import type { Options } from '../main.ts'
import { openNetwork } from './orders.ts'
import { print } from './say.ts'

export async function run([fault, ...sides]: readonly string[], options: Options): Promise<ExitCode> {
  if (fault !== 'partition')
    throw new UserError(EXIT.usage, `there is no fault ${JSON.stringify(fault)}`, 'faults: partition')
  if (sides.length === 0)
    throw new UserError(
      EXIT.usage,
      'a partition needs its sides',
      'such as halves, or "miners-1,miners-2 | rest"',
    )
  const testnet = await openNetwork(options)
  try {
    const report = await testnet.inject({ kind: 'partition', cut: sides.join(' ') })
    print(options, report, () => [
      `${report.id}: ${report.target}`,
      `  ${report.verified ? 'verified' : 'did not take'}: ${report.measured} (asked: ${report.asked})`,
      `  netsplit heal ${report.id} ends it`,
    ])
    return report.verified ? EXIT.ok : EXIT.check
  } finally {
    testnet.close()
  }
}
