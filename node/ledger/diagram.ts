// Fee rate diagrams: what is earned by so much of block space, the best first. One that earns no less anywhere, and more
// somewhere, is the better one (as Core 28 compares them before it lets a package replace others).

export interface Chunk {
  readonly feeSat: number
  readonly vsize: number
}

/** The corners of a diagram, from nothing on. */
interface Corner {
  readonly size: bigint
  readonly fee: bigint
}

export function isBetter(after: readonly Chunk[], before: readonly Chunk[]): boolean {
  const [a, b] = [corners(after), corners(before)]
  let isMore = false
  for (const { size } of [...a, ...b]) {
    const [x, y] = [feeAt(a, size), feeAt(b, size)]
    const difference = x.fee * y.of - y.fee * x.of
    if (difference < 0n) return false
    if (difference > 0n) isMore = true
  }
  return isMore
}

function corners(chunks: readonly Chunk[]): Corner[] {
  const sorted = [...chunks].sort((a, b) => b.feeSat * a.vsize - a.feeSat * b.vsize)
  let at: Corner = { size: 0n, fee: 0n }
  const found = [at]
  for (const { feeSat, vsize } of sorted) {
    at = { size: at.size + BigInt(vsize), fee: at.fee + BigInt(feeSat) }
    found.push(at)
  }
  return found
}

/** `fee ÷ of`; beyond the last corner nothing more is earned. */
function feeAt(diagram: readonly Corner[], size: bigint): { readonly fee: bigint; readonly of: bigint } {
  let before = diagram[0] as Corner
  for (const corner of diagram) {
    if (corner.size < size) {
      before = corner
      continue
    }
    const width = corner.size - before.size
    if (width === 0n) return { fee: corner.fee, of: 1n }
    return { fee: before.fee * width + (corner.fee - before.fee) * (size - before.size), of: width }
  }
  return { fee: before.fee, of: 1n }
}
