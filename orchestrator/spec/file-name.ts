// Names of files in a spec, relative to it.

import { z } from 'zod'

export const fileName = z
  .string()
  .min(1)
  .max(500)
  .regex(/^(?!__proto__$)[^\0\n\r]+$/, 'expected the name of a file, beside the spec')
