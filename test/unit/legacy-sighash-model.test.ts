// What a legacy signature signs, against the rule in its plainest words: change a copy of the transaction, write it, hash it twice.

import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromHex, toHex } from '../../node/bitcoin/wire/hex.ts'
import { makeTx } from '../../node/ledger/chain/tx.ts'
import type { Tx } from '../../node/ledger/chain/types.ts'
import { legacySighash } from '../../node/ledger/script/sighash-legacy.ts'

const NONE = 2
const SINGLE = 3
const ANYONE_CAN_PAY = 0x80

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest()

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value >>> 0)
  return bytes
}

function i64(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64LE(BigInt(value))
  return bytes
}

/** Enough for what is written here. */
function compactSize(value: number): Buffer {
  if (value < 0xfd) return Buffer.of(value)
  return Buffer.of(0xfd, value & 0xff, value >> 8)
}

const withLength = (bytes: Uint8Array) => Buffer.concat([compactSize(bytes.length), bytes])

function writtenInput({ previous, sequence }: Tx['inputs'][number], script: Uint8Array): Buffer {
  const txid = Buffer.from(fromHex(previous.txid) as Uint8Array).reverse()
  return Buffer.concat([txid, u32(previous.index), withLength(script), u32(sequence)])
}

/** Without the OP_CODESEPARATORs among its operations; what is cut off stays. */
function unseparated(script: Uint8Array): Uint8Array {
  const kept: number[] = []
  for (let at = 0; at < script.length; ) {
    const opcode = script[at] as number
    const digits = opcode === 0x4c ? 1 : opcode === 0x4d ? 2 : opcode === 0x4e ? 4 : 0
    const size = Buffer.concat([script.subarray(at + 1, at + 1 + digits), Buffer.alloc(4)]).readUInt32LE()
    const end = at + 1 + digits + (opcode < 0x4c ? opcode : size)
    const isWhole = at + 1 + digits <= script.length && end <= script.length
    if (!isWhole) return Uint8Array.from([...kept, ...script.subarray(at)])
    if (opcode !== 0xab) kept.push(...script.subarray(at, end))
    at = end
  }
  return Uint8Array.from(kept)
}

/** Core's SignatureHash. */
function model(tx: Tx, index: number, script: Uint8Array, type: number): string {
  const [base, alone] = [type & 0x1f, (type & ANYONE_CAN_PAY) !== 0]
  if (base === SINGLE && index >= tx.outputs.length) return `01${'00'.repeat(31)}`
  const others = base === NONE || base === SINGLE
  const inputs = tx.inputs.map((input, i) =>
    i === index
      ? writtenInput(input, unseparated(script))
      : writtenInput({ ...input, sequence: others ? 0 : input.sequence }, new Uint8Array()),
  )
  const outputs = tx.outputs.map(({ valueSat, script: own }, i) =>
    base === SINGLE && i < index
      ? Buffer.concat([i64(-1), compactSize(0)])
      : Buffer.concat([i64(valueSat), withLength(own)]),
  )
  const signedInputs = alone ? inputs.slice(index, index + 1) : inputs
  const signedOutputs = outputs.slice(0, base === NONE ? 0 : base === SINGLE ? index + 1 : undefined)
  return sha256(
    sha256(
      Buffer.concat([
        u32(tx.version),
        ...[compactSize(signedInputs.length), ...signedInputs],
        ...[compactSize(signedOutputs.length), ...signedOutputs],
        ...[u32(tx.lockTime), u32(type)],
      ]),
    ),
  ).toString('hex')
}

const txid = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toHex)
const word = fc.integer({ min: 0, max: 0xffffffff })
const script = fc.uint8Array({ maxLength: 300 })
const transaction = fc
  .record({
    version: word,
    lockTime: word,
    inputs: fc.array(
      fc.record({
        previous: fc.record({ txid, index: word }),
        scriptSig: script,
        sequence: word,
        witness: fc.constant([]),
      }),
      { minLength: 1, maxLength: 6 },
    ),
    outputs: fc.array(fc.record({ valueSat: fc.nat(), script }), { minLength: 1, maxLength: 6 }),
  })
  .map(makeTx)

test('every type of signature signs what the rule says, at every input', () => {
  const types = fc.oneof(fc.constantFrom(0, 1, 2, 3, 4, 0x80, 0x81, 0x82, 0x83), word)
  fc.assert(
    fc.property(transaction, types, script, (tx, type, code) => {
      for (const index of tx.inputs.keys())
        expect(toHex(legacySighash(tx, index, code, type))).toBe(model(tx, index, code, type))
    }),
    { numRuns: 300 },
  )
})
