// Taproot (BIP341): spends by key, and the way from a key to a leaf; each valid, and wrong in each way.

import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toHex } from '../../node/bitcoin/wire/hex.ts'
import { hash160 } from '../../node/ledger/chain/hash160.ts'
import { concat, pushData } from '../../node/ledger/chain/push.ts'
import { p2shScript } from '../../node/ledger/script/kinds.ts'
import { taprootSighash } from '../../node/ledger/script/sighash-taproot.ts'
import {
  coinsOf,
  keyOutput,
  leafOf,
  NOTHING,
  runLeaf,
  sign,
  UNSIGNED,
  verdictOf,
} from '../support/taproot-spend.ts'

const GOOD = { consensus: undefined, standard: undefined }
const bad = (error: string) => ({ consensus: error, standard: error })
const frowned = (error: string) => ({ consensus: undefined, standard: error })
const OUTPUT = keyOutput()
const signed = (type = 0, index = 0, annex?: Uint8Array) =>
  sign(OUTPUT.script, { type, index, privateKey: OUTPUT.privateKey, ...(annex && { annex }) })
const ANNEX = Uint8Array.of(0x50, 1, 2, 3)
const TRUE = Uint8Array.of(0x51)

describe('a spend by key', () => {
  it.each([0, 1, 2, 3, 0x81, 0x82, 0x83])('is good with type %i', type => {
    expect(verdictOf(OUTPUT.script, [signed(type)])).toEqual(GOOD)
  })

  it('is good for another input, whose number it signs', () => {
    expect(verdictOf(OUTPUT.script, [signed(1, 1)], { index: 1 })).toEqual(GOOD)
    expect(verdictOf(OUTPUT.script, [signed(1, 1)])).toEqual(bad('SCHNORR_SIG'))
  })

  const body = signed().subarray(0, 64)
  const typed = (type: number) => concat(body, Uint8Array.of(type))
  const flipped = body.slice()
  flipped[40] = (flipped[40] as number) ^ 1
  it.each([
    ['no witness', [], 'WITNESS_PROGRAM_WITNESS_EMPTY'],
    ['no bytes', [NOTHING], 'SCHNORR_SIG_SIZE'],
    ['63 bytes', [body.subarray(0, 63)], 'SCHNORR_SIG_SIZE'],
    ['66 bytes', [concat(typed(1), TRUE)], 'SCHNORR_SIG_SIZE'],
    ['an annex in its place', [ANNEX], 'SCHNORR_SIG_SIZE'],
    ['the default type written out', [typed(0)], 'SCHNORR_SIG_HASHTYPE'],
    ...[4, 0x40, 0x80, 0x84, 0xff].map(
      type => [`type ${type}`, [typed(type)], 'SCHNORR_SIG_HASHTYPE'] as const,
    ),
    ['a type that it does not sign', [typed(2)], 'SCHNORR_SIG'],
    ['another bit', [flipped], 'SCHNORR_SIG'],
    ['zeros', [new Uint8Array(64)], 'SCHNORR_SIG'],
    ['ones', [new Uint8Array(64).fill(0xff)], 'SCHNORR_SIG'],
    ['an annex that it does not sign', [body, ANNEX], 'SCHNORR_SIG'],
  ] as const)('fails with %s', (_name, witness, error) => {
    expect(verdictOf(OUTPUT.script, witness)).toEqual(bad(error))
  })

  it('fails with SINGLE where there is no output', () => {
    expect(verdictOf(OUTPUT.script, [typed(3)], { index: 1 })).toEqual(bad('SCHNORR_SIG_HASHTYPE'))
  })

  it('signs the annex', () => {
    const signature = signed(0, 0, ANNEX)
    expect(verdictOf(OUTPUT.script, [signature, ANNEX])).toEqual(GOOD)
    expect(verdictOf(OUTPUT.script, [signature])).toEqual(bad('SCHNORR_SIG'))
    expect(verdictOf(OUTPUT.script, [signature, Uint8Array.of(0x50)])).toEqual(bad('SCHNORR_SIG'))
  })

  it('of a key that is no point fails', () => {
    const script = concat(Uint8Array.of(0x51, 32), new Uint8Array(32).fill(0xff))
    expect(verdictOf(script, [body])).toEqual(bad('SCHNORR_SIG'))
  })

  it('needs an empty scriptSig', () => {
    expect(verdictOf(OUTPUT.script, [body], { scriptSig: TRUE })).toEqual(bad('WITNESS_MALLEATED'))
  })

  it('is none behind a script hash, where anyone may spend', () => {
    const scriptSig = pushData(OUTPUT.script)
    const verdict = verdictOf(p2shScript(hash160(OUTPUT.script)), [], { scriptSig })
    expect(verdict).toEqual(frowned('DISCOURAGE_UPGRADABLE_WITNESS_PROGRAM'))
  })
})

