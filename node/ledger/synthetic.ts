// Blocks of a wanted size without a million transactions to fill them: what a frame would measure on the wire if its block
// were that large. A link charges for it; the frame itself stays as small as it is.

import { HEADER_BYTES, isFrameOf } from '../bitcoin/wire/framing.ts'

/** A mean transaction of Bitcoin's chain: so many short ids (BIP152) has the compact form of a synthetic block. */
const TX_BYTES = 400
const SHORT_ID_BYTES = 6

/**
 * Bytes that a link is to carry for `frame` where every block counts `blockBytes` at least: a `block` that many, a
 * `cmpctblock` its short ids. That its transactions are known to the receiver is taken for granted, as compact relay does.
 */
export function wireBytes(frame: Uint8Array, blockBytes: number): number {
  if (isFrameOf(frame, 'block')) return Math.max(frame.length, HEADER_BYTES + blockBytes)
  if (isFrameOf(frame, 'cmpctblock'))
    return Math.max(frame.length, HEADER_BYTES + Math.round(blockBytes / TX_BYTES) * SHORT_ID_BYTES)
  return frame.length
}
