// The moments of a schedule: `20s`, `height 20`, `tips > 1`. What one can ask for is what the network and its systems know of.

import { CONDITIONS } from '../systems/conditions.ts'
import { parseDurationMs } from './units.ts'
import { OPERATORS, type Operator, TIME, type Trigger } from './words.ts'

const METRICS = Object.keys(CONDITIONS)
const COUNTED = METRICS.filter(name => CONDITIONS[name]?.counts === true)

export const AT = new RegExp(`^(${TIME}|(${COUNTED.join('|')}) \\d+)$`)
export const AT_HINT = 'expected a time such as 20s, or a height such as height 20'
export const WHEN = new RegExp(`^(${METRICS.join('|')}) ?(${OPERATORS.join('|')}) ?(\\d+)$`)
export const WHEN_HINT = `expected a condition such as tips > 1; one can ask for ${METRICS.join(', ')}`

/** Of a text that AT accepts. */
export function parseAt(text: string): Trigger {
  const [metric = '', value] = text.split(' ')
  if (COUNTED.includes(metric)) return { on: 'state', metric, operator: '>=', value: Number(value) }
  return { on: 'time', atMs: parseDurationMs(text) ?? 0 }
}

/** Of a text that WHEN accepts. */
export function parseWhen(text: string): Trigger {
  const [, metric = '', operator, value] = WHEN.exec(text) ?? []
  return { on: 'state', metric, operator: operator as Operator, value: Number(value) }
}
