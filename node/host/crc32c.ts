// CRC-32C (Castagnoli), bit-reversed, a byte at a time, and in the form in which LevelDB stores it: turned and shifted, so that
// checksums of checksums are no weaker.

const MASK_DELTA = 0xa282ead8

let table: Uint32Array | undefined

/** The checksum of `bytes[from, to)` as it stands in LevelDB's files. */
export function storedChecksum(bytes: Uint8Array, from: number, to: number): number {
  table ??= crcTable()
  let crc = 0xffffffff
  for (let i = from; i < to; i++) crc = (crc >>> 8) ^ (table[(crc ^ (bytes[i] as number)) & 0xff] as number)
  return masked(~crc >>> 0)
}

function crcTable(): Uint32Array {
  const made = new Uint32Array(256)
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
    made[byte] = crc
  }
  return made
}

function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0
}
