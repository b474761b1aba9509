// Tapscript (BIP342): every opcode, every limit, every kind of key; each valid, and wrong in each way.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concat, pushData } from '../../node/ledger/chain/push.ts'
import { isSuccess, OP } from '../../node/ledger/script/opcodes.ts'
import { KEY, leafOf, NOTHING, PRIVATE_KEY, runLeaf, sign, verdictOf } from '../support/taproot-spend.ts'

const GOOD = { consensus: undefined, standard: undefined }
const bad = (error: string) => ({ consensus: error, standard: error })
const frowned = (error: string) => ({ consensus: undefined, standard: error })
const bytes = (...values: number[]) => Uint8Array.from(values)
const TRUE = bytes(OP.one)
const repeat = (part: Uint8Array, count: number) => concat(...new Array<Uint8Array>(count).fill(part))
const KEY_PUSH = pushData(KEY)

describe('opcodes', () => {
  /** With a stack of ones that is long enough for any of them, what each says. */
  const FAILS: { readonly [opcode: number]: string } = {
    [OP.return]: 'OP_RETURN',
    [OP.fromAltStack]: 'INVALID_ALTSTACK_OPERATION',
    [OP.else]: 'UNBALANCED_CONDITIONAL',
    [OP.endIf]: 'UNBALANCED_CONDITIONAL',
    [OP.if]: 'UNBALANCED_CONDITIONAL',
    [OP.notIf]: 'UNBALANCED_CONDITIONAL',
    [OP.checkMultisig]: 'TAPSCRIPT_CHECKMULTISIG',
    [OP.checkMultisigVerify]: 'TAPSCRIPT_CHECKMULTISIG',
    101: 'BAD_OPCODE',
    102: 'BAD_OPCODE',
    255: 'BAD_OPCODE',
  }
  /** What only looks at locks that this transaction does not have. */
  const LOCKS: readonly number[] = [OP.checkLockTimeVerify, OP.checkSequenceVerify]
  const LONELY: readonly number[] = [OP.nop1, ...Array.from({ length: 7 }, (_, i) => OP.nop4 + i)]

  it.each(Array.from({ length: 256 }, (_, opcode) => opcode))('%i alone, on ones', opcode => {
    const items = new Array<Uint8Array>(8).fill(bytes(1))
    const push = opcode > 0 && opcode < OP.pushData1 ? new Uint8Array(opcode).fill(0x77) : NOTHING
    const lengths =
      opcode >= OP.pushData1 && opcode <= OP.pushData4 ? new Uint8Array(2 ** (opcode - 0x4c)) : NOTHING
    const verdict = runLeaf(concat(bytes(opcode), push, lengths), items)
    if (isSuccess(opcode)) return expect(verdict).toEqual(frowned('DISCOURAGE_OP_SUCCESS'))
    if (LONELY.includes(opcode))
      return expect(verdict).toEqual({ consensus: 'CLEANSTACK', standard: 'DISCOURAGE_UPGRADABLE_NOPS' })
    if (LOCKS.includes(opcode)) return expect(verdict).toEqual(bad('UNSATISFIED_LOCKTIME'))
    if (opcode === OP.pushData1 || opcode === OP.pushData2 || opcode === OP.pushData4)
      return expect(verdict).toEqual({ consensus: 'CLEANSTACK', standard: 'MINIMALDATA' })
    if (opcode === OP.checkSig || opcode === OP.checkSigVerify || opcode === OP.checkSigAdd)
      return expect(verdict).toEqual({
        consensus: 'CLEANSTACK',
        standard: 'DISCOURAGE_UPGRADABLE_PUBKEYTYPE',
      })
    return expect(verdict).toEqual(bad(FAILS[opcode] ?? 'CLEANSTACK'))
  })

  it('of success are the 87 that the BIP lists', () => {
    expect(Array.from({ length: 256 }, (_, i) => i).filter(isSuccess)).toHaveLength(87)
  })

  it('of success succeed whatever stands around them, unless something before them is cut off', () => {
    const wild = fc.uint8Array({ maxLength: 40 })
    fc.assert(
      fc.property(
        fc.integer({ min: 187, max: 254 }),
        wild,
        fc.array(wild, { maxLength: 3 }),
        (opcode, after, items) => {
          const script = concat(bytes(OP.return), pushData(new Uint8Array(521)), bytes(opcode), after)
          expect(runLeaf(script, [...items, new Uint8Array(600)])).toEqual(frowned('DISCOURAGE_OP_SUCCESS'))
        },
      ),
      { numRuns: 50 },
    )
    expect(runLeaf(bytes(0x02, 254))).toEqual(bad('BAD_OPCODE'))
    expect(runLeaf(bytes(0x01, 254))).toEqual(GOOD)
  })
})

