// What a method answers as JSON. JSON bounds no number, but JavaScript does: Core's largest, which stands for "never", is written out
// here, since the nearest there is of ours is one that a client with 64 bits cannot read.

import { amountsWritten } from '../core/amount.ts'

const NEAREST = ':9223372036854776000'
const LARGEST = ':9223372036854775807'

export function answerText(value: unknown): string {
  const text = amountsWritten(JSON.stringify(value))
  return text.includes(NEAREST) ? text.replaceAll(NEAREST, LARGEST) : text
}
