// What two specs ask for that is not the same, place by place: whoever compares two runs wants to see what was changed.

import { createHash } from 'node:crypto'
import { parse } from 'yaml'
import { plural } from '../format.ts'

/** Said by the runs themselves, or of no account. */
const LEFT_OUT = new Set(['name', 'describe', 'seed', 'runtime', 'chain.blockInterval'])
/** Of a strategy's file its code says all. */
const RECORDED = /^nodes\.[^.]+\.strategy\.(path|sha256)$/
const MOST = 8
/** A longer value is told by its length and its hash: whole files stand in specs. */
const LONGEST = 80

/** `relay: inv and compact`, for each value; both specs are whole, as run directories hold them. */
export function specDifference(a: string, b: string): string[] {
  const [left, right] = [leaves(a), leaves(b)]
  if (left.size === 0 || right.size === 0) return [] // a run without a spec that can be read
  const found = [...new Set([...left.keys(), ...right.keys()])]
    .filter(place => !LEFT_OUT.has(place) && !RECORDED.test(place) && left.get(place) !== right.get(place))
    .map(place => `${place}: ${said(left.get(place))} and ${said(right.get(place))}`)
  return found.length <= MOST
    ? found
    : [...found.slice(0, MOST), `${found.length - MOST} more places of the spec`]
}

function said(value: string | undefined): string {
  if (value === undefined) return 'nothing'
  if (value.length <= LONGEST && !/[\n\r]/.test(value)) return value
  const lines = plural(value.trimEnd().split('\n').length, 'line')
  return `${lines} (${createHash('sha256').update(value).digest('hex').slice(0, 12)})`
}

/** Place → value. A spec that cannot be read has none. */
function leaves(yaml: string): Map<string, string> {
  const found = new Map<string, string>()
  const walk = (value: unknown, path: readonly string[]) => {
    if (typeof value === 'object' && value !== null)
      for (const [key, inner] of Object.entries(value)) walk(inner, [...path, key])
    else if (value !== undefined && path.length > 0) found.set(path.join('.'), String(value))
  }
  try {
    walk(parse(yaml), [])
  } catch {
    // The reports are compared all the same.
  }
  return found
}
