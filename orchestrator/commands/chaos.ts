// `netsplit chaos`: breaks a running network. Exit 3 when the measurement says that it did not break; not when other faults
// were in its way, which is said.

import type { FaultReport } from '../chaos/breakable.ts'
import { type Fault, INSTANT_KINDS } from '../chaos/faults.ts'
import { EXIT, type ExitCode } from '../errors.ts'
import { verdictOf, verdictText } from '../observe/verdict.ts'
import type { ArgsOf, FlagsOf } from './command.ts'
import { readFault, readFor } from './fault-words.ts'
import { openNetwork } from './orders.ts'
import { type NetworkRequest, readNetwork } from './request.ts'
import { print, waitingFor } from './say.ts'

export interface ChaosRequest extends NetworkRequest {
  readonly fault: Fault
  /** Undefined: until it is healed. */
  readonly forMs: number | undefined
  /** The same as it was typed, which is how it is said back. */
  readonly lasts: string | undefined
}

export function read([word, ...words]: ArgsOf<'chaos'>, flags: FlagsOf<'chaos'>): ChaosRequest {
  const fault = readFault(word, words, flags)
  return { fault, forMs: readFor(fault.kind, flags.for), lasts: flags.for, ...readNetwork([], flags) }
}

export async function run(request: ChaosRequest): Promise<ExitCode> {
  const { fault, forMs } = request
  const testnet = await openNetwork(request)
  try {
    const report = await waitingFor(
      `${fault.kind}: breaking and measuring …`,
      testnet.inject(fault, { forMs }),
    )
    print(request, report, () => tell(report, request))
    return verdictOf(report) === 'not taken' ? EXIT.check : EXIT.ok
  } finally {
    testnet.close()
  }
}

function tell(report: FaultReport, { fault, lasts }: ChaosRequest) {
  const { id, target, measured, asked } = report
  const end = INSTANT_KINDS.includes(fault.kind)
    ? []
    : [`  ${lasts === undefined ? '' : `it heals by itself after ${lasts}; `}netsplit heal ${id} ends it`]
  const verdict = verdictText(report)
  const finding = verdict === undefined ? measured : `${verdict}: ${measured} (asked: ${asked})`
  return [`${id}: ${target}`, `  ${finding}`, ...end]
}
