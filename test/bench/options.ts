// Options behind a bench's name.

/** The number behind `--name`; a fault of the caller is said at once. */
export function numberOption(args: readonly string[], name: string, usual: number): number {
  const at = args.indexOf(`--${name}`)
  if (at < 0) return usual
  const value = Number(args[at + 1])
  if (!(value > 0)) throw new Error(`--${name} takes a number above 0`)
  return value
}
