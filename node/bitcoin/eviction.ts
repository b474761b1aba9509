// Whose slot an inbound newcomer may take, after Core's SelectNodeToEvict: peers that are hard to imitate are protected
// by several measures at once, so that an attacker would have to beat honest peers in all of them to push them out.

import type { PeerId } from '../core/host.ts'
import type { KeyedHash } from './keyed-hash.ts'
import { netgroup } from './netgroup.ts'
import type { Peer } from './peer.ts'

export interface EvictionCandidate {
  readonly id: PeerId
  readonly connectedMs: number
  /** Undefined before the first pong: counts as the slowest. */
  readonly minPingMs: number | undefined
  /** When it last gave us something new; 0: never. */
  readonly lastBlockMs: number
  readonly lastTransactionMs: number
  readonly relaysTransactions: boolean
  readonly group: string
  /** Hash of the group under this node's own key: which groups are protected cannot be aimed at. */
  readonly keyedGroup: number
}

const PROTECTED_BY_GROUP = 4
const PROTECTED_BY_PING = 8
const PROTECTED_BY_TRANSACTION = 4
const PROTECTED_BLOCK_ONLY = 8
const PROTECTED_BY_BLOCK = 4

type Better = (a: EvictionCandidate, b: EvictionCandidate) => number

const byAge: Better = (a, b) => a.connectedMs - b.connectedMs || a.id - b.id
const byGroup: Better = (a, b) => b.keyedGroup - a.keyedGroup || byAge(a, b)
const byPing: Better = (a, b) =>
  (a.minPingMs ?? Number.MAX_VALUE) - (b.minPingMs ?? Number.MAX_VALUE) || byAge(a, b)
const byTransaction: Better = (a, b) => b.lastTransactionMs - a.lastTransactionMs || byAge(a, b)
const byBlock: Better = (a, b) => b.lastBlockMs - a.lastBlockMs || byAge(a, b)
/** Those that want no transactions are compared among themselves (Core's CompareNodeBlockRelayOnlyTime). */
const byBlockOnly: Better = (a, b) =>
  Number(a.relaysTransactions) - Number(b.relaysTransactions) || byBlock(a, b)

export function candidateOf(peer: Peer, hash: KeyedHash): EvictionCandidate {
  const { id, connectedMs, minPingMs, lastBlockMs, lastTransactionMs, relaysTransactions } = peer
  const group = netgroup(peer.address)
  return {
    id,
    connectedMs,
    minPingMs,
    lastBlockMs,
    lastTransactionMs,
    relaysTransactions,
    group,
    keyedGroup: hash(group),
  }
}

/** The inbound peer to close for a new one; undefined when all are protected. */
export function selectForEviction(inbound: readonly EvictionCandidate[]): PeerId | undefined {
  let rest = protect(inbound, PROTECTED_BY_GROUP, byGroup)
  rest = protect(rest, PROTECTED_BY_PING, byPing)
  rest = protect(rest, PROTECTED_BY_TRANSACTION, byTransaction)
  rest = protect(rest, PROTECTED_BLOCK_ONLY, byBlockOnly, peer => !peer.relaysTransactions)
  rest = protect(rest, PROTECTED_BY_BLOCK, byBlock)
  rest = protect(rest, Math.floor(rest.length / 2), byAge)
  return youngestOfLargestGroup(rest)
}

/** Without the best `count`, of which only those that are `eligible` are protected. */
function protect(
  peers: readonly EvictionCandidate[],
  count: number,
  better: Better,
  eligible: (peer: EvictionCandidate) => boolean = () => true,
): readonly EvictionCandidate[] {
  return [...peers].sort(better).filter((peer, rank) => rank >= count || !eligible(peer))
}

function youngestOfLargestGroup(peers: readonly EvictionCandidate[]): PeerId | undefined {
  const groups = new Map<string, EvictionCandidate[]>()
  for (const peer of [...peers].sort((a, b) => -byAge(a, b)))
    groups.set(peer.group, [...(groups.get(peer.group) ?? []), peer])
  let largest: EvictionCandidate[] = []
  // The youngest peer's group comes first, so it is the one that stands among equals.
  for (const members of groups.values()) if (members.length > largest.length) largest = members
  return largest[0]?.id
}
