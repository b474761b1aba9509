// The rest of the generator: what tapscripts execute. Operations with and without what they need, limits at their edges, budgets of
// signatures, kinds of keys, thresholds.

import { concat, pushData } from '../../node/ledger/chain/push.ts'
import type { ScriptError } from '../../node/ledger/script/errors.ts'
import { encodeNumber } from '../../node/ledger/script/number.ts'
import { OP } from '../../node/ledger/script/opcodes.ts'
import { TAPSCRIPT_VERSION } from '../../node/ledger/script/taproot.ts'
import { witnessBytes } from '../../node/ledger/script/witness-size.ts'
import {
  byProgram,
  bytes,
  type Family,
  FIRST_FAMILIES,
  leafSpender,
  NOTHING,
  pick,
  repeat,
  type Spender,
  type Stage,
  sign,
} from './taproot-spenders.ts'
import { drawKey, drawOutput } from './taproot-tree.ts'

/** How many items an operation takes from the stack, and how many it leaves. */
const OPERANDS: readonly (readonly [opcode: number, takes: number, leaves: number])[] = [
  [OP.drop2, 2, 0],
  [OP.dup2, 2, 4],
  [OP.dup3, 3, 6],
  [OP.over2, 4, 6],
  [OP.rot2, 6, 6],
  [OP.swap2, 4, 4],
  [OP.drop, 1, 0],
  [OP.dup, 1, 2],
  [OP.nip, 2, 1],
  [OP.over, 2, 3],
  [OP.rot, 3, 3],
  [OP.swap, 2, 2],
  [OP.tuck, 2, 3],
  [OP.size, 1, 2],
  [OP.equal, 2, 1],
  [OP.add1, 1, 1],
  [OP.sub1, 1, 1],
  [OP.negate, 1, 1],
  [OP.abs, 1, 1],
  [OP.not, 1, 1],
  [OP.notZero, 1, 1],
  [OP.add, 2, 1],
  [OP.sub, 2, 1],
  [OP.boolAnd, 2, 1],
  [OP.boolOr, 2, 1],
  [OP.numEqual, 2, 1],
  [OP.numNotEqual, 2, 1],
  [OP.lessThan, 2, 1],
  [OP.greaterThan, 2, 1],
  [OP.lessOrEqual, 2, 1],
  [OP.greaterOrEqual, 2, 1],
  [OP.min, 2, 1],
  [OP.max, 2, 1],
  [OP.within, 3, 1],
  [OP.ripemd160, 1, 1],
  [OP.sha1, 1, 1],
  [OP.sha256, 1, 1],
  [OP.hash160, 1, 1],
  [OP.hash256, 1, 1],
]

const byOperands: Family = random => {
  const [opcode, takes, leaves] = pick(random, OPERANDS)
  const script = concat(bytes(opcode), repeat(bytes(OP.drop), leaves), bytes(OP.one))
  const items = Array.from({ length: takes }, () => bytes(1 + random.int(100)))
  return leafSpender(random, `operation ${opcode} on ${takes} items`, script, items, {
    bad: items.slice(1),
    error: 'INVALID_STACK_OPERATION',
  })
}

/** Numbers of arithmetic have four bytes at most. */
const byNumbers: Family = random => {
  const value = random.int(2 ** 31) - 2 ** 30
  const script = concat(bytes(OP.add1), pushData(encodeNumber(value + 1)), bytes(OP.numEqual))
  const long = concat(random.bytes(4), bytes(1 + random.int(126)))
  return leafSpender(random, 'arithmetic', script, [encodeNumber(value)], {
    bad: [long],
    error: 'UNKNOWN_ERROR',
  })
}

const byBranch: Family = random => {
  const begin = pick(random, [OP.if, OP.notIf])
  const script = bytes(begin, OP.one, OP.else, OP.one, OP.endIf)
  const wrong = pick(random, [bytes(2), bytes(0), bytes(1, 0), bytes(0x80), random.bytes(2 + random.int(4))])
  return leafSpender(random, 'a branch', script, [pick(random, [NOTHING, bytes(1)])], {
    bad: [wrong],
    error: 'TAPSCRIPT_MINIMALIF',
  })
}

