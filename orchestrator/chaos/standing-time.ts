// Time that stands by order: what needs it to pass goes on when it does, and who asked is answered at once.

import { onAbort } from '../aborts.ts'

/**
 * The outcome of `work`; or, as soon as time stands, what `instead` says. `work` then goes on by itself, and `late` hears of
 * its failure. `standing` is aborted while time stands; undefined: it never does.
 */
export function unlessTimeStands<T>(
  standing: AbortSignal | undefined,
  work: Promise<T>,
  instead: () => T,
  late: (error: Error) => void,
): Promise<T> {
  if (!standing) return work
  return new Promise((resolve, reject) => {
    let answered = false
    const answer = () => {
      answered = true
      resolve(instead())
    }
    const unheard = onAbort(standing, answer)
    work.then(resolve, error => (answered ? late(error as Error) : reject(error))).finally(unheard)
    if (standing.aborted) answer()
  })
}
