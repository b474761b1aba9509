// `netsplit faults`: every fault so far, what was asked and what was measured.

import { EXIT, type ExitCode } from '../errors.ts'
import { formatDuration } from '../format.ts'
import { verdictText } from '../observe/verdict.ts'
import type { Options } from './command.ts'
import { openNetwork } from './orders.ts'
import { print } from './say.ts'

export async function run(_args: readonly string[], options: Options): Promise<ExitCode> {
  const testnet = await openNetwork(options)
  try {
    const { faults, nowMs } = testnet.state()
    print(options, faults, () =>
      faults.length === 0
        ? ['no faults yet']
        : faults.map(fault => {
            const { id, target, detail, fromMs, toMs, asked, measured } = fault
            const lasted = formatDuration((toMs ?? nowMs) - fromMs)
            const state = toMs === undefined ? `in force for ${lasted}` : `ended after ${lasted}`
            const truth = verdictText(fault) ?? 'being measured'
            const finding = measured === undefined ? '' : `: ${measured} (asked: ${asked})`
            return `${id}  ${target}${detail && `, ${detail}`}  ${state}  ${truth}${finding}`
          }),
    )
    return EXIT.ok
  } finally {
    testnet.close()
  }
}
