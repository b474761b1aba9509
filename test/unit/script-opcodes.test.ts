// What each operation does to the stack, what it demands, and what the flags and limits add, before taproot.

import { describe, expect, it } from 'vitest'
import { concat, pushData } from '../../node/ledger/chain/push.ts'
import { makeTx } from '../../node/ledger/chain/tx.ts'
import {
  CONSENSUS_FLAGS,
  type FlagName,
  flagsOf,
  STANDARD_FLAGS,
  VERIFY,
} from '../../node/ledger/script/flags.ts'
import { verifySpend } from '../../node/ledger/script/verify.ts'
import { secp } from '../support/chain.ts'
import { creditAndSpend } from '../support/conformance.ts'
import { parseScript } from '../support/script-text.ts'

function verdict(
  scriptSig: string | Uint8Array,
  script: string | Uint8Array,
  flags: readonly FlagName[] = [],
): string {
  const bytes = (text: string | Uint8Array) => (typeof text === 'string' ? parseScript(text) : text)
  const { tx, coin } = creditAndSpend(bytes(script), 0, { scriptSig: bytes(scriptSig), witness: [] })
  return verifySpend({ tx, index: 0, coins: [coin], secp }, flagsOf(...flags)) ?? 'OK'
}

const EMPTY_HASHES = {
  RIPEMD160: '9c1185a5c5e9fc54612808977ee8f548b2258d31',
  SHA1: 'da39a3ee5e6b4b0d3255bfef95601890afd80709',
  SHA256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  HASH160: 'b472a266d0bd89c13706a4132ccfb16f7c3b9fcb',
  HASH256: '5df6e0e2761359d30a8275058e299fcc0381534545f55cf43e41983f5d4c9456',
}
const hashes = Object.entries(EMPTY_HASHES).map(
  ([name, hex]) => [name, '0', `0x${(hex.length / 2).toString(16)} 0x${hex}`] as const,
)

