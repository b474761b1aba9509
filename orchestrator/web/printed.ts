// Where the page's address may be printed with its key. What is not a terminal is a log, and logs are read by others: files in
// a shared folder, the pages of CI jobs.

/** A person reads it, and nobody else. */
export function isPrivate(
  stream: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>> = process.env,
): boolean {
  return stream.isTTY === true && !env.CI
}

/** The address, or how its owner learns it. */
export function pageWords(network: string, page: string, shown: boolean): string {
  return shown ? page : `netsplit dash ${network} prints its address`
}
