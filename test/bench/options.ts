// Options behind a bench's name.

/** The words behind `--name`. */
export function textOption(args: readonly string[], name: string): string | undefined {
  const at = args.indexOf(`--${name}`)
  if (at < 0) return undefined
  const value = args[at + 1]
  if (value === undefined) throw new Error(`--${name} takes a word`)
  return value
}

/** The number behind `--name`; a fault of the caller is said at once. */
export function numberOption(args: readonly string[], name: string, usual: number): number {
  const at = args.indexOf(`--${name}`)
  if (at < 0) return usual
  const value = Number(args[at + 1])
  if (!(value > 0)) throw new Error(`--${name} takes a number above 0`)
  return value
}
