// What nodes run, as a group of a spec says it.

import { SYSTEMS } from '../systems/all.ts'
import { BITCOIN } from '../systems/p2p/peer.ts'
import { USUAL_RUNS } from '../systems/present.ts'
import { isLight } from './light.ts'

/** Each once, in the order of the systems. */
export function runsOf({
  runs,
}: {
  readonly runs?: string | readonly string[] | undefined
}): readonly string[] {
  const said = runs === undefined ? USUAL_RUNS : [runs].flat()
  return SYSTEMS.map(system => system.runs).filter(each => said.includes(each))
}

/** It has a place among those whom a topology connects: a light client has none, and nobody's peer has none. */
export function isPlaced(node: { readonly runs?: string | readonly string[] | undefined }): boolean {
  const runs = runsOf(node)
  return !isLight(node) && SYSTEMS.some(({ runs: word, apart }) => runs.includes(word) && !apart)
}

/** It speaks Bitcoin's protocol, with or without a ledger. */
export function isPeer(node: { readonly runs?: string | readonly string[] | undefined }): boolean {
  const runs = runsOf(node)
  return SYSTEMS.some(
    system => runs.includes(system.runs) && system.services.some(({ name }) => name === BITCOIN),
  )
}