/** Operation, stack before, stack after; both bottom first. */
const EFFECTS: readonly (readonly [operations: string, before: string, after: string])[] = [
  ['NOP', '7', '7'],
  ['TOALTSTACK 9 FROMALTSTACK', '7 8', '7 9 8'],
  ['2DROP', '1 2 3', '1'],
  ['2DUP', '1 2', '1 2 1 2'],
  ['3DUP', '1 2 3', '1 2 3 1 2 3'],
  ['2OVER', '1 2 3 4', '1 2 3 4 1 2'],
  ['2ROT', '1 2 3 4 5 6', '3 4 5 6 1 2'],
  ['2SWAP', '1 2 3 4', '3 4 1 2'],
  ['IFDUP', '7', '7 7'],
  ['IFDUP', '0', '0'],
  ['DEPTH', '7 8', '7 8 2'],
  ['DROP', '7 8', '7'],
  ['DUP', '7', '7 7'],
  ['NIP', '7 8', '8'],
  ['OVER', '7 8', '7 8 7'],
  ['2 PICK', '7 8 9', '7 8 9 7'],
  ['0 PICK', '7 8', '7 8 8'],
  ['2 ROLL', '7 8 9', '8 9 7'],
  ['0 ROLL', '7 8', '7 8'],
  ['ROT', '7 8 9', '8 9 7'],
  ['SWAP', '7 8', '8 7'],
  ['TUCK', '7 8', '8 7 8'],
  ['SIZE', '300', '300 2'],
  ['SIZE', '0', '0 0'],
  ['EQUAL', '7 7', '1'],
  ['EQUAL', '0x01 0x00 0', '0'],
  ['EQUALVERIFY', '5 7 7', '5'],
  ['VERIFY', '5 7', '5'],
  ['1ADD', '127', '128'],
  ['1SUB', '0', '-1'],
  ['NEGATE', '300', '-300'],
  ['NEGATE', '0', '0'],
  ['ABS', '-5', '5'],
  ['NOT', '0', '1'],
  ['NOT', '2', '0'],
  ['0NOTEQUAL', '-3', '1'],
  ['0NOTEQUAL', '0', '0'],
  ['ADD', '2147483647 2147483647', '4294967294'],
  ['ADD', '-1 1', '0'],
  ['SUB', '3 5', '-2'],
  ['BOOLAND', '2 3', '1'],
  ['BOOLAND', '2 0', '0'],
  ['BOOLOR', '0 3', '1'],
  ['BOOLOR', '0 0', '0'],
  ['NUMEQUAL', '5 5', '1'],
  ['NUMEQUAL', '0x02 0x0500 5', '1'],
  ['NUMEQUALVERIFY', '9 5 5', '9'],
  ['NUMNOTEQUAL', '5 6', '1'],
  ['NUMNOTEQUAL', '5 5', '0'],
  ['LESSTHAN', '4 5', '1'],
  ['LESSTHAN', '5 5', '0'],
  ['GREATERTHAN', '5 4', '1'],
  ['GREATERTHAN', '5 5', '0'],
  ['LESSTHANOREQUAL', '5 5', '1'],
  ['LESSTHANOREQUAL', '6 5', '0'],
  ['GREATERTHANOREQUAL', '5 5', '1'],
  ['GREATERTHANOREQUAL', '4 5', '0'],
  ['MIN', '-1 5', '-1'],
  ['MAX', '-1 5', '5'],
  ['WITHIN', '5 5 6', '1'],
  ['WITHIN', '6 5 6', '0'],
  ['WITHIN', '4 5 6', '0'],
  ['IF 7 ELSE 8 ENDIF', '1', '7'],
  ['IF 7 ELSE 8 ENDIF', '0', '8'],
  ['IF 7 ELSE 8 ENDIF', '0x02 0x0080', '8'],
  ['IF 7 ELSE 8 ENDIF', '0x02 0x8000', '7'],
  ['NOTIF 7 ELSE 8 ENDIF', '0', '7'],
  ['IF 7 ELSE 8 ELSE 9 ENDIF', '1', '7 9'],
  ['IF IF 7 ENDIF ELSE NOTIF 8 ENDIF ENDIF', '0 0', '8'],
  ['IF RETURN ENDIF 7', '0', '7'],
  ['IF 0x02 0x0102 ELSE 5 ENDIF', '0', '5'],
  ['0x4f', '', '-1'],
  ['0x51', '', '1'],
  ['0x60', '', '16'],
  ...hashes,
  ['NOP1 NOP4 NOP5 NOP6 NOP7 NOP8 NOP9 NOP10 CHECKLOCKTIMEVERIFY CHECKSEQUENCEVERIFY', '-1', '-1'],
  ['CHECKSIG', '0 0', '0'],
  ['CHECKMULTISIG', '0 0 0', '1'],
  ['CHECKMULTISIG', '0 0 1 1 1', '0'],
  ['CODESEPARATOR', '7', '7'],
]

describe('an operation', () => {
  it.each(EFFECTS)('%s: %s → %s', (operations, before, after) => {
    const items = after.split(/ (?!0x[0-9a-f]{3,})/).filter(Boolean)
    const depth = `DEPTH ${items.length} NUMEQUALVERIFY`
    const check = items.toReversed().map(item => `${item} EQUALVERIFY`)
    expect(verdict(before, [operations, depth, ...check, '1'].join(' '))).toBe('OK')
    expect(verdict(before, [operations, depth, ...check, '0'].join(' '))).toBe('EVAL_FALSE')
  })

  /** What needs so many items, and what it says where one of them is missing. */
  it.each([
    [
      1,
      'VERIFY TOALTSTACK IFDUP DROP DUP SIZE 1ADD 1SUB NEGATE ABS NOT 0NOTEQUAL RIPEMD160 SHA1 SHA256 HASH160 HASH256',
    ],
    [
      2,
      '2DROP 2DUP NIP OVER PICK ROLL SWAP TUCK EQUAL EQUALVERIFY ADD SUB BOOLAND BOOLOR NUMEQUAL NUMEQUALVERIFY',
    ],
    [
      2,
      'NUMNOTEQUAL LESSTHAN GREATERTHAN LESSTHANOREQUAL GREATERTHANOREQUAL MIN MAX CHECKSIG CHECKSIGVERIFY',
    ],
    [3, '3DUP ROT WITHIN CHECKMULTISIG CHECKMULTISIGVERIFY'],
    [4, '2OVER 2SWAP'],
    [6, '2ROT'],
  ])('that needs %i items fails without: %s', (count, names) => {
    for (const name of names.split(' '))
      expect([name, verdict(new Array(count - 1).fill('0').join(' '), name)]).toEqual([
        name,
        'INVALID_STACK_OPERATION',
      ])
  })
})

