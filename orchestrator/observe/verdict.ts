// What the measurement of a fault came to, for all who show it.

/** `lapsed`: it was there, and then it was not. */
export type FaultVerdict = 'verified' | 'by hand' | 'disturbed' | 'not measured' | 'not taken' | 'lapsed'

export const VERDICT_SIGNS: { readonly [verdict in FaultVerdict]: string } = {
  verified: '✓',
  'by hand': '·',
  disturbed: '~',
  'not measured': '~',
  'not taken': '✗',
  lapsed: '✗',
}

interface Measured {
  readonly verified: boolean | undefined
  /** Nothing to measure: somebody did it. */
  readonly byHand?: true | undefined
  readonly disturbedBy?: readonly string[] | undefined
  readonly unmeasured?: true | undefined
  readonly lapsed?: unknown
  /** Its end. */
  readonly toMs?: number | undefined
  /** Time stands, and it is measured when that goes on. */
  readonly pending?: boolean | undefined
}

/** Undefined: it is not measured yet. */
export function verdictOf({
  verified,
  byHand,
  disturbedBy,
  unmeasured,
  lapsed,
  pending,
}: Measured): FaultVerdict | undefined {
  if (byHand) return 'by hand'
  if (verified === undefined || pending) return undefined
  if (lapsed) return 'lapsed'
  if (verified) return 'verified'
  if (disturbedBy) return 'disturbed'
  return unmeasured ? 'not measured' : 'not taken'
}

/** In words, with whoever disturbed it. */
export function verdictText(fault: Measured): string | undefined {
  const verdict = verdictOf(fault)
  if (verdict === 'disturbed') return `disturbed by ${fault.disturbedBy?.join(', ')}`
  if (verdict === 'lapsed')
    return fault.verified || fault.toMs !== undefined ? 'did not hold throughout' : 'no longer holds'
  return verdict === 'not taken' ? 'did not take' : verdict
}

interface Report extends Measured {
  readonly measured: string
  /** Of the report of an end: what was found before, when it had ceased to hold. */
  readonly lapsed?: { readonly measured: string } | undefined
}

/** The answer to an order, behind the name of its fault. */
export function reportText({ lapsed, ...report }: Report): string {
  const verdict = verdictText(report)
  const found = verdict === undefined ? report.measured : `${verdict}, ${report.measured}`
  return lapsed ? `${found}; it did not hold throughout: ${lapsed.measured}` : found
}
