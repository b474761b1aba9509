// What the measurement of a fault came to, for all who show it.

export type FaultVerdict = 'verified' | 'disturbed' | 'not taken'

export const VERDICT_SIGNS: { readonly [verdict in FaultVerdict]: string } = {
  verified: '✓',
  disturbed: '~',
  'not taken': '✗',
}

interface Measured {
  readonly verified: boolean | undefined
  readonly disturbedBy?: readonly string[] | undefined
}

/** Undefined: it is not measured yet. */
export function verdictOf({ verified, disturbedBy }: Measured): FaultVerdict | undefined {
  if (verified === undefined) return undefined
  if (verified) return 'verified'
  return disturbedBy ? 'disturbed' : 'not taken'
}

/** In words, with whoever disturbed it. */
export function verdictText(fault: Measured): string | undefined {
  const verdict = verdictOf(fault)
  if (verdict === 'disturbed') return `disturbed by ${fault.disturbedBy?.join(', ')}`
  return verdict === 'not taken' ? 'did not take' : verdict
}
