// `netsplit heal`: ends one fault, or all. Exit 3 when the measurement says that links are still cut.

import { EXIT, type ExitCode } from '../errors.ts'
import type { Options } from '../main.ts'
import { verdictOf } from '../observe/verdict.ts'
import { openNetwork } from './orders.ts'
import { print } from './say.ts'

const HEALED = { verified: 'healed', disturbed: 'ended', 'not taken': 'is not healed' } as const

export async function run([fault]: readonly string[], options: Options): Promise<ExitCode> {
  const testnet = await openNetwork(options)
  try {
    const reports = await testnet.heal(fault)
    print(options, reports, () =>
      reports.length === 0
        ? ['no fault is in force']
        : reports.map(
            report => `${report.id} ${HEALED[verdictOf(report) ?? 'not taken']}: ${report.measured}`,
          ),
    )
    return reports.some(report => verdictOf(report) === 'not taken') ? EXIT.check : EXIT.ok
  } finally {
    testnet.close()
  }
}
