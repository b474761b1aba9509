// Opcodes that a deployment gives a meaning: OP_CHECKTEMPLATEVERIFY (BIP119), its hash held against one made anew from the BIP's
// text, and OP_CAT (BIP347).

import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { encode } from '../../node/bitcoin/wire/codec.ts'
import { toHex } from '../../node/bitcoin/wire/hex.ts'
import { createRandom } from '../../node/core/random.ts'
import { concat, pushData } from '../../node/ledger/chain/push.ts'
import { makeTx, txCodec } from '../../node/ledger/chain/tx.ts'
import type { Tx } from '../../node/ledger/chain/types.ts'
import { CONSENSUS_FLAGS, STANDARD_FLAGS, standardFlags, VERIFY } from '../../node/ledger/script/flags.ts'
import { OP } from '../../node/ledger/script/opcodes.ts'
import { templateHash } from '../../node/ledger/script/template-hash.ts'
import { verifySpend } from '../../node/ledger/script/verify.ts'
import { secp } from '../support/chain.ts'
import { coinsOf, leafOf, UNSIGNED } from '../support/taproot-spend.ts'

const sha256 = (...parts: Uint8Array[]) => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return new Uint8Array(hash.digest())
}
const u32 = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value >>> 0)
  return bytes
}
const sized = (bytes: Uint8Array) =>
  bytes.length < 253
    ? concat(Uint8Array.of(bytes.length), bytes)
    : concat(Uint8Array.of(253, bytes.length & 255, bytes.length >> 8), bytes)

/** From the text of BIP119. */
function modelHash(tx: Tx, index: number): Uint8Array {
  const parts: Uint8Array[] = [u32(tx.version), u32(tx.lockTime)]
  if (tx.inputs.some(({ scriptSig }) => scriptSig.length > 0))
    parts.push(sha256(...tx.inputs.map(({ scriptSig }) => sized(scriptSig))))
  parts.push(u32(tx.inputs.length), sha256(...tx.inputs.map(({ sequence }) => u32(sequence))))
  const outputs = tx.outputs.map(({ valueSat, script }) => {
    const value = Buffer.alloc(8)
    value.writeBigInt64LE(BigInt(valueSat))
    return concat(value, sized(script))
  })
  parts.push(u32(tx.outputs.length), sha256(...outputs), u32(index))
  return sha256(...parts)
}

describe('the hash of a template', () => {
  const seed = 'templates'
  test(`is the BIP's, over transactions of seed ${seed}`, () => {
    const random = createRandom(seed)
    for (let i = 0; i < 300; i++) {
      const signed = random.int(2) === 0
      const bytes = (lengths: readonly number[]) => random.bytes(lengths[random.int(lengths.length)] ?? 0)
      const tx = makeTx({
        version: random.int(2 ** 31) | 0,
        lockTime: random.int(2 ** 32),
        inputs: Array.from({ length: 1 + random.int(4) }, (_, index) => ({
          previous: { txid: toHex(random.bytes(32)), index },
          scriptSig: signed ? bytes([0, 1, 200, 300]) : new Uint8Array(0),
          sequence: random.int(2 ** 32),
          witness: random.int(2) === 0 ? [] : [random.bytes(3)],
        })),
        outputs: Array.from({ length: 1 + random.int(4) }, () => ({
          valueSat: random.int(2 ** 40),
          script: bytes([0, 22, 34, 260]),
        })),
      })
      const index = random.int(2 ** 32)
      expect(toHex(templateHash(tx, index)), toHex(encode(txCodec, tx))).toBe(toHex(modelHash(tx, index)))
    }
  })

  test('does not depend on the coins spent, nor on witnesses', () => {
    const [first, ...others] = UNSIGNED.inputs
    const elsewhere = { txid: '77'.repeat(32), index: 9 }
    const moved = makeTx({
      ...UNSIGNED,
      inputs: [{ ...first, previous: elsewhere, witness: [Uint8Array.of(1)] } as Tx['inputs'][0], ...others],
    })
    expect(templateHash(moved, 0)).toEqual(templateHash(UNSIGNED, 0))
    expect(templateHash(moved, 1)).not.toEqual(templateHash(moved, 0))
  })
})

const { CHECKTEMPLATEVERIFY: CTV, CAT } = VERIFY

