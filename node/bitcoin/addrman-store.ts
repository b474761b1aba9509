// The address manager between two lives of a node: one value in the store, key included, so that slots stay the same.

import type { Cancel, Clock, Random, Store } from '../core/host.ts'
import { ProtocolError } from '../errors.ts'
import type { AddressEntry } from './address-entry.ts'
import { AddressManager, MAX_NEW_SLOTS } from './addrman.ts'
import { netgroup } from './netgroup.ts'
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
} from './wire/codec.ts'

const KEY = 'core:addresses'
const FORMAT = 1
const MAX_STORED = 100_000
const SAVE_INTERVAL_MS = 15 * 60_000

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

/** Read from the store; empty, with a fresh key, when there is none or it cannot be read: addresses are easily found again. */
export class StoredAddressManager {
  readonly addresses: AddressManager
  readonly #store: Store
  readonly #clock: Clock
  readonly #key: Uint8Array
  #savedRevision = 0
  #cancelSave: Cancel = () => {}

  constructor(store: Store, clock: Clock, random: Random) {
    const stored = read(store.get(KEY))
    this.#store = store
    this.#clock = clock
    this.#key = stored?.key.slice() ?? random.bytes(32)
    const now = () => Math.floor(clock.now() / 1000)
    this.addresses = new AddressManager({ key: this.#key, random, now })
    for (const entry of stored?.entries ?? []) this.addresses.restore(revive(entry))
  }

  /** From here on it is saved now and then. */
  start(): void {
    this.#cancelSave = this.#clock.after(SAVE_INTERVAL_MS, () => {
      this.#save()
      this.start()
    })
  }

  stop(): void {
    this.#cancelSave()
    this.#save()
  }

  /** Commits what changed since the last time. */
  #save(): void {
    const { addresses } = this
    if (addresses.revision === this.#savedRevision) return
    this.#savedRevision = addresses.revision
    const entries = [...addresses.entries()].slice(0, MAX_STORED).map(freeze)
    this.#store.commit([
      { put: KEY, value: encode(storedCodec, { format: FORMAT, key: this.#key, entries }) },
    ])
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
