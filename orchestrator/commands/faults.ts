// `netsplit faults`: every fault so far: what was asked, what was measured, what it did.

import { EXIT, type ExitCode } from '../errors.ts'
import { formatDuration } from '../format.ts'
import { verdictText } from '../observe/verdict.ts'
import { openNetwork } from './orders.ts'
import { type NetworkRequest, readNetwork } from './request.ts'
import { print } from './say.ts'

export const read = readNetwork

export async function run(request: NetworkRequest): Promise<ExitCode> {
  const testnet = await openNetwork(request)
  try {
    const { faults, nowMs } = testnet.state()
    print(request, faults, () =>
      faults.length === 0
        ? ['no faults yet']
        : faults.flatMap(fault => {
            const { id, target, detail, fromMs, toMs, asked, measured, did } = fault
            const lasted = formatDuration((toMs ?? nowMs) - fromMs)
            const state = toMs === undefined ? `in force for ${lasted}` : `ended after ${lasted}`
            const truth = verdictText(fault) ?? 'being measured'
            const finding = measured === undefined ? '' : `: ${measured} (asked: ${asked})`
            const verdict = fault.byHand ? '' : `  ${truth}${finding}`
            const line = `${id}  ${target}${detail && `, ${detail}`}  ${state}${verdict}`
            return did === undefined ? [line] : [line, `  ${did}`]
          }),
    )
    return EXIT.ok
  } finally {
    testnet.close()
  }
}
