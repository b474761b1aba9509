// Which pieces nodes have, as bitfields of the wire: counted, compared, and copies of the rarest. Pure.

/** The bytes of a bitfield that came as base64. The same text gives the same bytes: snapshots decode most again and again. */
export function bitsOf(base64: string): Uint8Array {
  const known = DECODED.get(base64)
  if (known) return known
  if (DECODED.size >= MOST_DECODED) DECODED.clear()
  const bits = new Uint8Array(Buffer.from(base64, 'base64'))
  DECODED.set(base64, bits)
  return bits
}

const MOST_DECODED = 20_000
const DECODED = new Map<string, Uint8Array>()

/** What a node has of a content. */
export interface Having {
  readonly complete: boolean
  /** Base64 of a bitfield. */
  readonly has: string
}

/** How many of them have each piece. */
export function availabilityOf(pieces: number, havings: readonly Having[]): Uint32Array {
  const counts = new Uint32Array(pieces)
  let whole = 0
  for (const { complete, has } of havings) {
    if (complete) whole += 1
    else addBits(counts, bitsOf(has))
  }
  if (whole > 0) for (let i = 0; i < pieces; i++) counts[i] = (counts[i] ?? 0) + whole
  return counts
}

function addBits(counts: Uint32Array, bits: Uint8Array): void {
  for (let at = 0; at < bits.length; at++) {
    const byte = bits[at] ?? 0
    if (byte === 0) continue
    for (let bit = 0; bit < 8; bit++) {
      const piece = 8 * at + bit
      if (piece < counts.length && byte & (0x80 >> bit)) counts[piece] = (counts[piece] ?? 0) + 1
    }
  }
}

/** Copies of the rarest piece, and behind the point the share of pieces of which there are more. */
export function copiesOf(counts: Uint32Array): number {
  if (counts.length === 0) return 0
  const least = counts.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
  const more = counts.reduce((sum, count) => sum + (count > least ? 1 : 0), 0)
  return least + more / counts.length
}

/** At most `most` numbers, each the least of as many pieces. */
export function inCells(
  counts: Uint32Array,
  most: number,
): { readonly availability: readonly number[]; readonly piecesPerCell: number } {
  const piecesPerCell = Math.max(1, Math.ceil(counts.length / most))
  const availability: number[] = []
  for (let at = 0; at < counts.length; at += piecesPerCell)
    availability.push(Math.min(...counts.subarray(at, at + piecesPerCell)))
  return { availability, piecesPerCell }
}

/** One of these has a piece that `mine` lacks. */
export function lacksOf(pieces: number, mine: Having, others: readonly Having[]): boolean {
  if (mine.complete) return false
  if (others.some(({ complete }) => complete)) return true
  const own = bitsOf(mine.has)
  for (const { has } of others) {
    const bits = bitsOf(has)
    for (let at = 0; at < bits.length && 8 * at < pieces; at++)
      if ((bits[at] ?? 0) & ~(own[at] ?? 0)) return true
  }
  return false
}
