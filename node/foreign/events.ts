// What other people's program's node tells the observer beyond what its spy sees. Hashes are in display hex.

import type { HashHex } from '../bitcoin/wire/hex.ts'

export type ForeignEvent =
  /** All that the program may need of a block was handed to it; again when it asked for more, so the last before it has it counts. */
  { readonly type: 'block-handed'; readonly hash: HashHex }
