// `netsplit heal`: ends one fault, or all. Exit 3 when the measurement says that links are still cut.

import { EXIT, type ExitCode } from '../errors.ts'
import type { Options } from '../main.ts'
import { openNetwork } from './orders.ts'
import { print } from './say.ts'

export async function run([fault]: readonly string[], options: Options): Promise<ExitCode> {
  const testnet = await openNetwork(options)
  try {
    const reports = await testnet.heal(fault)
    print(options, reports, () =>
      reports.length === 0
        ? ['no fault is in force']
        : reports.map(
            ({ id, verified, measured }) => `${id} ${verified ? 'healed' : 'is not healed'}: ${measured}`,
          ),
    )
    return reports.every(report => report.verified) ? EXIT.ok : EXIT.check
  } finally {
    testnet.close()
  }
}
