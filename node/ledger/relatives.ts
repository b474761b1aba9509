// How many unconfirmed relatives a transaction may have (Core's ancestor and descendant limits), in Core's words.

import { inOrder, type MempoolEntry } from './packages.ts'

/** Of one transaction with all that it needs, and of one with all that need it. */
export interface RelativeLimits {
  readonly ancestors: number
  readonly ancestorsVsize: number
  readonly descendants: number
  readonly descendantsVsize: number
}

/** What is to come in: one transaction, or several that count as one. */
export interface Newcomers {
  readonly count: number
  readonly vsize: number
}

/** A small transaction may be one more than its only parent's descendants may be: CPFP carve-out. */
export const CARVE_OUT_VSIZE = 10_000

export type Relatives =
  | { readonly ancestors: ReadonlySet<MempoolEntry>; readonly excess?: undefined }
  | { readonly excess: string }

/** All that the newcomers would hang on, or which limit they would break: no walk over relatives is long. */
export function relativesWithin(
  parents: Iterable<MempoolEntry>,
  { count, vsize }: Newcomers,
  limits: RelativeLimits,
): Relatives {
  const ancestors = new Set<MempoolEntry>()
  const staged = new Set(parents)
  if (staged.size + count > limits.ancestors)
    return { excess: `too many unconfirmed parents [limit: ${limits.ancestors}]` }
  let size = vsize
  for (let [next] = inOrder(staged); next; [next] = inOrder(staged)) {
    const { tx, own, descendants } = next
    staged.delete(next)
    ancestors.add(next)
    size += own.vsize
    if (descendants.vsize + vsize > limits.descendantsVsize)
      return { excess: `exceeds descendant size limit for tx ${tx.txid} [limit: ${limits.descendantsVsize}]` }
    if (descendants.count + count > limits.descendants)
      return { excess: `too many descendants for tx ${tx.txid} [limit: ${limits.descendants}]` }
    if (size > limits.ancestorsVsize)
      return { excess: `exceeds ancestor size limit [limit: ${limits.ancestorsVsize}]` }
    for (const parent of next.parents) if (!ancestors.has(parent)) staged.add(parent)
    if (staged.size + ancestors.size + count > limits.ancestors)
      return { excess: `too many unconfirmed ancestors [limit: ${limits.ancestors}]` }
  }
  return { ancestors }
}

/** Core's CheckPackageLimits: several newcomers are held to the limits of one, as if each hung on all. */
export function packageExcess(
  parents: ReadonlySet<MempoolEntry>,
  newcomers: Newcomers,
  limits: RelativeLimits,
): string | undefined {
  const { count, vsize } = newcomers
  if (count > limits.ancestors)
    return `package count ${count} exceeds ancestor count limit [limit: ${limits.ancestors}]`
  if (count > limits.descendants)
    return `package count ${count} exceeds descendant count limit [limit: ${limits.descendants}]`
  if (vsize > limits.ancestorsVsize)
    return `package size ${vsize} exceeds ancestor size limit [limit: ${limits.ancestorsVsize}]`
  if (vsize > limits.descendantsVsize)
    return `package size ${vsize} exceeds descendant size limit [limit: ${limits.descendantsVsize}]`
  if (parents.size + count > limits.ancestors)
    return `too many unconfirmed parents [limit: ${limits.ancestors}]`
  const { excess } = relativesWithin(parents, newcomers, limits)
  return excess && `possibly ${excess}`
}
