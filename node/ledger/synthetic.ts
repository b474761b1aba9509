// Blocks of a wanted size without a million transactions to fill them: what a frame would measure on the wire if its block
// were that large. A link charges for it; the frame itself stays as small as it is.

import { HEADER_BYTES, isFrameOf, payloadLength } from '../bitcoin/wire/framing.ts'

/** A mean transaction of Bitcoin's chain: so many short ids (BIP152) has the compact form of a synthetic block. */
const TX_BYTES = 400
const SHORT_ID_BYTES = 6

/**
 * Bytes that a link is to carry for `frame` where every block counts `blockBytes` at least: a `block` that many, a
 * `cmpctblock` its short ids. That its transactions are known to the receiver is taken for granted, as compact relay does.
 */
export function wireBytes(frame: Uint8Array, blockBytes: number): number {
  return countedBytes(frame, frame.length, blockBytes)
}

/** Of a frame of so many bytes, by its header. */
function countedBytes(header: Uint8Array, length: number, blockBytes: number): number {
  if (isFrameOf(header, 'block')) return Math.max(length, HEADER_BYTES + blockBytes)
  if (isFrameOf(header, 'cmpctblock'))
    return Math.max(length, HEADER_BYTES + Math.round(blockBytes / TX_BYTES) * SHORT_ID_BYTES)
  return length
}

/**
 * The same on the receiver's side, for one connection: what a link is to carry for the next chunk of the stream. A frame is
 * charged byte by byte as it comes, each with the same share; its header as soon as it is whole.
 */
export function receivedBytes(blockBytes: number): (chunk: Uint8Array) => number {
  const header = new Uint8Array(HEADER_BYTES)
  let known = 0
  /** Of the frame whose header is known: what is still to come, and what a byte of it counts. */
  let left = 0
  let each = 1
  let owed = 0
  return chunk => {
    for (let at = 0; at < chunk.length; ) {
      if (left > 0) {
        const part = Math.min(left, chunk.length - at)
        owed += part * each
        left -= part
        at += part
        continue
      }
      const part = Math.min(HEADER_BYTES - known, chunk.length - at)
      header.set(chunk.subarray(at, at + part), known)
      known += part
      at += part
      if (known < HEADER_BYTES) break
      known = 0
      left = payloadLength(header)
      const length = HEADER_BYTES + left
      each = countedBytes(header, length, blockBytes) / length
      owed += HEADER_BYTES * each
    }
    const whole = Math.floor(owed)
    owed -= whole
    return whole
  }
}