const LONG = `0x4d 0x0902 0x${'77'.repeat(521)}`
const NOPS = (count: number) => new Array(count).fill('NOP').join(' ')
const KEYS = (count: number) => new Array(count).fill('1').join(' ')

const ENDS: readonly (readonly [error: string, scriptSig: string, script: string, ...flags: FlagName[]])[] = [
  ['EVAL_FALSE', '', ''],
  ['EVAL_FALSE', '0', ''],
  ['EVAL_FALSE', '0x02 0x0080', ''],
  ['OK', '0x02 0x8000', ''],
  ['OK', '1 2', ''],
  ['OP_RETURN', '1', 'RETURN'],
  ['VERIFY', '1 0', 'VERIFY'],
  ['EQUALVERIFY', '1 2 3', 'EQUALVERIFY'],
  ['NUMEQUALVERIFY', '1 2 3', 'NUMEQUALVERIFY'],
  ['CHECKSIGVERIFY', '1 0 0', 'CHECKSIGVERIFY'],
  ['CHECKMULTISIGVERIFY', '1 0 0 1 1 1', 'CHECKMULTISIGVERIFY'],
  ['INVALID_ALTSTACK_OPERATION', '1', 'FROMALTSTACK'],
  ['INVALID_ALTSTACK_OPERATION', '1 TOALTSTACK', 'FROMALTSTACK'], // each script has its own
  ['INVALID_STACK_OPERATION', '1 1', 'PICK'],
  ['INVALID_STACK_OPERATION', '1 -1', 'ROLL'],
  ['INVALID_STACK_OPERATION', '0 1 1', 'CHECKMULTISIG'],
  ['INVALID_STACK_OPERATION', '0 1', 'CHECKMULTISIG'],
  ['INVALID_STACK_OPERATION', '0 0', 'CHECKMULTISIG'], // the item too many
  ['PUBKEY_COUNT', '0 0 -1', 'CHECKMULTISIG'],
  ['PUBKEY_COUNT', `0 0 ${KEYS(21)} 21`, 'CHECKMULTISIG'],
  ['OK', `0 0 ${KEYS(20)} 20`, 'CHECKMULTISIG'],
  ['SIG_COUNT', '0 -1 0', 'CHECKMULTISIG'],
  ['SIG_COUNT', '0 0 2 1 1', 'CHECKMULTISIG'],
  ['UNKNOWN_ERROR', '0x05 0x0000000001', '1ADD'],
  ['UNKNOWN_ERROR', '1 2147483647', '1ADD 1ADD'],
  // opcodes
  ...['VER', 'RESERVED', 'RESERVED1', 'RESERVED2', '0xff', '0xba', 'CHECKSIGADD'].flatMap(word => [
    ['BAD_OPCODE', '1 1 1', word] as const,
    ['OK', '1 0', `IF ${word} ENDIF`] as const,
  ]),
  ['BAD_OPCODE', '1 0', 'IF VERIF ENDIF'],
  ['BAD_OPCODE', '1 0', 'IF VERNOTIF ENDIF'],
  ['BAD_OPCODE', '1', '0x02 0x01'],
  ['BAD_OPCODE', '1', '0x4c'],
  ['BAD_OPCODE', '1', '0x4d 0x01'],
  ['BAD_OPCODE', '1', '0x4e 0x01000000'],
  ...'CAT SUBSTR LEFT RIGHT INVERT AND OR XOR 2MUL 2DIV MUL DIV MOD LSHIFT RSHIFT'
    .split(' ')
    .map(word => ['DISABLED_OPCODE', '1 0', `IF ${word} ENDIF`] as const),
  // branches
  ...['IF', 'NOTIF', 'ELSE', 'ENDIF', '1 IF', '1 IF ELSE', '1 IF ENDIF ENDIF', '1 IF ENDIF ELSE'].map(
    script => ['UNBALANCED_CONDITIONAL', '', script] as const,
  ),
  ['UNBALANCED_CONDITIONAL', '1 IF', '1 ENDIF'],
  // sizes
  ['PUSH_SIZE', '1', `${LONG} DROP`],
  ['PUSH_SIZE', '1 0', `IF ${LONG} ENDIF`],
  ['OP_COUNT', '1', NOPS(202)],
  ['OK', '1', NOPS(201)],
  ['OK', '1', `${new Array(300).fill('2').join(' ')}`],
  ['OP_COUNT', '1 0', `IF ${NOPS(200)} ENDIF`],
  ['OP_COUNT', '1', `0 0 ${KEYS(20)} 20 CHECKMULTISIG DROP ${NOPS(180)}`],
  ['OK', '1', `0 0 ${KEYS(20)} 20 CHECKMULTISIG DROP ${NOPS(179)}`],
  ['SCRIPT_SIZE', '1', `${new Array(10_001).fill('0').join(' ')}`],
  ['STACK_SIZE', '', `${new Array(1_001).fill('1').join(' ')}`],
  ['OK', '', `${new Array(1_000).fill('1').join(' ')}`],
  ['STACK_SIZE', '', `${new Array(999).fill('1').join(' ')} TOALTSTACK 1 1 1`],
  // flags
  ['SIG_PUSHONLY', '1 NOP', '', 'SIGPUSHONLY'],
  ['OK', '1 NOP', ''],
  ['CLEANSTACK', '1 1', '', 'CLEANSTACK', 'P2SH', 'WITNESS'],
  ['OK', '1', '', 'CLEANSTACK', 'P2SH', 'WITNESS'],
  ['MINIMALDATA', '0x01 0x01', '', 'MINIMALDATA'],
  ['MINIMALDATA', '0x01 0x10', '', 'MINIMALDATA'],
  ['OK', '0x01 0x11', '', 'MINIMALDATA'],
  ['MINIMALDATA', '0x01 0x81', '', 'MINIMALDATA'],
  ['MINIMALDATA', '1', '0x4c 0x00 DROP', 'MINIMALDATA'],
  ['MINIMALDATA', '1', `0x4c 0x4b 0x${'77'.repeat(75)} DROP`, 'MINIMALDATA'],
  ['OK', '1', `0x4c 0x4c 0x${'77'.repeat(76)} DROP`, 'MINIMALDATA'],
  ['MINIMALDATA', '1', `0x4d 0xff00 0x${'77'.repeat(255)} DROP`, 'MINIMALDATA'],
  ['OK', '1', `0x4d 0x0001 0x${'77'.repeat(256)} DROP`, 'MINIMALDATA'],
  ['MINIMALDATA', '1', `0x4e 0x00010000 0x${'77'.repeat(256)} DROP`, 'MINIMALDATA'],
  ['OK', '1 0', 'IF 0x01 0x01 ENDIF', 'MINIMALDATA'],
  ['UNKNOWN_ERROR', '0x02 0x0500', '1ADD', 'MINIMALDATA'],
  ['UNKNOWN_ERROR', '0x01 0x80', '1ADD', 'MINIMALDATA'],
  ['OK', '0x02 0xff00', '1ADD', 'MINIMALDATA'],
  ['OK', '0x02 0x0500', '1ADD'],
  ['DISCOURAGE_UPGRADABLE_NOPS', '1', 'NOP1', 'DISCOURAGE_UPGRADABLE_NOPS'],
  ['DISCOURAGE_UPGRADABLE_NOPS', '1', 'NOP10', 'DISCOURAGE_UPGRADABLE_NOPS'],
  ['OK', '1 0', 'IF NOP10 ENDIF', 'DISCOURAGE_UPGRADABLE_NOPS'],
  ['OK', '1', 'NOP CHECKLOCKTIMEVERIFY', 'DISCOURAGE_UPGRADABLE_NOPS'],
  ['OP_CODESEPARATOR', '1 0', 'IF CODESEPARATOR ENDIF', 'CONST_SCRIPTCODE'],
  ['SIG_FINDANDDELETE', '0x02 0x0102', '0 CHECKSIG 0x02 0x0102', 'CONST_SCRIPTCODE'],
  ['OK', '0x02 0x0102', '0 CHECKSIG NOT 0x02 0x0102'],
  ['SIG_NULLDUMMY', '1 0 0', 'CHECKMULTISIG', 'NULLDUMMY'],
  ['SIG_DER', '0x01 0x01 0', 'CHECKSIG', 'DERSIG'],
  ['SIG_DER', '0x01 0x01 0', 'CHECKSIG', 'LOW_S'],
  ['SIG_DER', '0x01 0x01 0', 'CHECKSIG', 'STRICTENC'],
  ['EVAL_FALSE', '0x01 0x01 0', 'CHECKSIG'],
  ['SIG_NULLFAIL', '0x01 0x01 0', 'CHECKSIG NOT', 'NULLFAIL'],
  ['SIG_NULLFAIL', '0 0x01 0x01 1 0 1', 'CHECKMULTISIG NOT', 'NULLFAIL'],
  ['OK', '0 0', 'CHECKSIG NOT', 'NULLFAIL', 'DERSIG', 'LOW_S'],
  ['PUBKEYTYPE', '0 0', 'CHECKSIG NOT', 'STRICTENC'],
  ['PUBKEYTYPE', `0 0x21 0x05${'00'.repeat(32)}`, 'CHECKSIG NOT', 'STRICTENC'],
  ['OK', `0 0x21 0x02${'00'.repeat(32)}`, 'CHECKSIG NOT', 'STRICTENC'],
  ['PUBKEYTYPE', `0 0x41 0x06${'00'.repeat(64)}`, 'CHECKSIG NOT', 'STRICTENC'],
  // a hash stands for its script
  ['OK', '1 0', 'HASH160 0x14 0xb472a266d0bd89c13706a4132ccfb16f7c3b9fcb EQUAL'],
  ['EVAL_FALSE', '0', 'HASH160 0x14 0xb472a266d0bd89c13706a4132ccfb16f7c3b9fcb EQUAL', 'P2SH'],
  ['OK', '1 0', 'HASH160 0x14 0xb472a266d0bd89c13706a4132ccfb16f7c3b9fcb EQUAL', 'P2SH'],
  ['SIG_PUSHONLY', '1 NOP 0', 'HASH160 0x14 0xb472a266d0bd89c13706a4132ccfb16f7c3b9fcb EQUAL', 'P2SH'],
  // witnesses
  ['EVAL_FALSE', '', `0 0x14 0x${'00'.repeat(20)}`],
  ['OK', '', `0 0x14 0x${'01'.repeat(20)}`],
  ['WITNESS_MALLEATED', '1', `0 0x14 0x${'01'.repeat(20)}`, 'P2SH', 'WITNESS'],
  ['WITNESS_PROGRAM_MISMATCH', '', `0 0x14 0x${'01'.repeat(20)}`, 'P2SH', 'WITNESS'],
  ['WITNESS_PROGRAM_WITNESS_EMPTY', '', `0 0x20 0x${'01'.repeat(32)}`, 'P2SH', 'WITNESS'],
  ['WITNESS_PROGRAM_WRONG_LENGTH', '', `0 0x15 0x${'01'.repeat(21)}`, 'P2SH', 'WITNESS'],
  ['OK', '', `2 0x15 0x${'01'.repeat(21)}`, 'P2SH', 'WITNESS'],
]

