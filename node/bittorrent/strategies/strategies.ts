// How dishonest peers behave, and peers with a planted fault: each is the honest conduct with one thing changed.

import type { Random } from '../../core/host.ts'
import { type Conduct, HONEST } from '../conduct.ts'
import type { SwarmStrategy } from '../options.ts'

/** Of the one whom a slow unchoker serves. */
const SLOW_BPS = 4_096

/** `random`: of what it draws, where it draws. */
export function conductOf(strategy: SwarmStrategy | undefined, random: Random): Conduct {
  switch (strategy) {
    case undefined:
      return HONEST
    case 'free-rider':
      return { ...HONEST, unchoking: () => ({ slots: 0, optimistic: 0 }), givesFast: false }
    case 'polluter':
      return { ...HONEST, served: (_request, block) => spoilt(block, random) }
    case 'liar-hashes':
      return { ...HONEST, hashes: (_range, hashes) => spoilt(hashes, random) }
    case 'slow-unchoker':
      return { ...HONEST, unchoking: () => ({ slots: 1, optimistic: 0 }), upBps: SLOW_BPS }
    case 'accepts-unverified':
      return { ...HONEST, accepts: () => true }
    case 'no-optimistic':
      return { ...HONEST, unchoking: slots => ({ slots, optimistic: 0 }) }
    case 'sequential':
      return { ...HONEST, order: 'sequential' }
    case 'forgets':
      return { ...HONEST, remembers: false }
  }
}

/** A copy with one bit that is wrong. */
function spoilt(bytes: Uint8Array, random: Random): Uint8Array {
  const copy = bytes.slice()
  const at = random.int(copy.length)
  copy[at] = (copy[at] as number) ^ (1 << random.int(8))
  return copy
}
