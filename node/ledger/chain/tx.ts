// Transactions with and without witnesses (BIP144): bytes ↔ value. The original bytes are kept and are what is sent on.

import { type Codec, list, type Reader, Writer } from '../../bitcoin/wire/codec.ts'
import { hashToHex } from '../../bitcoin/wire/hex.ts'
import { ProtocolError } from '../../errors.ts'
import { hasher } from '../../hash.ts'
import { hashBytes, ZERO_HASH } from './header.ts'
import type { OutPoint, OutPointKey, Tx, TxIn, TxOut } from './types.ts'

/** What a transaction is made of; the rest follows. */
export type TxFields = Pick<Tx, 'version' | 'inputs' | 'outputs' | 'lockTime'>

/** A transaction whose hashes are still to be taken: a block's are taken together. */
export interface UnhashedTx extends TxFields {
  readonly bytes: Uint8Array
  /** The bytes without marker, flag and witnesses: what the txid commits to. */
  readonly stripped: Uint8Array
}

/** The index in the one input of a coinbase. */
export const NULL_INDEX = 0xffffffff

/** Shared by all empty scripts and witness items, so that a message full of them stays small in memory. */
const EMPTY = new Uint8Array(0)
const NO_WITNESS: readonly Uint8Array[] = Object.freeze([])

/** The least bytes that one of these takes: a count that needs more than there is can be refused at once. */
export const MIN_TX_BYTES = 10
const MIN_INPUT_BYTES = 41
const MIN_OUTPUT_BYTES = 9

export const txCodec: Codec<Tx> = {
  write: (w, tx) => w.bytes(tx.bytes),
  read: r => hashTxs([readTx(r)])[0] as Tx,
}

/** A count and that many transactions, at most `max`, hashed together: twice as fast as one by one. */
export function txsCodec(max: number): Codec<readonly Tx[]> {
  const unhashed = list<UnhashedTx>({ write: () => {}, read: readTx }, max, MIN_TX_BYTES)
  return { write: list(txCodec, max).write, read: r => hashTxs(unhashed.read(r)) }
}

export function makeTx(fields: TxFields): Tx {
  const hasWitness = fields.inputs.some(input => input.witness.length > 0)
  const bytes = txBytes(fields, hasWitness)
  const stripped = hasWitness ? txBytes(fields, false) : bytes
  return hashTxs([{ ...fields, bytes, stripped }])[0] as Tx
}

/** Takes the hashes of many transactions in one go. */
export function hashTxs(txs: readonly UnhashedTx[]): Tx[] {
  const withWitness = txs.filter(tx => tx.stripped !== tx.bytes)
  const hashes = hasher.sha256dMany([...txs.map(tx => tx.stripped), ...withWitness.map(tx => tx.bytes)])
  let nextWitness = txs.length
  return txs.map((tx, i) => {
    const hasWitness = tx.stripped !== tx.bytes
    const txid = hashToHex(hashes[i] as Uint8Array)
    return {
      version: tx.version,
      inputs: tx.inputs,
      outputs: tx.outputs,
      lockTime: tx.lockTime,
      txid,
      wtxid: hasWitness ? hashToHex(hashes[nextWitness++] as Uint8Array) : txid,
      bytes: tx.bytes,
      weight: 3 * tx.stripped.length + tx.bytes.length,
      hasWitness,
    }
  })
}

