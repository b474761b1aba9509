// A node's line to the network in words: the same on every screen. Pure.

import type { AccessLine } from '../../node/api.ts'
import { formatBandwidth } from '../format.ts'
import type { NodeState } from './state.ts'

/** `up 10 Mbit/s, down 50 Mbit/s`, and what it was planned as where a fault made it thinner; undefined: it limits nothing. */
export function lineText({
  access,
  plannedAccess,
}: Pick<NodeState, 'access' | 'plannedAccess'>): string | undefined {
  if (access === undefined && plannedAccess === undefined) return undefined
  const [now, planned] = [widthsText(access), widthsText(plannedAccess)]
  return now === planned ? now : `${now} (planned: ${planned})`
}

/** A line that a fault has made thinner. */
export function isThinner({ access, plannedAccess }: Pick<NodeState, 'access' | 'plannedAccess'>): boolean {
  return access?.upBps !== plannedAccess?.upBps || access?.downBps !== plannedAccess?.downBps
}

export function widthsText(line: AccessLine | undefined): string {
  const widths = [
    ['up', line?.upBps ?? 0],
    ['down', line?.downBps ?? 0],
  ] as const
  const limited = widths.filter(([, bps]) => bps > 0).map(([way, bps]) => `${way} ${formatBandwidth(bps)}`)
  return limited.join(', ') || 'unlimited'
}
