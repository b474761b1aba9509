// Orders to simulated time, as they are written on the command line and at the prompt.

import { TIME_VERBS, type TimeOrder } from '../control/api.ts'
import { EXIT, UserError } from '../errors.ts'
import { didYouMean } from '../spec/suggest.ts'

export function readTime(asked: string | undefined, count = '1'): Required<TimeOrder> {
  const time = TIME_VERBS.find(verb => verb === asked)
  if (time && /^[1-9]\d{0,8}$/.test(count)) return { time, count: Number(count) }
  const wrong =
    asked === undefined
      ? 'time: what of it?'
      : time
        ? `time ${time} ${count}: how many is a whole number from 1 on`
        : `time ${asked}: there is no such order`
  const near = asked === undefined || time ? undefined : didYouMean(asked, TIME_VERBS)
  throw new UserError(
    EXIT.usage,
    wrong,
    near ?? `orders: ${TIME_VERBS.join(', ')}; step and block take a count`,
  )
}
