// Ways round a cut that no plan knows of: somebody who does not belong to the network is a peer of both its sides. Pure.

import type { Finding } from './measure.ts'
import type { Cut } from './partition.ts'
import type { Stranger } from './probe.ts'

/**
 * Nobody can tell what passes through peers that the network does not know: a cut with such peers at both its ends cannot be
 * said to hold. Undefined: there are none.
 */
export function wayRound(cuts: readonly Cut[], strangers: readonly Stranger[]): Finding | undefined {
  const past = strangers.find(({ node, to }) => to !== undefined && isCut(cuts, node, to))
  if (past) return found(`${past.node} reaches ${past.to} directly, past its links`)
  const at = new Map<string, Set<string>>()
  for (const { node, address, to } of strangers)
    if (to === undefined) at.set(node, (at.get(node) ?? new Set()).add(placeOf(address)))
  if (at.size < 2) return undefined
  let perhaps: string | undefined
  for (const { from, to } of cuts) {
    const [near, far] = [at.get(from), at.get(to)]
    if (!near || !far) continue
    const both = [...near].find(place => far.has(place))
    if (both !== undefined)
      return found(`bridged by ${both}, a peer of ${from} and ${to} that this network does not know`)
    const [[here], [there]] = [near, far]
    perhaps ??= `perhaps bridged by ${here} at ${from} and ${there} at ${to}, peers that this network does not know`
  }
  return perhaps === undefined ? undefined : found(perhaps)
}

function isCut(cuts: readonly Cut[], a: string, b: string): boolean {
  return cuts.some(({ from, to }) => (from === a && to === b) || (from === b && to === a))
}

function found(measured: string): Finding {
  return { asked: 'no way round', measured, verified: false }
}

/** Its host; on loopback, where all share one, with the port. */
function placeOf(address: string): string {
  const host = address.slice(0, address.lastIndexOf(':'))
  return host.startsWith('127.') || host === '[::1]' ? address : host
}
