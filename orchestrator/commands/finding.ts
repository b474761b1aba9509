// What a doctor has found, as it is printed.

export interface Finding {
  readonly what: string
  /** `fail`: no network can run here. */
  readonly verdict: 'ok' | 'note' | 'fail'
  readonly found: string
  /** What to do about it. */
  readonly advice?: string
}

export function findingLines({ what, verdict, found, advice }: Finding): string[] {
  const mark = { ok: '✓', note: '·', fail: '✗' }[verdict]
  return [
    `${mark} ${what.padEnd(12)} ${found}`,
    ...(advice === undefined ? [] : [`  ${''.padEnd(12)} → ${advice}`]),
  ]
}
