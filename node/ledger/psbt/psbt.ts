// Partially signed transactions, version 0 (BIP174): an unsigned transaction and, for it and each input and output, a map of what
// signers need to know and have given. What a map holds that is not known here is kept.

import { Reader, Writer } from '../../bitcoin/wire/codec.ts'
import { toHex } from '../../bitcoin/wire/hex.ts'
import { decodeBase64, encodeBase64 } from '../../core/base64.ts'
import { ProtocolError } from '../../errors.ts'
import { hash160 } from '../chain/hash160.ts'
import { makeTx, readOutput, readTx } from '../chain/tx.ts'
import type { Tx, TxOut } from '../chain/types.ts'
import type { Secp256k1 } from '../services.ts'
import { type Fields, GLOBAL, GLOBAL_FIELDS, INPUT, INPUT_FIELDS, OUTPUT_FIELDS } from './fields.ts'
import { BadPsbt, demand, hexBytes, readCoin, readWhole, readWholeTx } from './values.ts'

const MAGIC = Uint8Array.of(0x70, 0x73, 0x62, 0x74, 0xff)

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
export function decodePsbt(secp: Secp256k1, text: string): Psbt | string {
  const bytes = decodeBase64(text)
  if (!bytes) return 'invalid base64'
  try {
    return readPsbt(new Reader(bytes), secp)
  } catch (error) {
    if (error instanceof ProtocolError || error instanceof BadPsbt) return error.message
    throw error
  }
}

export function encodePsbt({ tx, globals, inputs, outputs }: Psbt): string {
  const w = new Writer()
  w.bytes(MAGIC)
  writeMap(w, new Map([...globals, [GLOBAL.tx, tx.bytes]]), Object.values(GLOBAL))
  for (const map of inputs) writeMap(w, isFinal(map) ? finalPart(map) : map, Object.values(INPUT))
  for (const map of outputs) writeMap(w, map, Object.keys(OUTPUT_FIELDS))
  return encodeBase64(w.finish())
}

export function isFinal(map: PsbtMap): boolean {
  return map.has(INPUT.finalScriptSig) || map.has(INPUT.finalWitness)
}

/** The entries of one type: what stands behind the type in the key, in hex, and the value. */
export function entriesOf(map: PsbtMap, type: string): [key: string, value: Uint8Array][] {
  const found: [string, Uint8Array][] = []
  for (const [key, value] of map) if (key.startsWith(type)) found.push([key.slice(2), value])
  return found
}

/** The coin that an input says it spends. */
export function utxoOf({ tx, inputs }: Psbt, index: number): TxOut | undefined {
  const map = inputs[index]
  const whole = map?.get(INPUT.wholeTx)
  const point = tx.inputs[index]?.previous
  if (whole && point) {
    const previous = readWholeTx(whole)
    return previous.txid === point.txid ? previous.outputs[point.index] : undefined
  }
  const witness = map?.get(INPUT.witnessUtxo)
  return witness && readCoin(witness)
}

/** What an input needs no more once it is final. */
function finalPart(map: PsbtMap): PsbtMap {
  const kept: readonly string[] = [INPUT.wholeTx, INPUT.witnessUtxo, INPUT.finalScriptSig, INPUT.finalWitness]
  return new Map(
    [...map].filter(
      ([key]) => kept.includes(key.slice(0, 2)) || !Object.hasOwn(INPUT_FIELDS, key.slice(0, 2)),
    ),
  )
}