const byEnds: Family = random => {
  const ends: readonly (readonly [string, Uint8Array, readonly Uint8Array[], ScriptError])[] = [
    ['two items left', bytes(OP.dup), [bytes(1)], 'CLEANSTACK'],
    ['nothing left', bytes(OP.drop), [bytes(1)], 'CLEANSTACK'],
    ['a zero left', bytes(OP.not), [bytes(1)], 'EVAL_FALSE'],
    ['a negative zero left', bytes(OP.nop), [bytes(0x80)], 'EVAL_FALSE'],
    ['OP_RETURN', bytes(OP.return), [bytes(1)], 'OP_RETURN'],
    ['OP_VERIFY of nothing', bytes(OP.verify, OP.one), [NOTHING], 'VERIFY'],
    ['OP_CHECKMULTISIG', bytes(OP.zero, OP.zero, OP.checkMultisig), [bytes(1)], 'TAPSCRIPT_CHECKMULTISIG'],
    [
      'OP_CHECKMULTISIGVERIFY',
      bytes(OP.zero, OP.zero, OP.checkMultisigVerify),
      [bytes(1)],
      'TAPSCRIPT_CHECKMULTISIG',
    ],
    ['an open branch', bytes(OP.if, OP.one), [bytes(1)], 'UNBALANCED_CONDITIONAL'],
    ['an end of no branch', bytes(OP.endIf), [bytes(1)], 'UNBALANCED_CONDITIONAL'],
    ['a push cut off', bytes(OP.one, 0x05, 1, 2), [], 'BAD_OPCODE'],
    ['opcode 255', bytes(255), [bytes(1)], 'BAD_OPCODE'],
    ['OP_EQUALVERIFY of two', bytes(OP.equalVerify, OP.one), [bytes(1), bytes(2)], 'EQUALVERIFY'],
    ['nothing beside the stack', bytes(OP.fromAltStack), [], 'INVALID_ALTSTACK_OPERATION'],
    [
      'a lock time to come',
      concat(pushData(encodeNumber(400_000_000)), bytes(OP.checkLockTimeVerify)),
      [],
      'UNSATISFIED_LOCKTIME',
    ],
    ['a negative lock time', bytes(OP.minusOne, OP.checkLockTimeVerify), [], 'NEGATIVE_LOCKTIME'],
    ['a negative rest', bytes(OP.minusOne, OP.checkSequenceVerify), [], 'NEGATIVE_LOCKTIME'],
  ]
  const [name, script, bad, error] = pick(random, ends)
  const { good: _, ...spender } = leafSpender(random, name, script, [], { bad, error })
  return spender
}

const byLimits: Family = random => {
  const limits: readonly (() => Spender)[] = [
    () => {
      const script = repeat(bytes(OP.drop), 999)
      const items = (count: number) => Array.from({ length: count }, () => bytes(1))
      return leafSpender(random, 'items brought', script, items(1000), {
        bad: items(1001),
        error: 'STACK_SIZE',
      })
    },
    () => {
      const script = concat(bytes(OP.dup), repeat(bytes(OP.drop), 999))
      const items = (count: number) => Array.from({ length: count }, () => bytes(1))
      // With a thousand there is no room for the copy.
      return leafSpender(random, 'items on the stack', script, items(999), {
        bad: items(1000),
        error: 'STACK_SIZE',
      })
    },
    () =>
      leafSpender(random, 'an item brought', bytes(OP.drop, OP.one), [random.bytes(520)], {
        bad: [random.bytes(521)],
        error: 'PUSH_SIZE',
      }),
    () =>
      leafSpender(random, 'a push of 520', concat(pushData(new Uint8Array(520)), bytes(OP.drop, OP.one)), []),
    () => {
      const { good: _, ...spender } = leafSpender(
        random,
        'a push of 521',
        concat(pushData(new Uint8Array(521)), bytes(OP.drop, OP.one)),
        [],
        {
          bad: [],
          error: 'PUSH_SIZE',
        },
      )
      return spender
    },
    () =>
      leafSpender(
        random,
        'a long script',
        concat(repeat(bytes(OP.nop), 10_001 + random.int(9_000)), bytes(OP.one)),
        [],
      ),
  ]
  return pick(random, limits)()
}

