// What faults did, as the systems tell it, beside them in the state. What did not change stays the same object: screens and the
// page look by identity.

import { SYSTEMS } from '../systems/all.ts'
import type { Folded } from './folded.ts'
import type { FaultState } from './state.ts'

/** As it was shown last. */
const shown = new WeakMap<FaultState, FaultState>()
const lists = new WeakMap<readonly FaultState[], readonly FaultState[]>()

export function withEffects(
  { faults, runs, phase }: Pick<Folded, 'faults' | 'runs' | 'phase'>,
  states: { readonly [system: string]: unknown },
): readonly FaultState[] {
  const tellers = SYSTEMS.filter(({ name, observation }) => runs.includes(name) && observation.did)
  if (tellers.length === 0) return faults
  const over = phase === 'stopping' || phase === 'stopped'
  const told = faults.map((fault, i) => {
    const words = tellers.flatMap(
      ({ name, observation }) => observation.did?.(states[name], fault, i, over) ?? [],
    )
    return saying(fault, words.length === 0 ? undefined : words.join(' '))
  })
  const before = lists.get(faults)
  if (before && told.every((fault, i) => fault === before[i])) return before
  lists.set(faults, told)
  return told
}

function saying(fault: FaultState, did: string | undefined): FaultState {
  const known = shown.get(fault)
  if (known && known.did === did) return known
  const made = { ...fault, did }
  shown.set(fault, made)
  return made
}
