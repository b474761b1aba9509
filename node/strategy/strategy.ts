// An adversary is an honest service in bad company: a strategy stands between a service and its machine, hears what comes in
// and decides what of the service's messages leaves the node. The service's own code knows nothing of it.

import type { Protocol } from '../bitcoin/protocol.ts'
import type { AnyEvent, ServiceHost } from '../core/host.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { Eavesdropper } from './eavesdropper.ts'
import type { StrategyName } from './name.ts'
import type { Race } from './race.ts'
import { SelfishMiner } from './selfish.ts'
import { Veil } from './veil.ts'

export interface StrategyOptions {
  readonly magic: Uint8Array
  /** Told when a race begins. */
  readonly onRace?: ((race: Race) => void) | undefined
}

/** What Bitcoin's peer is given in place of its ledger and its machine. */
export interface Disguise {
  /** The ledger with an ear at it. */
  readonly protocol: Protocol
  /** The machine as the peer is to see it. Frames are not shared with others: they may have to wait. */
  seen(host: ServiceHost): ServiceHost
}

export function disguise(_name: StrategyName, ledger: Ledger, { magic, onRace }: StrategyOptions): Disguise {
  let miner: SelfishMiner | undefined
  const protocol = new Eavesdropper(ledger, ({ hash }) => {
    const entry = ledger.chain.entry(hash)
    if (entry) miner?.heard(hash, entry.height)
  })
  return { protocol, seen: host => hidden(host) }

  function hidden(host: ServiceHost): ServiceHost {
    const { clock, random, store } = host
    const veil = new Veil(host.connections, magic)
    const selfish = new SelfishMiner(veil, onRace ?? (() => {}))
    miner = selfish
    const emit = (event: AnyEvent) => {
      selfish.onEvent(event)
      host.emit(event)
    }
    return { clock, random, store, connections: veil, emit }
  }
}