describe('the way to a leaf', () => {
  it.each([0, 1, 2, 17, 128])('may have %i branches', depth => {
    expect(runLeaf(TRUE, [], { depth })).toEqual(GOOD)
  })

  const { script, control } = leafOf(TRUE, { depth: 2 })
  const changed = (at: number) => control.map((byte, i) => (i === at ? byte ^ 1 : byte))
  it.each([
    ['nothing', NOTHING, 'TAPROOT_WRONG_CONTROL_SIZE'],
    ['32 bytes', control.subarray(0, 32), 'TAPROOT_WRONG_CONTROL_SIZE'],
    ['a branch cut off', control.subarray(0, -1), 'TAPROOT_WRONG_CONTROL_SIZE'],
    ['a byte too many', concat(control, TRUE), 'TAPROOT_WRONG_CONTROL_SIZE'],
    ['129 branches', concat(control, new Uint8Array(32 * 127)), 'TAPROOT_WRONG_CONTROL_SIZE'],
    ['a branch less', control.subarray(0, -32), 'WITNESS_PROGRAM_MISMATCH'],
    ['the other parity', changed(0), 'WITNESS_PROGRAM_MISMATCH'],
    ['another key', changed(5), 'WITNESS_PROGRAM_MISMATCH'],
    ['another branch', changed(40), 'WITNESS_PROGRAM_MISMATCH'],
    ['no point', control.map((byte, i) => (i > 0 && i < 33 ? 0xff : byte)), 'WITNESS_PROGRAM_MISMATCH'],
  ])('fails with %s', (_name, wrong, error) => {
    expect(verdictOf(script, [TRUE, wrong])).toEqual(bad(error))
  })

  it('fails with another script', () => {
    expect(verdictOf(script, [Uint8Array.of(0x52), control])).toEqual(bad('WITNESS_PROGRAM_MISMATCH'))
  })

  it('is free where the leaf is of a version without a meaning yet, whatever its script', () => {
    for (let version = 0; version < 256; version += 2) {
      // Where the key is even, this one would be taken for an annex.
      if (version === 0x50) continue
      const verdict = runLeaf(Uint8Array.of(0x00, 0x4c), [], { version })
      if (version === 0xc0) expect(verdict).toEqual(bad('BAD_OPCODE'))
      else expect(verdict).toEqual(frowned('DISCOURAGE_UPGRADABLE_TAPROOT_VERSION'))
    }
  })
})

// ---- what is signed, in BIP341's plainest words

const sha256 = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest()
const u32 = (value: number) => Buffer.from(Uint32Array.of(value).buffer)
const u64 = (value: number) => Buffer.from(BigUint64Array.of(BigInt(value)).buffer)
const short = (bytes: Uint8Array) => Buffer.concat([Buffer.of(bytes.length), bytes])
const pointOf = ({ previous }: (typeof UNSIGNED.inputs)[number]) =>
  Buffer.concat([Buffer.from(previous.txid, 'hex').reverse(), u32(previous.index)])

function model(
  index: number,
  type: number,
  annex: Uint8Array | undefined,
  leaf: { hash: Uint8Array; codeSeparator: number } | undefined,
): string {
  const { inputs, outputs, version, lockTime } = UNSIGNED
  const coins = coinsOf(OUTPUT.script)
  const all = <T>(items: readonly T[], bytes: (item: T) => Uint8Array) => sha256(...items.map(bytes))
  const output = (out: { valueSat: number; script: Uint8Array }) =>
    Buffer.concat([u64(out.valueSat), short(out.script)])
  const alone = type >= 0x80
  const message = [Buffer.of(0, type), u32(version), u32(lockTime)]
  if (!alone)
    message.push(
      all(inputs, pointOf),
      all(coins, coin => u64(coin.valueSat)),
      all(coins, coin => short(coin.script)),
      all(inputs, input => u32(input.sequence)),
    )
  if ((type & 3) < 2) message.push(all(outputs, output))
  message.push(Buffer.of((leaf ? 2 : 0) + (annex ? 1 : 0)))
  const [input, coin] = [inputs[index] as (typeof inputs)[number], coins[index] as (typeof coins)[number]]
  if (alone) message.push(pointOf(input), output(coin), u32(input.sequence))
  else message.push(u32(index))
  if (annex) message.push(sha256(short(annex)))
  if ((type & 3) === 3) message.push(sha256(output(outputs[index] as (typeof outputs)[number])))
  if (leaf) message.push(Buffer.from(leaf.hash), Buffer.of(0), u32(leaf.codeSeparator))
  const tag = sha256(Buffer.from('TapSighash'))
  return sha256(tag, tag, ...message).toString('hex')
}

it('every type signs what the BIP says, by key and by leaf, with and without an annex', () => {
  const bytes = fc.uint8Array({ maxLength: 100 })
  const leaves = fc.record({
    hash: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    codeSeparator: fc.integer({ min: 0, max: 0xffffffff }),
  })
  const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
  const types = fc.constantFrom(0, 1, 2, 3, 0x81, 0x82, 0x83)
  fc.assert(
    fc.property(types, optional(bytes), optional(leaves), (type, tail, leaf) => {
      const annex = tail && concat(Uint8Array.of(0x50), tail)
      for (const index of (type & 3) === 3 ? [0] : [0, 1]) {
        const digest = taprootSighash(
          { tx: UNSIGNED, index, coins: coinsOf(OUTPUT.script), annex, leaf },
          type,
        )
        expect(toHex(digest ?? NOTHING)).toBe(model(index, type, annex, leaf))
      }
    }),
  )
})
