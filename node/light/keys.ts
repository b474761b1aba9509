// How heights stand in the keys of a store, so that their order is that of the numbers.

const DIGITS = 8

export function heightKey(height: number): string {
  return height.toString(16).padStart(DIGITS, '0')
}
