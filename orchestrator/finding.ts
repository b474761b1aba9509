// What a doctor has found, of this machine or of hosts, and as it is printed. Pure.

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
