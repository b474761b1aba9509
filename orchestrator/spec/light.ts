// Which nodes are light clients. A file that knows nothing of systems, for those that they are made of.

/** What a spec calls a light client. */
export const LIGHT = 'bitcoin-light'

interface Runs {
  readonly runs?: string | readonly string[] | undefined
}

/** A client of full nodes: nobody's peer but theirs. */
export function isLight({ runs = [] }: Runs): boolean {
  return [runs].flat().includes(LIGHT)
}

export function hasLights({ nodes }: { readonly nodes: readonly Runs[] }): boolean {
  return nodes.some(isLight)
}