function readPsbt(r: Reader, secp: Secp256k1): Psbt {
  const magic = r.remaining >= MAGIC.length ? toHex(r.bytes(MAGIC.length)) : ''
  demand(magic === toHex(MAGIC), 'Invalid PSBT magic bytes')
  const globals = readMap(r, GLOBAL_FIELDS, secp, 'the global')
  const raw = globals.get(GLOBAL.tx)
  if (!raw) throw new BadPsbt('No unsigned transaction was provided')
  globals.delete(GLOBAL.tx)
  const tx = unsignedTx(raw)
  demand(
    tx.inputs.every(({ scriptSig }) => scriptSig.length === 0) && !tx.hasWitness,
    'Unsigned tx does not have empty scriptSigs and scriptWitnesses.',
  )
  const inputs = readMaps(r, tx.inputs.length, INPUT_FIELDS, secp, 'input')
  for (const [index, map] of inputs.entries()) checkWhole(map, tx, index)
  const outputs = readMaps(r, tx.outputs.length, OUTPUT_FIELDS, secp, 'output')
  demand(r.remaining === 0, 'extra data after PSBT')
  return { tx, globals, inputs, outputs }
}

function readMaps(
  r: Reader,
  count: number,
  fields: Fields,
  secp: Secp256k1,
  what: 'input' | 'output',
): PsbtMap[] {
  const maps: PsbtMap[] = []
  while (r.remaining > 0 && maps.length < count) maps.push(readMap(r, fields, secp, `an ${what}`))
  const name = what === 'input' ? 'Input' : 'Output'
  demand(maps.length === count, `${name}s provided does not match the number of ${what}s in transaction.`)
  return maps
}

function checkWhole(map: PsbtMap, tx: Tx, index: number): void {
  const whole = map.get(INPUT.wholeTx)
  const point = tx.inputs[index]?.previous
  if (!whole || !point) return
  const { txid, outputs } = readWholeTx(whole)
  demand(txid === point.txid, 'Non-witness UTXO does not match outpoint hash')
  demand(point.index < outputs.length, 'Input specifies output index that does not exist')
}

/** Always in the form without witnesses, so that no inputs are no mark of them. */
function unsignedTx(bytes: Uint8Array): Tx {
  return readWhole(bytes, r => (bytes[4] === 0 ? withoutInputs(r) : makeTx(readTx(r))))
}

function withoutInputs(r: Reader): Tx {
  const version = r.u32()
  r.varint()
  const outputs = Array.from({ length: r.varint() }, () => readOutput(r))
  return makeTx({ version, inputs: [], outputs, lockTime: r.u32() })
}

function readMap(r: Reader, fields: Fields, secp: Secp256k1, where: string): PsbtMap {
  const map: PsbtMap = new Map()
  for (;;) {
    demand(r.remaining > 0, `Separator is missing at the end of ${where} map`)
    const length = r.varint()
    if (length === 0) return map
    const key = r.bytes(length)
    const id = toHex(key)
    const type = id.slice(0, 2)
    const field = Object.hasOwn(fields, type) ? fields[type] : undefined
    demand(!map.has(id), `Duplicate Key, ${field?.what ?? 'key for unknown value'} already provided`)
    const value = r.bytes(r.varint())
    if (field) {
      demand(field.keyBytes.includes(length - 1), field.tooLong)
      field.check?.(key.subarray(1), value, secp)
    }
    map.set(id, value)
  }
}

/** In the order of the types, and within one by its keys; signatures by their keys' hashes, leaves by their scripts, as Core writes. */
function writeMap(w: Writer, map: PsbtMap, order: readonly string[]): void {
  const rank = (key: string) => {
    const place = order.indexOf(key.slice(0, 2))
    return place === -1 ? order.length : place
  }
  const input = order.includes(INPUT.tapLeaf)
  const within = (key: string, value: Uint8Array) => {
    if (input && key.startsWith(INPUT.partialSig)) return toHex(hash160(hexBytes(key.slice(2))))
    return input && key.startsWith(INPUT.tapLeaf) ? `${toHex(value)}:${key.length}:${key}` : key
  }
  const sorted = [...map]
    .map(([key, value]) => ({ key, value, rank: rank(key), within: within(key, value) }))
    .sort((a, b) => a.rank - b.rank || (a.within < b.within ? -1 : 1))
  for (const { key, value } of sorted) {
    const bytes = hexBytes(key)
    w.varint(bytes.length)
    w.bytes(bytes)
    w.varint(value.length)
    w.bytes(value)
  }
  w.varint(0)
}
