// Everybody who was told to get a content, is honest and runs, has all of it.

import { type Check, poll, some } from '../../../checks/check.ts'
import { plural } from '../../../format.ts'
import { laggingText, wantingOf } from './who.ts'

export const contentComplete: Check = {
  name: 'content-complete',
  describe: 'all honest peers that run have all of what they were told to get',
  run: (ground, wish) =>
    poll(ground, wish, async () => {
      const wanting = wantingOf(ground)
      const late = wanting.filter(({ held }) => !held.complete)
      return {
        passed: wanting.length > 0 && late.length === 0,
        asked: `${plural(wanting.length, 'peer')} with all of it`,
        measured: `${wanting.length - late.length} of ${wanting.length}`,
        ...(late.length > 0 && { message: some(late.map(laggingText)) }),
        ...(wanting.length === 0 && { message: 'nobody who runs was told to get anything' }),
      }
    }),
}
