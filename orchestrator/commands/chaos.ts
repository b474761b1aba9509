// `netsplit chaos`: breaks a running network. Exit 3 when the measurement says that it did not break; not when other faults
// were in its way, which is said.

import type { FaultReport } from '../chaos/breakable.ts'
import { type Fault, INSTANT_KINDS } from '../chaos/faults.ts'
import { EXIT, type ExitCode } from '../errors.ts'
import { verdictOf, verdictText } from '../observe/verdict.ts'
import type { Options } from './command.ts'
import { readFault, readFor } from './fault-words.ts'
import { openNetwork } from './orders.ts'
import { print, waitingFor } from './say.ts'

export async function run([word, ...words]: readonly string[], options: Options): Promise<ExitCode> {
  const fault = readFault(word ?? '', words, options)
  const forMs = readFor(fault.kind, options.for)
  const testnet = await openNetwork(options)
  try {
    const report = await waitingFor(
      `${fault.kind}: breaking and measuring …`,
      testnet.inject(fault, { forMs }),
    )
    print(options, report, () => tell(report, fault, options.for))
    return verdictOf(report) === 'not taken' ? EXIT.check : EXIT.ok
  } finally {
    testnet.close()
  }
}

function tell(report: FaultReport, { kind }: Fault, lasts: unknown) {
  const { id, target, measured, asked } = report
  const end = INSTANT_KINDS.includes(kind)
    ? []
    : [`  ${lasts === undefined ? '' : `it heals by itself after ${lasts}; `}netsplit heal ${id} ends it`]
  const verdict = verdictText(report)
  const finding = verdict === undefined ? measured : `${verdict}: ${measured} (asked: ${asked})`
  return [`${id}: ${target}`, `  ${finding}`, ...end]
}
