// What an address is worth, as Core judges it: at each limit, on both of its sides.

import { describe, expect, it } from 'vitest'
import { type AddressEntry, chanceOf, isTerrible } from '../../node/bitcoin/address-entry.ts'

const NOW = 1_750_000_000
const MINUTE = 60
const DAY = 86_400

/** Heard of now, never dialled. */
function entry(change: Partial<AddressEntry> = {}): AddressEntry {
  return {
    address: '1.2.3.4:5',
    group: '1.2',
    sourceGroup: '9.9',
    services: 9n,
    time: NOW,
    lastTry: 0,
    lastCountedTry: 0,
    lastSuccess: 0,
    attempts: 0,
    newSlots: new Set(),
    triedSlot: undefined,
    ...change,
  }
}

describe('an address is terrible', () => {
  const worked = { lastSuccess: NOW - 7 * DAY - 1, lastTry: NOW - 2 * MINUTE }

  it.each<[when: string, verdict: boolean, change: Partial<AddressEntry>]>([
    ['when it is fresh', false, {}],
    ['when it was heard of thirty days ago', false, { time: NOW - 30 * DAY }],
    ['when that is longer ago', true, { time: NOW - 30 * DAY - 1 }],
    ['when it comes from ten minutes ahead', false, { time: NOW + 10 * MINUTE }],
    ['when it comes from farther ahead', true, { time: NOW + 10 * MINUTE + 1 }],
    ['after two failures, if it never answered', false, { attempts: 2 }],
    ['after three, if it never answered', true, { attempts: 3 }],
    ['after three, if the last was a minute ago', false, { attempts: 3, lastTry: NOW - MINUTE }],
    ['after three, if the last was longer ago', true, { attempts: 3, lastTry: NOW - MINUTE - 1 }],
    ['after nine failures in more than a week', false, { ...worked, attempts: 9 }],
    ['after ten failures in more than a week', true, { ...worked, attempts: 10 }],
    ['after ten failures in a week', false, { ...worked, lastSuccess: NOW - 7 * DAY, attempts: 10 }],
    ['after a week without a failure', false, { ...worked, attempts: 0 }],
  ])('%s: %s', (_, verdict, change) => {
    expect(isTerrible(entry(change), NOW)).toBe(verdict)
  })
})

describe('the chance to be dialled', () => {
  it.each<[what: string, chance: number, change: Partial<AddressEntry>]>([
    ['is whole for one that was never tried', 1, {}],
    ['is a hundredth within ten minutes of a try', 0.01, { lastTry: NOW - 10 * MINUTE + 1 }],
    ['is whole ten minutes after it', 1, { lastTry: NOW - 10 * MINUTE }],
    ['is a third less with each failure', 0.66 ** 3, { attempts: 3 }],
    ['falls no more after the eighth', 0.66 ** 8, { attempts: 8 }],
    ['falls no more after the eighth', 0.66 ** 8, { attempts: 20 }],
    ['suffers from both', 0.01 * 0.66, { attempts: 1, lastTry: NOW }],
  ])('%s', (_, chance, change) => {
    expect(chanceOf(entry(change), NOW)).toBeCloseTo(chance, 12)
  })
})
