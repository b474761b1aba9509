// A ping of our own as an extension message (BEP 10): BitTorrent has none, and what a fault does to a connection is measured by one.
// `n`: its number; `p`: the number that comes back; `x`: a load that is passed over.

import type { PingTimes } from '../core/ping-times.ts'
import { decodeBencode, encodeBencode, isDictionary } from './bencode.ts'

export const NP_PING = 'np_ping'

export function pingPayload(number: number): Uint8Array {
  return encodeBencode({ n: number })
}

export function paddingPayload(bytes: number): Uint8Array {
  return encodeBencode({ x: new Uint8Array(bytes) })
}

/** What it is to be answered with. */
export function onPing(ping: PingTimes, payload: Uint8Array, nowMs: number): Uint8Array | undefined {
  const said = decodeBencode(payload, { anyOrder: true })
  if (!isDictionary(said)) return undefined
  const { n, p } = said
  if (typeof p === 'number') ping.answered(BigInt(p), nowMs)
  return typeof n === 'number' ? encodeBencode({ p: n }) : undefined
}
