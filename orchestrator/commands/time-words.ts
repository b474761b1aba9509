// Orders to simulated time, as they are written on the command line and at the prompt.

import { TIME_VERBS, type TimeOrder } from '../api.ts'
import { EXIT, UserError } from '../errors.ts'

export function readTime(asked: string | undefined, count = '1'): Required<TimeOrder> {
  const time = TIME_VERBS.find(verb => verb === asked)
  if (time && /^[1-9]\d{0,8}$/.test(count)) return { time, count: Number(count) }
  throw new UserError(
    EXIT.usage,
    asked === undefined ? 'time: what of it?' : `time ${asked} ${count}`,
    `orders: ${TIME_VERBS.join(', ')}; step and block take a count`,
  )
}
