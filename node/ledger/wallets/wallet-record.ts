// What is kept of a wallet beside its labels: what it may do, its descriptors, coins that are locked, and, where it has a passphrase,
// its private keys under lock.

import { fromHex, toHex } from '../../bitcoin/wire/hex.ts'
import type { Store } from '../../core/host.ts'
import type { Locked } from './cipher.ts'
import type { StoredDescriptor } from './watched-descriptor.ts'

export interface WalletFlags {
  readonly privateKeys: boolean
  readonly blank: boolean
  readonly avoidReuse: boolean
}

export interface WalletRecord {
  readonly flags: WalletFlags
  /** Without private keys where they are under lock. */
  readonly descriptors: readonly StoredDescriptor[]
  /** Outpoints that no payment takes by itself. */
  readonly lockedCoins: readonly string[]
  /** Texts of descriptors with private keys, as JSON, under lock. */
  readonly secrets?: Locked
  /** When it was made, in seconds. */
  readonly birth: number
}

/** Which wallets there are, and which of them are loaded at the start. */
export type WalletList = readonly { readonly name: string; readonly atStart: boolean }[]

const LIST = 'wallet/list'

export function readList(store: Store): WalletList {
  return readJson<WalletList>(store, LIST) ?? []
}

export function writeList(store: Store, list: WalletList): void {
  store.commit([{ put: LIST, value: jsonBytes(list) }])
}

export function readRecord(store: Store, name: string): WalletRecord | undefined {
  return readJson<WalletRecord>(store, recordKey(name))
}

export function writeRecord(store: Store, name: string, record: WalletRecord): void {
  store.commit([{ put: recordKey(name), value: jsonBytes(record) }])
}

/** Labels and notes of payments; of the wallet without a name they stand where they stood before there were others. */
export function notesKey(name: string): string {
  return name === '' ? 'wallet/notes' : `wallet/notes/${hexName(name)}`
}

/** The list of transactions that are in no block, and each of them. */
export function pendingKey(name: string, txid?: string): string {
  return `wallet/pending/${hexName(name)}${txid === undefined ? '' : `/${txid}`}`
}

/** Scripts of the wallet that were spent from, while it avoids them. */
export function spentFromKey(name: string): string {
  return `wallet/spent-from/${hexName(name)}`
}

/** A wallet as one text, to be put elsewhere. */
export function exportWallet(record: WalletRecord, notes: Uint8Array | undefined): Uint8Array {
  return jsonBytes({ netsplitWallet: 1, record, ...(notes && { notes: toHex(notes) }) })
}

/** Undefined for bytes that `exportWallet` did not make. */
export function importWallet(
  bytes: Uint8Array,
): { readonly record: WalletRecord; readonly notes: Uint8Array | undefined } | undefined {
  try {
    const parsed = JSON.parse(new TextDecoder().decode(bytes))
    if (parsed?.netsplitWallet !== 1 || !Array.isArray(parsed.record?.descriptors)) return undefined
    return { record: parsed.record, notes: parsed.notes ? fromHex(parsed.notes) : undefined }
  } catch {
    return undefined // no JSON
  }
}

function recordKey(name: string): string {
  return `wallet/named/${hexName(name)}`
}

/** Keys of the store are ASCII. */
function hexName(name: string): string {
  return toHex(new TextEncoder().encode(name))
}

/** What `jsonBytes` made of a value. */
export function readJson<T>(store: Store, key: string): T | undefined {
  const bytes = store.get(key)
  return bytes && (JSON.parse(new TextDecoder().decode(bytes)) as T)
}

export function jsonBytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value))
}
