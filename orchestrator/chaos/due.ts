// Who waits for which moment of a schedule. However many steps it has, one waits for the next time, and one looks at what the
// others wait for: a look at a figure that is as it was costs nothing a step.

/** Between two looks; in a run of hours a hundred-thousandth of what it lasts: weeks of looks each 50 ms would take longer than the run. */
const POLL_MS = 50
const POLL_SHARE = 1 / 100_000

interface Waiting<What> {
  readonly what: What
  readonly come: (come: boolean) => void
  readonly fail: (error: unknown) => void
}

/** For each time of `atMs` a promise that `until` has come to it; undefined: of one without a time. */
export function inOrder(
  atMs: readonly (number | undefined)[],
  until: (atMs: number) => Promise<void>,
): readonly (Promise<boolean> | undefined)[] {
  const timed: (Waiting<number> & { readonly at: number })[] = []
  const promises = atMs.map(ms =>
    ms === undefined
      ? undefined
      : new Promise<boolean>((come, fail) => timed.push({ what: timed.length, at: ms, come, fail })),
  )
  timed.sort((a, b) => a.at - b.at)
  const pass = async () => {
    for (let i = 0; i < timed.length; ) {
      const { at } = timed[i] as { at: number }
      await until(at)
      for (; timed[i]?.at === at; i++) timed[i]?.come(true)
    }
  }
  pass().catch(error => {
    for (const { fail } of timed) fail(error)
  })
  return promises
}

export interface Looks<What> {
  /** By this name conditions about the same figure are looked at together. */
  metricOf(what: What): string
  measured(metric: string): number
  holds(what: What, value: number): boolean
  /** Nobody waits any longer. */
  over(): boolean
  wait(ms: number): Promise<void>
  /** How long the schedule runs. */
  sinceMs(): number
  /** Those who wait, at each look. */
  looked(waiting: readonly What[]): void
}

/** For each of `conditions` a promise that tells whether it has come. */
export function whenTheyHold<What>(conditions: readonly What[], looks: Looks<What>): Promise<boolean>[] {
  let waiting: Waiting<What>[] = []
  const promises = conditions.map(
    what => new Promise<boolean>((come, fail) => waiting.push({ what, come, fail })),
  )
  const known = new Map<string, number>()
  const look = () => {
    const changed = new Map<string, number>()
    for (const metric of new Set(waiting.map(({ what }) => looks.metricOf(what)))) {
      const value = looks.measured(metric)
      if (known.get(metric) !== value) changed.set(metric, value)
      known.set(metric, value)
    }
    if (changed.size === 0) return
    waiting = waiting.filter(({ what, come }) => {
      const value = changed.get(looks.metricOf(what))
      const holds = value !== undefined && looks.holds(what, value)
      if (holds) come(true)
      return !holds
    })
  }
  const pass = async () => {
    for (look(); waiting.length > 0 && !looks.over(); look()) {
      looks.looked(waiting.map(({ what }) => what))
      await looks.wait(Math.max(POLL_MS, looks.sinceMs() * POLL_SHARE))
    }
    for (const { come } of waiting) come(false)
  }
  pass().catch(error => {
    for (const { fail } of waiting) fail(error)
  })
  return promises
}
