// How a check is asked for in a spec: by its name, with the time that it has and settings of its own.

import { z } from 'zod'
import { NOT_TOO_LONG, TOO_LONG, WITHIN, WITHIN_HINT } from './words.ts'

const within = z.string().regex(WITHIN, WITHIN_HINT).refine(NOT_TOO_LONG, TOO_LONG)

/** What a spec says of a check: settings are numbers or words. */
export type Expectation = z.ZodType<
  { readonly within: string; readonly [setting: string]: number | string | undefined } | undefined
>

export const expectation = <Shape extends z.ZodRawShape>(
  describe: string,
  defaultWithin: string,
  shape: Shape,
) =>
  z
    .strictObject({ within: within.prefault(defaultWithin), ...shape })
    .optional()
    .describe(describe)
