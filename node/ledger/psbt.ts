// Partially signed transactions, version 0 (BIP174): an unsigned transaction and, for it and each input and output, a map of what
// signers need to know and have given. What a map holds that is not known here is kept.

import { Reader, Writer } from '../bitcoin/wire/codec.ts'
import { fromHex, toHex } from '../bitcoin/wire/hex.ts'
import { ProtocolError } from '../errors.ts'
import { decodeBase64, encodeBase64 } from './base64.ts'
import { makeTx, readOutput, readTx, writeOutput } from './chain/tx.ts'
import type { Tx, TxOut } from './chain/types.ts'

const MAGIC = Uint8Array.of(0x70, 0x73, 0x62, 0x74, 0xff)

/** Types of an input's keys. */
export const INPUT = {
  wholeTx: '00',
  witnessUtxo: '01',
  partialSig: '02',
  sighash: '03',
  redeemScript: '04',
  witnessScript: '05',
  finalScriptSig: '07',
  finalWitness: '08',
} as const
const GLOBAL_TX = '00'
const GLOBAL_VERSION = 'fb'

/** Key in hex, its type in front → value. */
export type PsbtMap = Map<string, Uint8Array>

export interface Psbt {
  /** Without signatures. */
  readonly tx: Tx
  readonly globals: PsbtMap
  readonly inputs: readonly PsbtMap[]
  readonly outputs: readonly PsbtMap[]
}

export function makePsbt(tx: Tx): Psbt {
  const maps = (items: readonly unknown[]) => items.map((): PsbtMap => new Map())
  return { tx, globals: new Map(), inputs: maps(tx.inputs), outputs: maps(tx.outputs) }
}

/** A word on why not for what is none. */
export function decodePsbt(text: string): Psbt | string {
  const bytes = decodeBase64(text)
  if (!bytes) return 'invalid base64'
  try {
    return readPsbt(new Reader(bytes))
  } catch (error) {
    if (error instanceof ProtocolError) return error.message
    throw error
  }
}

export function encodePsbt({ tx, globals, inputs, outputs }: Psbt): string {
  const w = new Writer()
  w.bytes(MAGIC)
  writeMap(w, new Map([...globals, [GLOBAL_TX, tx.bytes]]))
  for (const map of [...inputs, ...outputs]) writeMap(w, map)
  return encodeBase64(w.finish())
}

/** The coin that an input says it spends. */
export function utxoOf({ tx, inputs }: Psbt, index: number): TxOut | undefined {
  const map = inputs[index]
  const witness = map?.get(INPUT.witnessUtxo)
  if (witness) return readOutput(new Reader(witness))
  const whole = map?.get(INPUT.wholeTx)
  const point = tx.inputs[index]?.previous
  if (!whole || !point) return undefined
  const previous = makeTx(readTx(new Reader(whole)))
  return previous.txid === point.txid ? previous.outputs[point.index] : undefined
}

export function outputBytes(output: TxOut): Uint8Array {
  const w = new Writer()
  writeOutput(w, output)
  return w.finish()
}

export function witnessBytes(items: readonly Uint8Array[]): Uint8Array {
  const w = new Writer()
  w.varint(items.length)
  for (const item of items) {
    w.varint(item.length)
    w.bytes(item)
  }
  return w.finish()
}

export function witnessItems(bytes: Uint8Array): Uint8Array[] {
  const r = new Reader(bytes)
  return Array.from({ length: r.varint() }, () => r.bytes(r.varint()))
}

function readPsbt(r: Reader): Psbt {
  if (toHex(r.bytes(MAGIC.length)) !== toHex(MAGIC))
    throw new ProtocolError('malformed', 'Invalid PSBT magic bytes')
  const globals = readMap(r)
  const raw = globals.get(GLOBAL_TX)
  if (!raw) throw new ProtocolError('malformed', 'No unsigned transaction was provided')
  if (globals.has(GLOBAL_VERSION) && globals.get(GLOBAL_VERSION)?.some(byte => byte !== 0))
    throw new ProtocolError('malformed', 'Unsupported version number')
  globals.delete(GLOBAL_TX)
  const tx = unsignedTx(raw)
  if (tx.inputs.some(({ scriptSig }) => scriptSig.length > 0))
    throw new ProtocolError('malformed', 'Unsigned tx does not have empty scriptSigs and scriptWitnesses.')
  const inputs = tx.inputs.map(() => readMap(r))
  const outputs = tx.outputs.map(() => readMap(r))
  if (r.remaining > 0) throw new ProtocolError('trailing-bytes', 'extra data after PSBT')
  return { tx, globals, inputs, outputs }
}

/** Always in the form without witnesses, so that no inputs are no mark of them. */
function unsignedTx(bytes: Uint8Array): Tx {
  if (bytes[4] !== 0) return makeTx(readTx(new Reader(bytes)))
  const r = new Reader(bytes)
  const version = r.u32()
  r.varint()
  const outputs = Array.from({ length: r.varint() }, () => readOutput(r))
  return makeTx({ version, inputs: [], outputs, lockTime: r.u32() })
}

function readMap(r: Reader): PsbtMap {
  const map: PsbtMap = new Map()
  for (;;) {
    const length = r.varint()
    if (length === 0) return map
    const key = toHex(r.bytes(length))
    if (map.has(key)) throw new ProtocolError('malformed', `Duplicate Key ${key}`)
    map.set(key, r.bytes(r.varint()))
  }
}

function writeMap(w: Writer, map: PsbtMap): void {
  for (const [key, value] of [...map].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const bytes = fromHex(key) as Uint8Array
    w.varint(bytes.length)
    w.bytes(bytes)
    w.varint(value.length)
    w.bytes(value)
  }
  w.varint(0)
}