const ends = ENDS.map(([error, scriptSig, script, ...flags]) => ({ error, scriptSig, script, flags }))

it.each(ends)('$error: $scriptSig, $script, $flags', ({ error, scriptSig, script, flags }) => {
  expect(verdict(scriptSig, script, flags)).toBe(error)
})

it('flags are bits, each of its own and where Core has it', () => {
  // the order of Core's list, from SCRIPT_VERIFY_P2SH on; then what networks deploy
  expect(Object.values(VERIFY)).toEqual(Array.from({ length: 23 }, (_, bit) => 2 ** bit))
  const named = (flags: number) =>
    Object.entries(VERIFY).flatMap(([name, bit]) => (flags & bit ? [name] : []))
  expect(named(CONSENSUS_FLAGS).join(' ')).toBe(
    'P2SH DERSIG NULLDUMMY CHECKLOCKTIMEVERIFY CHECKSEQUENCEVERIFY WITNESS TAPROOT',
  )
  expect(Object.keys(VERIFY).filter(name => !named(STANDARD_FLAGS).includes(name))).toEqual([
    'SIGPUSHONLY',
    'CHECKTEMPLATEVERIFY',
    'CAT',
  ])
})

describe('lock times', () => {
  const LOCKS = ['CHECKLOCKTIMEVERIFY', 'CHECKSEQUENCEVERIFY'] as const

  function locked(script: string, lockTime: number, sequence: number, version = 2): string {
    const coin = { valueSat: 0, script: parseScript(script) }
    const { tx: blank } = creditAndSpend(coin.script, 0, { scriptSig: new Uint8Array(0), witness: [] })
    const inputs = blank.inputs.map(input => ({ ...input, sequence }))
    const tx = makeTx({ ...blank, version, lockTime, inputs })
    return verifySpend({ tx, index: 0, coins: [coin], secp }, flagsOf(...LOCKS)) ?? 'OK'
  }

  it.each([
    ['OK', '100', 100, 0],
    ['UNSATISFIED_LOCKTIME', '101', 100, 0],
    ['UNSATISFIED_LOCKTIME', '100', 100, 0xffffffff],
    ['OK', '499999999', 499_999_999, 0],
    ['OK', '500000000', 500_000_000, 0],
    ['UNSATISFIED_LOCKTIME', '499999999', 500_000_000, 0],
    ['UNSATISFIED_LOCKTIME', '500000000', 499_999_999, 0],
    ['OK', '4294967295', 0xffffffff, 0],
    ['UNSATISFIED_LOCKTIME', '4294967296', 0xffffffff, 0],
    ['NEGATIVE_LOCKTIME', '-1', 100, 0],
    ['UNKNOWN_ERROR', '0x06 0x000000000001', 100, 0],
    ['INVALID_STACK_OPERATION', '', 100, 0],
  ])('%s: CHECKLOCKTIMEVERIFY of %s where it is %i and %i', (error, wanted, lockTime, sequence) => {
    expect(locked(`${wanted} CHECKLOCKTIMEVERIFY`, lockTime, sequence)).toBe(error)
  })

  it.each([
    ['OK', '10', 10, 2],
    ['UNSATISFIED_LOCKTIME', '11', 10, 2],
    ['UNSATISFIED_LOCKTIME', '10', 10, 1],
    ['OK', '10', 0x00010010, 2], // bits without a meaning
    ['OK', '4194314', 0x0040000a, 2],
    ['UNSATISFIED_LOCKTIME', '4194314', 10, 2],
    ['UNSATISFIED_LOCKTIME', '10', 0x0040000a, 2],
    ['UNSATISFIED_LOCKTIME', '10', 0x8000000a, 2],
    ['OK', '2147483648', 0xffffffff, 1],
    ['OK', '6442450944', 0xffffffff, 1],
    ['NEGATIVE_LOCKTIME', '-1', 10, 2],
    ['UNKNOWN_ERROR', '0x06 0x000000000001', 10, 2],
    ['INVALID_STACK_OPERATION', '', 10, 2],
  ])('%s: CHECKSEQUENCEVERIFY of %s where it is %i, version %i', (error, wanted, sequence, version) => {
    expect(locked(`${wanted} CHECKSEQUENCEVERIFY`, 0, sequence, version)).toBe(error)
  })
})

it('a push is deleted from what is signed only where an operation begins with it', () => {
  const part = pushData(Uint8Array.of(1, 2))
  const hidden = concat(pushData(concat(part)), parseScript('DROP 0 CHECKSIG NOT'))
  expect(verdict('0x02 0x0102', hidden, ['CONST_SCRIPTCODE'])).toBe('OK')
  const open = concat(parseScript('NOP'), part, part, parseScript('2DROP 0 CHECKSIG NOT'))
  expect(verdict('0x02 0x0102', open, ['CONST_SCRIPTCODE'])).toBe('SIG_FINDANDDELETE')
})
