// The ledger in a few figures, for tables as small as a CI job's page wants them. Pure.

import { formatDuration, formatRate, formatShare } from '../../../format.ts'
import type { FaultEffect } from '../../../report/effects.ts'
import type { Figure } from '../../../report/html/face.ts'
import type { Report } from '../../../report/model.ts'

const time = (ms: number | null) => (ms === null ? '–' : formatDuration(ms))

export const FIGURES: readonly Figure<Report>[] = [
  { title: 'height', text: ({ height }) => String(height) },
  {
    title: 'tips at the end',
    text: ({ converged, tips, report }) =>
      converged ? '1' : `${tips}${report.onItsWay ? ' (a block on its way)' : ''}`,
  },
  { title: 'stale blocks', text: ({ staleBlocks, blocks }) => `${staleBlocks} of ${blocks}` },
  { title: 'deepest reorganisation', text: ({ reorgMaxDepth }) => String(reorgMaxDepth) },
  {
    title: 'a block at 50 / 90 / 99 % of the nodes',
    text: ({ propagation: { p50Ms, p90Ms, p99Ms, errorMs } }) =>
      `${time(p50Ms)} / ${time(p90Ms)} / ${time(p99Ms)}${errorMs === undefined ? '' : `, each ± ${time(errorMs)}`}`,
  },
  {
    title: 'hash rate',
    text: ({ hashRate: { askedHps, measuredHps } }) =>
      `${formatRate(measuredHps)}${askedHps === 0 ? '' : ` (${formatShare(measuredHps / askedHps)})`}`,
  },
]

export const FAULT_FIGURES: readonly Figure<FaultEffect>[] = [
  { title: 'stale blocks', text: ({ staleBlocks, blocks }) => `${staleBlocks} of ${blocks}` },
  { title: 'agreed again after', text: agreed },
]

function agreed({ toMs, agreedAfterMs }: FaultEffect): string {
  if (agreedAfterMs !== undefined) return formatDuration(agreedAfterMs)
  return toMs === undefined ? 'still in force' : 'never'
}
