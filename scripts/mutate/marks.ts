// A source in which every place of a fault says that it ran.

import type { Fault } from './faults.ts'

/** What the marks call; `n` is the fault's number. */
export const MARK = '__netsplitFaultRan'

interface Insertion {
  readonly at: number
  readonly text: string
  /** Of insertions at the same place the smaller one stands first. */
  readonly order: readonly number[]
}

export function withMarks(
  text: string,
  faults: readonly (readonly [number: number, fault: Fault])[],
): string {
  const insertions = faults.flatMap(([number, { scope }]): Insertion[] => {
    const call = `globalThis.${MARK}?.(${number})`
    const [open, close] = scope.kind === 'statement' ? [`{${call};`, '}'] : [`(${call}, `, ')']
    const [outer, kind] = [scope.end - scope.start, scope.kind === 'statement' ? 0 : 1]
    return [
      // What closes stands before what opens; the outermost opens first and closes last.
      { at: scope.start, text: open, order: [1, -outer, kind, number] },
      { at: scope.end, text: close, order: [0, outer, -kind, -number] },
    ]
  })
  insertions.sort((a, b) => a.at - b.at || compare(a.order, b.order))
  let marked = ''
  let from = 0
  for (const { at, text: inserted } of insertions) {
    marked += text.slice(from, at) + inserted
    from = at
  }
  return marked + text.slice(from)
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [index, value] of a.entries()) {
    const difference = value - (b[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
