// Numbers that are no whole ones, as Core writes them: it has sixteen digits where JavaScript may have seventeen.

const DIGITS = 16

export function sixteenDigits(value: number): number {
  return Number(value.toPrecision(DIGITS))
}
