// Amounts of money in what a method answers. Core writes them with all eight decimals, which a number of JavaScript forgets, and
// there are clients that compare or parse the text; so an amount is a value of its own until the answer is written.

const UNIT = 100_000_000
/** Stands before an amount in JSON until `amountsWritten`: nothing that is meant for a reader begins with a control character. */
const MARK = '\u0001'
const MARKED = /"\\u0001(-?\d+\.\d{8})"/g

export class Amount {
  readonly sat: number

  constructor(sat: number) {
    this.sat = Math.round(sat)
  }

  valueOf(): number {
    return this.sat / UNIT
  }

  /** `0.10000000` */
  toString(): string {
    const size = Math.abs(this.sat)
    return `${this.sat < 0 ? '-' : ''}${Math.floor(size / UNIT)}.${String(size % UNIT).padStart(8, '0')}`
  }

  toJSON(): string {
    return `${MARK}${this.toString()}`
  }
}

/** JSON text of something with amounts in it, with these as the numbers they are. */
export function amountsWritten(json: string): string {
  return json.includes('"\\u0001') ? json.replace(MARKED, '$1') : json
}

/** The same value with plain numbers for its amounts, for those who call a method without JSON between. */
export function withNumbers(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Amount) return value.valueOf()
  if (Array.isArray(value)) {
    const changed = value.map(withNumbers)
    return changed.some((each, index) => each !== value[index]) ? changed : value
  }
  let changed: Record<string, unknown> | undefined
  for (const [key, each] of Object.entries(value)) {
    const plain = withNumbers(each)
    if (plain === each) continue
    changed ??= { ...value }
    changed[key] = plain
  }
  return changed ?? value
}
