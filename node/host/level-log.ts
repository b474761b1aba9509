// Reads LevelDB's log as LevelDB writes it (doc/log_format.md) and says whether it is whole. LevelDB itself drops
// what it cannot read and goes on, which would pass for a node that had simply stopped earlier.

import { DamagedStore } from '../errors.ts'
import { storedChecksum } from './crc32c.ts'

const BLOCK_BYTES = 32_768
/** Checksum (4), length (2), type (1). */
const HEADER_BYTES = 7
const LAST_TYPE = 4

/** Throws DamagedStore where a record is not what was written. One that ends with the file was being written when the node died. */
export function checkLog(name: string, log: Uint8Array): void {
  const view = new DataView(log.buffer, log.byteOffset, log.length)
  let at = 0
  while (at + HEADER_BYTES <= log.length) {
    const leftInBlock = BLOCK_BYTES - (at % BLOCK_BYTES)
    if (leftInBlock < HEADER_BYTES) {
      at += leftInBlock
      continue
    }
    const length = view.getUint16(at + 4, true)
    const type = log[at + 6] as number
    // Zeros: room that a file system gave and that was never written.
    if (type === 0 && length === 0) return
    const end = at + HEADER_BYTES + length
    if (type > LAST_TYPE || HEADER_BYTES + length > leftInBlock)
      throw new DamagedStore(`${name}: no record at ${at}`)
    if (end > log.length) return
    if (view.getUint32(at, true) !== storedChecksum(log, at + 6, end))
      throw new DamagedStore(`${name}: wrong checksum at ${at}`)
    at = end
  }
}
