// What is known of one address, and how good a bet it is (Core's AddrInfo).

import type { Address } from '../core/host.ts'

export const HOUR_SECONDS = 3600
export const DAY_SECONDS = 24 * HOUR_SECONDS

const HORIZON_SECONDS = 30 * DAY_SECONDS
const RETRIES_IF_NEVER_REACHED = 3
const MAX_FAILURES = 10
const MAX_FAILURE_SECONDS = 7 * DAY_SECONDS
const JUST_TRIED_SECONDS = 60
const RECENTLY_TRIED_SECONDS = 10 * 60
const FUTURE_SECONDS = 10 * 60

/** All times in seconds since the epoch; 0: never. */
export interface AddressEntry {
  readonly address: Address
  readonly group: string
  /** Network group of the peer that first told of it. */
  readonly sourceGroup: string
  services: bigint
  /** When it was last heard of. */
  time: number
  lastTry: number
  /** The last attempt that counted in `attempts`. */
  lastCountedTry: number
  lastSuccess: number
  /** Failed attempts since the last success. */
  attempts: number
  /** Its places in the new table; empty while it is in the tried table. */
  readonly newSlots: Set<number>
  triedSlot: number | undefined
}

/** Not worth keeping or telling. */
export function isTerrible(entry: AddressEntry, now: number): boolean {
  if (now - entry.lastTry <= JUST_TRIED_SECONDS) return false
  if (entry.time > now + FUTURE_SECONDS) return true
  if (now - entry.time > HORIZON_SECONDS) return true
  if (entry.lastSuccess === 0) return entry.attempts >= RETRIES_IF_NEVER_REACHED
  return now - entry.lastSuccess > MAX_FAILURE_SECONDS && entry.attempts >= MAX_FAILURES
}

/** Relative chance to be chosen for a dial: less after failures, far less right after an attempt. */
export function chanceOf(entry: AddressEntry, now: number): number {
  const recent = now - entry.lastTry < RECENTLY_TRIED_SECONDS ? 0.01 : 1
  return recent * 0.66 ** Math.min(entry.attempts, 8)
}
