// Bytes without Buffer, whose slice() shares memory where everything else expects a copy.

/** A view of these bytes. */
export function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
}
