// The address manager between two lives of a node: one value in the store, key included, so that slots stay the same.

import { ProtocolError } from '../errors.ts'
import {
  bool,
  type Codec,
  decode,
  encode,
  fixed,
  list,
  struct,
  u8,
  u16,
  u32,
  u64,
  varstring,
} from '../wire/codec.ts'
import type { AddressEntry } from './address-entry.ts'
import { AddressManager, MAX_NEW_SLOTS } from './addrman.ts'
import type { Random, Store } from './host.ts'
import { netgroup } from './netgroup.ts'

const KEY = 'core:addresses'
const FORMAT = 1
const MAX_STORED = 100_000

interface StoredEntry {
  readonly address: string
  readonly sourceGroup: string
  readonly services: bigint
  readonly time: number
  readonly lastTry: number
  readonly lastSuccess: number
  readonly attempts: number
  readonly tried: boolean
  readonly newSlots: readonly number[]
}

interface Stored {
  readonly format: number
  readonly key: Uint8Array
  readonly entries: readonly StoredEntry[]
}

const storedCodec: Codec<Stored> = struct<Stored>({
  format: u8,
  key: fixed(32),
  entries: list(
    struct<StoredEntry>({
      address: varstring(64),
      sourceGroup: varstring(128),
      services: u64,
      time: u32,
      lastTry: u32,
      lastSuccess: u32,
      attempts: u32,
      tried: bool,
      newSlots: list(u16, MAX_NEW_SLOTS),
    }),
    MAX_STORED,
  ),
})

export interface StoredAddressManager {
  readonly addresses: AddressManager
  /** Commits what changed since the last time. */
  save(): void
}

/** From the store, or empty with a fresh key when there is none or it cannot be read: addresses are easily found again. */
export function loadAddressManager(store: Store, random: Random, now: () => number): StoredAddressManager {
  const stored = read(store.get(KEY))
  const key = stored?.key.slice() ?? random.bytes(32)
  const addresses = new AddressManager({ key, random, now })
  for (const entry of stored?.entries ?? []) addresses.restore(revive(entry))
  let savedRevision = 0
  return {
    addresses,
    save() {
      if (addresses.revision === savedRevision) return
      savedRevision = addresses.revision
      const entries = [...addresses.entries()].slice(0, MAX_STORED).map(freeze)
      store.commit([{ put: KEY, value: encode(storedCodec, { format: FORMAT, key, entries }) }])
    },
  }
}

function read(value: Uint8Array | undefined): Stored | undefined {
  if (!value) return undefined
  try {
    const stored = decode(storedCodec, value)
    return stored.format === FORMAT ? stored : undefined
  } catch (error) {
    if (error instanceof ProtocolError) return undefined
    throw error
  }
}

function freeze(entry: Readonly<AddressEntry>): StoredEntry {
  return { ...entry, tried: entry.triedSlot !== undefined, newSlots: [...entry.newSlots] }
}

function revive({ tried, newSlots, ...rest }: StoredEntry): AddressEntry {
  return {
    ...rest,
    group: netgroup(rest.address),
    lastCountedTry: 0,
    newSlots: new Set(newSlots),
    // The place follows from the key; the manager works it out again.
    triedSlot: tried ? 0 : undefined,
  }
}
