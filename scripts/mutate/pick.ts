// Which faults a seed plants: each has a rank of its own, so that an edit elsewhere changes little of the choice.

import { createHash } from 'node:crypto'
import type { Fault } from './faults.ts'

/** `count` faults (all, when there are fewer), at most one a place; in the order of the text. */
export function pick(faults: readonly Fault[], count: number, seed: string): Fault[] {
  const seen = new Map<string, number>()
  const ranked = faults.map(fault => {
    const name = nameOf(fault)
    const nth = seen.get(name) ?? 0
    seen.set(name, nth + 1)
    return { fault, rank: sha256(`${seed}\n${name}\n${nth}`) }
  })
  ranked.sort((a, b) => (a.rank < b.rank ? -1 : 1))
  const places = new Set<string>()
  const chosen: Fault[] = []
  for (const { fault } of ranked) {
    const place = `${fault.file}:${fault.start}`
    if (chosen.length >= count || places.has(place)) continue
    places.add(place)
    chosen.push(fault)
  }
  return chosen.sort((a, b) => (a.file === b.file ? a.start - b.start : a.file < b.file ? -1 : 1))
}

/** The same wherever the line stands. */
export function nameOf({ file, before, after }: Pick<Fault, 'file' | 'before' | 'after'>): string {
  return `${file}\n${before}\n${after}`
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
