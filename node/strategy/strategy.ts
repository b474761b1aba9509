// An adversary is an honest core in bad company: a strategy stands between the core and its machine, hears what comes in
// and decides what of the core's messages leaves the node. The core's own code knows nothing of it.

import type { AnyEvent, Host } from '../core/host.ts'
import type { Protocol } from '../core/protocol.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { Eavesdropper } from './eavesdropper.ts'
import type { StrategyName } from './name.ts'
import type { Race } from './race.ts'
import { SelfishMiner } from './selfish.ts'
import { Veil } from './veil.ts'

export interface StrategyOptions {
  readonly magic: Uint8Array
  /** Told when a race begins. */
  readonly onRace?: (race: Race) => void
}

/** What a core of this strategy is given in place of its machine and its ledger. */
export function disguise(
  _name: StrategyName,
  host: Host,
  ledger: Ledger,
  { magic, onRace }: StrategyOptions,
): { readonly host: Host; readonly protocol: Protocol } {
  const veil = new Veil(host.connections, magic)
  const miner = new SelfishMiner(veil, onRace ?? (() => {}))
  const { clock, random, store } = host
  const emit = (event: AnyEvent) => {
    miner.onEvent(event)
    host.emit(event)
  }
  const protocol = new Eavesdropper(ledger, ({ hash }) => {
    const entry = ledger.chain.entry(hash)
    if (entry) miner.heard(hash, entry.height)
  })
  return { host: { clock, random, store, connections: veil, emit }, protocol }
}
