// Faults on the timeline: which row each has, and what a pointer is told. Pure.

import { formatDuration } from '../../format.ts'
import type { FaultState } from '../../observe/state.ts'
import { verdictText } from '../../observe/verdict.ts'

/** Faults that overlap in time lie in rows below one another. */
export function rowsOf(faults: readonly FaultState[]): Map<FaultState, number> {
  const ends: number[] = []
  const rows = new Map<FaultState, number>()
  for (const fault of faults) {
    const free = ends.findIndex(endMs => endMs <= fault.fromMs)
    const row = free < 0 ? ends.length : free
    ends[row] = fault.toMs ?? Number.POSITIVE_INFINITY
    rows.set(fault, row)
  }
  return rows
}

export function faultText(fault: FaultState, nowMs: number): string {
  const lasted = formatDuration((fault.toMs ?? nowMs) - fault.fromMs)
  const state = fault.toMs === undefined ? `in force for ${lasted}` : `ended after ${lasted}`
  const lapsed = fault.lapsed ? `\n${verdictText(fault)}: ${fault.measured}` : ''
  return `${fault.id}, ${fault.kind}: ${fault.target}\n${state}${lapsed}`
}
