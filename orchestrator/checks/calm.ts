// Waiting until a network has settled after its faults.

import type { PlannedCheck } from '../spec/types.ts'
import { systemsIn } from '../systems/present.ts'
import type { Ground } from './check.ts'
import { waitUntil } from './wait.ts'

/**
 * Resolves when the network has settled by its systems' own account, or when the check's time is over, for checks of what
 * happened: the branches that a cut has made are left after it, so who looks in the moment of the heal sees none left. `enough`:
 * there is nothing more to wait for.
 */
export function calm(ground: Ground, wish: PlannedCheck, enough: () => boolean): Promise<void> {
  const settled = () => {
    const state = ground.state()
    return systemsIn(state).every(system => system.settled(state))
  }
  return waitUntil(ground, wish, () => settled() || enough())
}