describe('limits', () => {
  it('of size and of operations there are none', () => {
    expect(runLeaf(concat(repeat(bytes(OP.nop), 20_000), TRUE))).toEqual(GOOD)
  })

  it.each([
    [1_000, undefined],
    [1_001, 'STACK_SIZE'],
  ])('a witness of %i items', (count, error) => {
    const script = repeat(bytes(OP.drop), count - 1)
    const verdict = runLeaf(script, new Array<Uint8Array>(count).fill(bytes(1)))
    expect(verdict).toEqual({ consensus: error, standard: error })
  })

  it('on the stack a thousand items, those beside it included', () => {
    const items = new Array<Uint8Array>(1_000).fill(bytes(1))
    const clean = repeat(bytes(OP.drop), 999)
    expect(runLeaf(concat(bytes(OP.toAltStack, OP.fromAltStack), clean), items)).toEqual(GOOD)
    expect(runLeaf(concat(bytes(OP.toAltStack, OP.dup, OP.dup), clean), items)).toEqual(bad('STACK_SIZE'))
  })

  it.each([
    [520, undefined],
    [521, 'PUSH_SIZE'],
  ])('an item of %i bytes, brought or pushed', (size, error) => {
    const verdict = { consensus: error, standard: error }
    expect(runLeaf(concat(bytes(OP.drop), TRUE), [new Uint8Array(size)])).toEqual(verdict)
    expect(runLeaf(concat(pushData(new Uint8Array(size).fill(7)), bytes(OP.drop), TRUE))).toEqual(verdict)
  })

  it('one item is left, and it is true', () => {
    expect(runLeaf(bytes(OP.zero))).toEqual(bad('EVAL_FALSE'))
    expect(runLeaf(bytes(OP.one, OP.one))).toEqual(bad('CLEANSTACK'))
    expect(runLeaf(bytes(OP.nop))).toEqual(bad('CLEANSTACK'))
  })

  it.each([
    ['nothing', NOTHING, undefined],
    ['one', bytes(1), undefined],
    ['two', bytes(2), 'TAPSCRIPT_MINIMALIF'],
    ['a zero', bytes(0), 'TAPSCRIPT_MINIMALIF'],
    ['a long one', bytes(1, 0), 'TAPSCRIPT_MINIMALIF'],
  ])('%s decides a branch', (_name, item, error) => {
    for (const begin of [OP.if, OP.notIf])
      expect(runLeaf(concat(bytes(begin, OP.one, OP.else, OP.one, OP.endIf)), [item])).toEqual({
        consensus: error,
        standard: error,
      })
  })
})

/** A leaf, with a signature for each that `signers` asks for. */
function signedLeaf(script: Uint8Array, signers: readonly (boolean | Uint8Array)[], codeSeparator?: number) {
  const leaf = leafOf(script)
  const context = { hash: leaf.hash, ...(codeSeparator !== undefined && { codeSeparator }) }
  const signature = sign(leaf.script, { leaf: context })
  const items = signers.map(signs => (typeof signs === 'boolean' ? (signs ? signature : NOTHING) : signs))
  return verdictOf(leaf.script, [...items, script, leaf.control])
}