/** Reads one transaction. The rules for marker, flag and superfluous witnesses are Bitcoin Core's. */
export function readTx(r: Reader): UnhashedTx {
  const start = r.offset
  const version = r.u32()
  // A count of 0 inputs is the marker of the extended form; the flag byte behind it must then be 1.
  const extended = r.peek() === 0 && r.peek(1) !== 0
  if (extended && r.bytes(2)[1] !== 1) throw new ProtocolError('malformed', 'unknown transaction flag')
  const bodyStart = r.offset
  const inputs = readMany(r, MIN_INPUT_BYTES, readInput)
  const outputs = readMany(r, MIN_OUTPUT_BYTES, readOutput)
  if (!extended) return { version, inputs, outputs, lockTime: r.u32(), ...plain(r.since(start)) }

  const body = r.since(bodyStart)
  const witnessed = inputs.map(input => ({ ...input, witness: readMany(r, 1, readBytes) }))
  if (witnessed.every(input => input.witness.length === 0))
    throw new ProtocolError('malformed', 'witness form without a witness')
  const lockTime = r.u32()
  const bytes = r.since(start)
  const stripped = new Uint8Array(8 + body.length)
  stripped.set(bytes.subarray(0, 4))
  stripped.set(body, 4)
  stripped.set(bytes.subarray(-4), 4 + body.length)
  return { version, inputs: witnessed, outputs, lockTime, bytes, stripped }
}

export function outPointKey(point: OutPoint): OutPointKey {
  return `${point.txid}:${point.index}`
}

/** The outpoint that `outPointKey` made a key of. */
export function pointOf(key: OutPointKey): OutPoint {
  return { txid: key.slice(0, 64), index: Number(key.slice(65)) }
}

/** True for the input that spends nothing, as a coinbase has it. */
export function isNullOutPoint(point: OutPoint): boolean {
  return point.index === NULL_INDEX && point.txid === ZERO_HASH
}

export function isCoinbase(tx: TxFields): boolean {
  const [input] = tx.inputs
  return tx.inputs.length === 1 && input !== undefined && isNullOutPoint(input.previous)
}

/** An output in the form that transactions, signature hashes and the UTXO digest use. */
export function writeOutput(w: Writer, output: TxOut): void {
  // Two 32-bit halves: amounts are integers below 2^53, and a bigint each would cost more than the hash.
  const high = Math.floor(output.valueSat / 2 ** 32)
  w.u32(output.valueSat - high * 2 ** 32)
  w.i32(high)
  writeBytes(w, output.script)
}

function plain(bytes: Uint8Array): Pick<UnhashedTx, 'bytes' | 'stripped'> {
  return { bytes, stripped: bytes }
}

function txBytes(fields: TxFields, withWitness: boolean): Uint8Array {
  const w = new Writer()
  w.u32(fields.version)
  if (withWitness) w.u16(0x0100)
  w.varint(fields.inputs.length)
  for (const input of fields.inputs) {
    w.bytes(hashBytes(input.previous.txid))
    w.u32(input.previous.index)
    writeBytes(w, input.scriptSig)
    w.u32(input.sequence)
  }
  w.varint(fields.outputs.length)
  for (const output of fields.outputs) writeOutput(w, output)
  if (withWitness)
    for (const input of fields.inputs) {
      w.varint(input.witness.length)
      for (const item of input.witness) writeBytes(w, item)
    }
  w.u32(fields.lockTime)
  return w.finish()
}

function readInput(r: Reader): TxIn {
  return {
    previous: { txid: hashToHex(r.bytes(32)), index: r.u32() },
    scriptSig: readBytes(r),
    sequence: r.u32(),
    witness: NO_WITNESS,
  }
}

/** Reads what `writeOutput` wrote. */
export function readOutput(r: Reader): TxOut {
  const low = r.u32()
  return { valueSat: r.i32() * 2 ** 32 + low, script: readBytes(r) }
}

function writeBytes(w: Writer, bytes: Uint8Array): void {
  w.varint(bytes.length)
  w.bytes(bytes)
}

function readBytes(r: Reader): Uint8Array {
  const length = r.varint()
  return length === 0 ? EMPTY : r.bytes(length)
}

/** A count and that many items. The message's own size limits them: a count that cannot fit in the rest is refused. */
function readMany<T>(r: Reader, minBytes: number, read: (r: Reader) => T): T[] {
  const count = r.varint()
  if (count * minBytes > r.remaining) throw new ProtocolError('truncated', `${count} items announced`)
  const items: T[] = []
  for (let i = 0; i < count; i++) items.push(read(r))
  return items
}
