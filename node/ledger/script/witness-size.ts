// How large a witness is on the wire: what tapscripts are paid their signatures by.

import type { TxIn } from '../chain/types.ts'

export function witnessBytes(witness: TxIn['witness']): number {
  return witness.reduce(
    (sum, item) => sum + countBytes(item.length) + item.length,
    countBytes(witness.length),
  )
}

/** Of CompactSize. */
function countBytes(count: number): number {
  return count < 0xfd ? 1 : count <= 0xffff ? 3 : 5
}