describe('signatures', () => {
  const CHECK = concat(KEY_PUSH, bytes(OP.checkSig))

  it('are good, empty, or the end', () => {
    expect(signedLeaf(CHECK, [true])).toEqual(GOOD)
    expect(signedLeaf(CHECK, [false])).toEqual(bad('EVAL_FALSE'))
    expect(signedLeaf(concat(CHECK, bytes(OP.not)), [false])).toEqual(GOOD)
    expect(signedLeaf(concat(CHECK, bytes(OP.not)), [new Uint8Array(64)])).toEqual(bad('SCHNORR_SIG'))
    expect(signedLeaf(CHECK, [bytes(1)])).toEqual(bad('SCHNORR_SIG_SIZE'))
    expect(signedLeaf(CHECK, [new Uint8Array(65)])).toEqual(bad('SCHNORR_SIG_HASHTYPE'))
    expect(signedLeaf(CHECK, [new Uint8Array(65).fill(4)])).toEqual(bad('SCHNORR_SIG_HASHTYPE'))
    const verify = concat(KEY_PUSH, bytes(OP.checkSigVerify), TRUE)
    expect(signedLeaf(verify, [true])).toEqual(GOOD)
    expect(signedLeaf(verify, [false])).toEqual(bad('CHECKSIGVERIFY'))
  })

  it('do not serve another leaf', () => {
    const other = concat(bytes(OP.nop), CHECK)
    const [leaf, elsewhere] = [leafOf(CHECK), leafOf(other)]
    const signature = sign(leaf.script, { leaf: elsewhere })
    expect(verdictOf(leaf.script, [signature, CHECK, leaf.control])).toEqual(bad('SCHNORR_SIG'))
  })

  it.each([
    ['no key', NOTHING, bad('PUBKEYTYPE')],
    ['a key of one byte', bytes(0x77), frowned('DISCOURAGE_UPGRADABLE_PUBKEYTYPE')],
    ['a key of 33', new Uint8Array(33).fill(2), frowned('DISCOURAGE_UPGRADABLE_PUBKEYTYPE')],
    ['32 bytes that are no point', new Uint8Array(32).fill(0xff), bad('SCHNORR_SIG')],
  ])('of %s', (_name, key, verdict) => {
    const script = concat(pushData(key), bytes(OP.checkSig))
    expect(signedLeaf(script, [new Uint8Array(64).fill(1)])).toEqual(verdict)
  })

  it('are counted by OP_CHECKSIGADD: two of three', () => {
    const script = concat(
      KEY_PUSH,
      bytes(OP.checkSig),
      KEY_PUSH,
      bytes(OP.checkSigAdd),
      KEY_PUSH,
      bytes(OP.checkSigAdd, OP.one + 1, OP.numEqual),
    )
    expect(signedLeaf(script, [true, false, true])).toEqual(GOOD)
    expect(signedLeaf(script, [true, true, true])).toEqual(bad('EVAL_FALSE'))
    expect(signedLeaf(script, [false, false, true])).toEqual(bad('EVAL_FALSE'))
    expect(signedLeaf(script, [true, new Uint8Array(64), true])).toEqual(bad('SCHNORR_SIG'))
  })

  it('are added to a number of four bytes at most', () => {
    const script = concat(KEY_PUSH, bytes(OP.checkSigAdd, OP.drop), TRUE)
    expect(runLeaf(script, [NOTHING, bytes(0xff, 0xff, 0xff, 0x7f)])).toEqual(GOOD)
    expect(runLeaf(script, [NOTHING, bytes(0, 0, 0, 0, 1)])).toEqual(bad('UNKNOWN_ERROR'))
    expect(runLeaf(script, [NOTHING])).toEqual(bad('INVALID_STACK_OPERATION'))
  })

  it('sign where the last separator stood that was executed, counted in operations', () => {
    const separated = concat(bytes(OP.nop, OP.codeSeparator, OP.nop), CHECK)
    expect(signedLeaf(separated, [true], 1)).toEqual(GOOD)
    expect(signedLeaf(separated, [true])).toEqual(bad('SCHNORR_SIG'))
    expect(signedLeaf(separated, [true], 2)).toEqual(bad('SCHNORR_SIG'))
    const idle = concat(bytes(OP.zero, OP.if, OP.codeSeparator, OP.endIf), CHECK)
    expect(signedLeaf(idle, [true])).toEqual(GOOD)
    const pushed = concat(pushData(new Uint8Array(100)), bytes(OP.drop, OP.codeSeparator), CHECK)
    expect(signedLeaf(pushed, [true], 2)).toEqual(GOOD)
  })

  it('cost weight that the witness must have', () => {
    // Signature and key are reused: each further check adds two bytes of script, and padding one a piece.
    const many = (count: number, padding: number) =>
      concat(
        repeat(bytes(OP.nop), padding),
        KEY_PUSH,
        repeat(bytes(OP.dup2, OP.checkSigVerify), count),
        bytes(OP.drop, OP.drop),
        TRUE,
      )
    const weightOf = (count: number) => 1 + 65 + (1 + many(count, 0).length) + (1 + 65) + 50
    const count = 6
    const padding = 50 * count - weightOf(count)
    expect(padding).toBeGreaterThan(0)
    expect(signedLeaf(many(count, padding), [true])).toEqual(GOOD)
    expect(signedLeaf(many(count, padding - 1), [true])).toEqual(bad('TAPSCRIPT_VALIDATION_WEIGHT'))
    // Those that are empty cost nothing; those of unknown keys as much.
    expect(
      runLeaf(
        concat(KEY_PUSH, repeat(bytes(OP.dup2, OP.checkSig, OP.drop), 99), bytes(OP.drop, OP.drop), TRUE),
        [NOTHING],
      ),
    ).toEqual(GOOD)
    const unknown = concat(
      bytes(OP.one),
      repeat(bytes(OP.dup2, OP.checkSigVerify), 20),
      bytes(OP.drop, OP.drop),
      TRUE,
    )
    expect(runLeaf(unknown, [bytes(1)]).consensus).toBe('TAPSCRIPT_VALIDATION_WEIGHT')
  })

  it('of a private key that is another fail', () => {
    const leaf = leafOf(CHECK)
    const signature = sign(leaf.script, { leaf, privateKey: PRIVATE_KEY.map(byte => byte ^ 1) })
    expect(verdictOf(leaf.script, [signature, CHECK, leaf.control])).toEqual(bad('SCHNORR_SIG'))
  })
})
