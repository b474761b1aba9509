// What was to be had stays to be had: each side of a cut, and the whole network where nothing splits it, keeps so many copies of the
// rarest piece as it once had, as far as that is asked. Watched from the beginning on.

import { type Check, type Ground, setting, some, startOf } from '../../../checks/check.ts'
import { plural } from '../../../format.ts'
import type { ContentState } from '../state.ts'

const LOOK_MS = 200

/** One side, or all, for as long as it is one. */
interface Watched {
  readonly what: string
  had: boolean
  least: number
}

export const contentAvailable: Check = {
  name: 'content-available',
  describe: 'each side of a cut that has a whole copy of a content keeps one, and so does the network',
  run: async (ground, wish) => {
    const least = setting(wish, 'copies')
    const watched = new Map<string, Watched>()
    let startMs: number | undefined
    let began = true
    void startOf(ground, wish).then(ms => {
      startMs = ms
      began = ms !== undefined
    })
    while (began && (startMs === undefined || ground.nowMs() - startMs < wish.within.ms)) {
      look(ground, least, watched)
      await ground.wait(LOOK_MS)
    }
    look(ground, least, watched)
    const had = [...watched.values()].filter(each => each.had)
    const lost = had.filter(each => each.least < least)
    return {
      passed: began && had.length > 0 && lost.length === 0,
      asked: `${plural(least, 'copy', 'copies')} wherever there were`,
      measured: `${had.length - lost.length} of ${had.length}`,
      ...(lost.length > 0
        ? { message: some(lost.map(each => `${each.what}: ${each.least.toFixed(2)} copies at the least`)) }
        : had.length === 0 && {
            message: `nowhere were there ${plural(least, 'copy', 'copies')} at any time`,
          }),
    }
  },
}

function look(ground: Ground, least: number, watched: Map<string, Watched>): void {
  const { faults, systems } = ground.state()
  const splits = faults.filter(({ sides, toMs }) => sides && toMs === undefined).map(({ id }) => id)
  for (const content of systems.bittorrent.contents) {
    note(watched, content, 'all', content.copies, least)
    for (const [side, copies] of (content.copiesBySide ?? []).entries())
      note(watched, content, `side ${side + 1} of ${splits.join(' and ')}`, copies, least)
  }
}

function note(
  watched: Map<string, Watched>,
  { content, name }: ContentState,
  where: string,
  copies: number,
  least: number,
): void {
  const key = `${content} ${where}`
  const known = watched.get(key) ?? { what: `${name}, ${where}`, had: false, least: Number.POSITIVE_INFINITY }
  known.had ||= copies >= least
  if (known.had) known.least = Math.min(known.least, copies)
  watched.set(key, known)
}