describe('OP_CHECKTEMPLATEVERIFY', () => {
  const bare = (script: Uint8Array, flags: number) =>
    verifySpend({ tx: UNSIGNED, index: 0, coins: coinsOf(script), secp }, flags) ?? 'OK'
  const script = (hash: Uint8Array) => concat(pushData(hash), Uint8Array.of(OP.nop4))
  const right = templateHash(UNSIGNED, 0)
  const wrong = right.map((byte, i) => (i === 31 ? byte ^ 1 : byte))

  test('wants the transaction that the hash says', () => {
    expect(bare(script(right), CONSENSUS_FLAGS | CTV)).toBe('OK')
    expect(bare(script(wrong), CONSENSUS_FLAGS | CTV)).toBe('TEMPLATE_MISMATCH')
    expect(bare(script(templateHash(UNSIGNED, 1)), CONSENSUS_FLAGS | CTV)).toBe('TEMPLATE_MISMATCH')
    expect(bare(Uint8Array.of(OP.nop4, OP.one), CONSENSUS_FLAGS | CTV)).toBe('INVALID_STACK_OPERATION')
  })

  test('leaves its argument, and lets what is no hash pass: it may get a meaning one day', () => {
    for (const length of [1, 31, 33]) {
      const other = script(new Uint8Array(length).fill(0x77))
      expect(bare(other, CONSENSUS_FLAGS | CTV)).toBe('OK')
      expect(bare(other, standardFlags(CONSENSUS_FLAGS | CTV))).toBe('DISCOURAGE_UPGRADABLE_NOPS')
    }
  })

  test('is OP_NOP4 where it is not in force, and relayed where it is alone', () => {
    expect(bare(script(wrong), CONSENSUS_FLAGS)).toBe('OK')
    expect(bare(script(right), STANDARD_FLAGS)).toBe('DISCOURAGE_UPGRADABLE_NOPS')
    expect(bare(script(right), standardFlags(CONSENSUS_FLAGS | CTV))).toBe('OK')
  })
})

describe('OP_CAT', () => {
  const run = (leafScript: Uint8Array, items: readonly Uint8Array[], flags: number) => {
    const leaf = leafOf(leafScript)
    const witness = [...items, leafScript, leaf.control]
    const inputs = UNSIGNED.inputs.map((input, i) => (i === 0 ? { ...input, witness } : input))
    const spend = { tx: makeTx({ ...UNSIGNED, inputs }), index: 0, coins: coinsOf(leaf.script), secp }
    return verifySpend(spend, flags) ?? 'OK'
  }
  const equals = (...wanted: number[]) =>
    concat(Uint8Array.of(OP.cat), pushData(Uint8Array.of(...wanted)), Uint8Array.of(OP.equal))
  const [a, b] = [Uint8Array.of(0xaa, 0xbb), Uint8Array.of(0xcc)]

  test('joins the two topmost items, the upper one behind', () => {
    expect(run(equals(0xaa, 0xbb, 0xcc), [a, b], CONSENSUS_FLAGS | CAT)).toBe('OK')
    expect(run(equals(0xcc, 0xaa, 0xbb), [a, b], CONSENSUS_FLAGS | CAT)).toBe('EVAL_FALSE')
    const empty = concat(Uint8Array.of(OP.cat, OP.size, OP.notZero, OP.nip, OP.not))
    expect(run(empty, [new Uint8Array(0), new Uint8Array(0)], CONSENSUS_FLAGS | CAT)).toBe('OK')
  })

  test('makes no item of more than 520 bytes, and needs two', () => {
    const size = Uint8Array.of(OP.cat, OP.size, OP.nip)
    const items = (upper: number) => [new Uint8Array(260), new Uint8Array(upper)]
    expect(run(size, items(260), CONSENSUS_FLAGS | CAT)).toBe('OK')
    expect(run(size, items(261), CONSENSUS_FLAGS | CAT)).toBe('PUSH_SIZE')
    expect(run(equals(0xaa), [a], CONSENSUS_FLAGS | CAT)).toBe('INVALID_STACK_OPERATION')
  })

  test('makes a tapscript succeed unread where it is not in force, as do its kind where it is', () => {
    const bad = concat(Uint8Array.of(OP.cat), Uint8Array.of(OP.return))
    expect(run(bad, [a, b], CONSENSUS_FLAGS)).toBe('OK')
    expect(run(bad, [a, b], CONSENSUS_FLAGS | CAT)).toBe('OP_RETURN')
    expect(run(concat(bad, Uint8Array.of(OP.right)), [a, b], CONSENSUS_FLAGS | CAT)).toBe('OK')
    expect(run(equals(0xaa, 0xbb, 0xcc), [a, b], STANDARD_FLAGS)).toBe('DISCOURAGE_OP_SUCCESS')
    expect(run(equals(0xaa, 0xbb, 0xcc), [a, b], standardFlags(CONSENSUS_FLAGS | CAT))).toBe('OK')
  })

  test('stays disabled outside tapscript', () => {
    const script = Uint8Array.of(OP.one, OP.one, OP.cat)
    expect(verifySpend({ tx: UNSIGNED, index: 0, coins: coinsOf(script), secp }, CONSENSUS_FLAGS | CAT)).toBe(
      'DISABLED_OPCODE',
    )
  })
})