/** Keys of other sizes mean nothing yet; none is no key. */
const byKeyKinds: Family = random => {
  const length = pick(random, [1, 2, 31, 33, 64, 65])
  const key = random.bytes(length).map((byte, i) => (i === 0 ? 0x20 | (byte & 0x0f) : byte))
  const script = (of: Uint8Array) => concat(pushData(of), bytes(OP.checkSig))
  if (random.int(3) === 0) {
    const { good: _, ...spender } = leafSpender(random, 'a key of no bytes', script(NOTHING), [], {
      bad: [random.bytes(64)],
      error: 'PUBKEYTYPE',
    })
    return spender
  }
  return leafSpender(random, `a key of ${length} bytes`, script(key), [random.bytes(1 + random.int(80))], {
    frowned: 'DISCOURAGE_UPGRADABLE_PUBKEYTYPE',
    bad: [NOTHING],
    error: 'EVAL_FALSE',
    alsoFrowned: true,
  })
}

/** k of n keys, counted by OP_CHECKSIGADD. */
const byThreshold: Family = random => {
  const keys = Array.from({ length: 1 + random.int(6) }, () => drawKey(random))
  const wanted = 1 + random.int(keys.length)
  const script = concat(
    ...keys.map(({ publicKey }, i) =>
      concat(pushData(publicKey), bytes(i === 0 ? OP.checkSig : OP.checkSigAdd)),
    ),
    bytes(OP.one + wanted - 1, OP.numEqual),
  )
  const output = drawOutput(random, { version: TAPSCRIPT_VERSION, script })
  const spends = (signing: number) => (stage: Stage) => {
    const chosen = new Set(
      keys
        .map((_, i) => i)
        .sort(() => stage.random.int(3) - 1)
        .slice(0, signing),
    )
    const items = keys.map((key, i) =>
      chosen.has(i) ? sign(stage, key, { leaf: { hash: output.hash } }) : NOTHING,
    )
    return { witness: [...items.reverse(), script, output.control] }
  }
  const few =
    wanted === 1 || random.int(2) === 0 ? wanted - 1 : wanted === keys.length ? wanted - 1 : wanted + 1
  return {
    name: `${wanted} of ${keys.length}`,
    script: output.script,
    good: spends(wanted),
    bad: spends(few),
    error: 'EVAL_FALSE',
  }
}

/** Each signature that is checked takes 50 of the weight that the witness has (BIP342); one of no bytes takes none. */
const byBudget: Family = random => {
  const key = drawKey(random)
  const count = 2 + random.int(12)
  const make = (padding: number) =>
    concat(
      repeat(bytes(OP.nop), padding),
      pushData(key.publicKey),
      repeat(bytes(OP.dup2, OP.checkSigVerify), count),
      bytes(OP.drop2, OP.one),
    )
  const depth = random.int(4)
  const weightOf = (script: Uint8Array) =>
    witnessBytes([new Uint8Array(64), script, new Uint8Array(33 + 32 * depth)]) + 50
  let padding = 0
  while (weightOf(make(padding)) < 50 * count) padding++
  const exact = random.int(2) === 0 || padding === 0
  const script = make(exact ? padding : padding - 1)
  const output = drawOutput(random, { version: TAPSCRIPT_VERSION, script }, depth)
  const witness = (signature: Uint8Array) => [signature, script, output.control]
  const signed = (stage: Stage) => ({
    witness: witness(sign(stage, key, { leaf: { hash: output.hash } })),
  })
  const name = `${count} signatures checked, ${exact ? 'paid for' : 'one unit short'}`
  return exact
    ? { name, script: output.script, good: signed }
    : { name, script: output.script, bad: signed, error: 'TAPSCRIPT_VALIDATION_WEIGHT' }
}

export const FAMILIES: readonly Family[] = [
  ...FIRST_FAMILIES,
  byProgram,
  byOperands,
  byNumbers,
  byBranch,
  byEnds,
  byLimits,
  byKeyKinds,
  byThreshold,
  byBudget,
]
