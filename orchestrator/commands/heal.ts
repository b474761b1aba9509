// `netsplit heal`: ends one fault, or all. Exit 3 when the measurement says that links are still cut.

import type { FaultReport } from '../chaos/breakable.ts'
import { EXIT, type ExitCode } from '../errors.ts'
import { verdictOf } from '../observe/verdict.ts'
import type { ArgsOf, FlagsOf } from './command.ts'
import { openNetwork } from './orders.ts'
import { type NetworkRequest, readNetwork } from './request.ts'
import { print, waitingFor } from './say.ts'

const HEALED = {
  verified: 'healed',
  'by hand': 'healed',
  lapsed: 'healed',
  disturbed: 'ended',
  'not measured': 'ended',
  'not taken': 'is not healed',
} as const

export interface HealRequest extends NetworkRequest {
  /** Undefined: all of them. */
  readonly fault: string | undefined
}

export function read([fault]: ArgsOf<'heal'>, flags: FlagsOf<'heal'>): HealRequest {
  return { fault, ...readNetwork([], flags) }
}

export async function run(request: HealRequest): Promise<ExitCode> {
  const testnet = await openNetwork(request)
  try {
    const reports = await waitingFor('healing and measuring …', testnet.heal(request.fault))
    print(request, reports, () => (reports.length === 0 ? ['no fault is in force'] : reports.map(words)))
    return reports.some(report => endOf(report) === 'not taken') ? EXIT.check : EXIT.ok
  } finally {
    testnet.close()
  }
}

/** What its end came to: whether it held before is another matter. */
const endOf = ({ lapsed: _, ...end }: FaultReport) => verdictOf(end)

function words(report: FaultReport): string {
  const { id, measured, lapsed } = report
  const end = endOf(report)
  const before = lapsed ? `; it did not hold throughout: ${lapsed.measured} (asked: ${lapsed.asked})` : ''
  return `${id} ${end ? `${HEALED[end]}: ` : ''}${measured}${before}`
}
