// Messages about other peers: who came and who went since the last one (BEP 11). IPv4 only, as everything here.

import type { Address } from '../../core/host.ts'
import { ProtocolError } from '../../errors.ts'
import { decodeBencode, encodeBencode, isDictionary } from '../bencode.ts'
import { compactAddress, compactAddresses, expandAddresses } from '../compact.ts'

export interface PexPeer {
  readonly address: Address
  /** It has all, and takes nothing. */
  readonly seed: boolean
  /** It was dialled, and answered. */
  readonly reachable: boolean
}

export interface Pex {
  readonly added: readonly PexPeer[]
  readonly dropped: readonly Address[]
}

const [SEED, REACHABLE] = [0x02, 0x10]
/** A message may have so many each way but for the first (BEP 11); who sends more is heard so far. */
const MOST = 100

export function encodePex({ added, dropped }: Pex): Uint8Array {
  const told = added.filter(({ address }) => compactAddress(address))
  return encodeBencode({
    added: compactAddresses(told.map(({ address }) => address)),
    'added.f': Uint8Array.from(
      told,
      ({ seed, reachable }) => (seed ? SEED : 0) | (reachable ? REACHABLE : 0),
    ),
    dropped: compactAddresses(dropped),
  })
}

/** Throws ProtocolError. */
export function decodePex(payload: Uint8Array): Pex {
  const said = decodeBencode(payload, { anyOrder: true })
  if (!isDictionary(said)) throw new ProtocolError('malformed', 'ut_pex')
  const flags = said['added.f'] instanceof Uint8Array ? said['added.f'] : undefined
  const added = addressesOf(said.added).map((address, i) => {
    const flag = flags?.[i] ?? 0
    return { address, seed: (flag & SEED) !== 0, reachable: (flag & REACHABLE) !== 0 }
  })
  return { added, dropped: addressesOf(said.dropped) }
}

function addressesOf(value: unknown): Address[] {
  if (value === undefined) return []
  if (!(value instanceof Uint8Array)) throw new ProtocolError('malformed', 'ut_pex: addresses')
  return expandAddresses(value).slice(0, MOST)
}
