// A generator of taproot spends, each valid and each wrong in a way of its own that is known beforehand: what may be in a block, what
// is relayed, and which error says so. Several of them together make a transaction.

import type { Random } from '../../node/core/host.ts'
import { hash160 } from '../../node/ledger/chain/hash160.ts'
import { concat, pushData } from '../../node/ledger/chain/push.ts'
import type { Tx, TxOut } from '../../node/ledger/chain/types.ts'
import type { ScriptError } from '../../node/ledger/script/errors.ts'
import { isSuccess, OP } from '../../node/ledger/script/opcodes.ts'
import { NO_CODE_SEPARATOR, taprootSighash } from '../../node/ledger/script/sighash-taproot.ts'
import { TAPSCRIPT_VERSION } from '../../node/ledger/script/taproot.ts'
import { drawKey, drawOutput, flipped, type KeyPair, signWith } from './taproot-tree.ts'

/** The transaction that is being made: its inputs have no witness yet. */
export interface Stage {
  readonly tx: Tx
  readonly index: number
  readonly coins: readonly TxOut[]
  readonly random: Random
}

export interface Spend {
  readonly witness: readonly Uint8Array[]
  readonly scriptSig?: Uint8Array
}

/** Why it fails in a block; `undefined`: it does not. */
export type Verdict = ScriptError | undefined

export interface Spender {
  readonly name: string
  /** What is spent. */
  readonly script: Uint8Array
  /** Absent: there is none. */
  readonly good?: (stage: Stage) => Spend
  /** Why the good one is not relayed all the same. */
  readonly frowned?: ScriptError
  /** One that is wrong, and how. */
  readonly bad?: (stage: Stage) => Spend
  readonly error?: ScriptError
  /** That one is frowned upon before it comes to its error. */
  readonly alsoFrowned?: boolean
}

const NOTHING = new Uint8Array(0)
const TYPES = [0, 1, 2, 3, 0x81, 0x82, 0x83]
const bytes = (...values: number[]) => Uint8Array.from(values)
const pick = <T>(random: Random, from: readonly T[]): T => from[random.int(from.length)] as T
const repeat = (part: Uint8Array, count: number) => concat(...new Array<Uint8Array>(count).fill(part))

// Signatures

interface Signing {
  readonly type?: number
  readonly annex?: Uint8Array | undefined
  readonly leaf?: { readonly hash: Uint8Array; readonly codeSeparator?: number } | undefined
  /** What the signer takes for the coins or the index. */
  readonly coins?: readonly TxOut[]
  readonly index?: number
}

/** A signature with its type behind it, unless that is the default. */
function sign(stage: Stage, key: KeyPair, signing: Signing = {}): Uint8Array {
  const { type = 0, annex, leaf, coins = stage.coins, index = stage.index } = signing
  const signed = leaf && { hash: leaf.hash, codeSeparator: leaf.codeSeparator ?? NO_CODE_SEPARATOR }
  const digest = taprootSighash({ tx: stage.tx, index, coins, annex, leaf: signed }, type)
  if (!digest) throw new Error(`type ${type} signs nothing`)
  const signature = signWith(key, digest)
  return type === 0 ? signature : concat(signature, bytes(type))
}

/** A type that has something to sign here: SINGLE needs an output of its own. */
function typeFor({ tx, index, random }: Stage): number {
  const fitting = TYPES.filter(type => (type & 3) !== 3 || index < tx.outputs.length)
  return pick(random, fitting)
}

/** Ways in which a signature is wrong, of whatever was signed: how, and what is said. */
const WRONG_SIGNATURES: readonly (readonly [
  name: string,
  error: ScriptError,
  make: (stage: Stage, key: KeyPair, signing: Signing) => Uint8Array,
])[] = [
  [
    'a bit flipped',
    'SCHNORR_SIG',
    (stage, key, signing) => flipped(stage.random, sign(stage, key, { ...signing, type: 0 })),
  ],
  ['another key', 'SCHNORR_SIG', (stage, _, signing) => sign(stage, drawKey(stage.random), signing)],
  [
    'a byte short',
    'SCHNORR_SIG_SIZE',
    (stage, key, signing) => sign(stage, key, { ...signing, type: 0 }).slice(0, 63),
  ],
  [
    'two bytes long',
    'SCHNORR_SIG_SIZE',
    (stage, key, signing) => concat(sign(stage, key, { ...signing, type: 0 }), bytes(1, 1)),
  ],
  [
    'the default type written out',
    'SCHNORR_SIG_HASHTYPE',
    (stage, key, signing) => concat(sign(stage, key, { ...signing, type: 0 }), bytes(0)),
  ],
  [
    'a type without a meaning',
    'SCHNORR_SIG_HASHTYPE',
    (stage, key, signing) => {
      const undefined_ = Array.from({ length: 255 }, (_, i) => i + 1).filter(type => !TYPES.includes(type))
      return concat(sign(stage, key, { ...signing, type: 0 }), bytes(pick(stage.random, undefined_)))
    },
  ],
  [
    'another type than signed',
    'SCHNORR_SIG',
    (stage, key, signing) =>
      concat(sign(stage, key, { ...signing, type: 0 }), bytes(pick(stage.random, [1, 2, 0x81, 0x82]))),
  ],
  [
    'another amount',
    'SCHNORR_SIG',
    (stage, key, signing) => {
      const coins = stage.coins.map((coin, i) =>
        i === stage.index ? { ...coin, valueSat: coin.valueSat + 1 } : coin,
      )
      return sign(stage, key, { ...signing, coins })
    },
  ],
  [
    'an annex that is not there',
    'SCHNORR_SIG',
    (stage, key, signing) => sign(stage, key, { ...signing, annex: signing.annex ? undefined : bytes(0x50) }),
  ],
]

// Families of spenders; each draws one

type Family = (random: Random) => Spender

/** Without an annex, or with one. */
function annexOf(random: Random): Uint8Array | undefined {
  return random.int(4) === 0 ? concat(bytes(0x50), random.bytes(random.int(40))) : undefined
}

const withAnnex = (witness: readonly Uint8Array[], annex: Uint8Array | undefined) =>
  annex ? [...witness, annex] : [...witness]

const byKey: Family = random => {
  const output = drawOutput(random, undefined, random.int(3) === 0 ? undefined : random.int(6))
  const annex = annexOf(random)
  const [name, error, wrong] = pick(random, WRONG_SIGNATURES)
  return {
    name: `by key: ${name}`,
    script: output.script,
    good: stage => ({
      witness: withAnnex([sign(stage, output.outputKey, { type: typeFor(stage), annex })], annex),
    }),
    bad: stage => ({ witness: withAnnex([wrong(stage, output.outputKey, { annex })], annex) }),
    error,
  }
}

const byKeyForms: Family = random => {
  const output = drawOutput(random)
  const good = (stage: Stage) => ({ witness: [sign(stage, output.outputKey)] })
  const forms: readonly (readonly [string, ScriptError, (stage: Stage) => Spend])[] = [
    ['no witness', 'WITNESS_PROGRAM_WITNESS_EMPTY', () => ({ witness: [] })],
    ['a scriptSig', 'WITNESS_MALLEATED', stage => ({ ...good(stage), scriptSig: bytes(OP.one) })],
    ['the internal key', 'SCHNORR_SIG', stage => ({ witness: [sign(stage, output.internal)] })],
    ['an empty signature', 'SCHNORR_SIG_SIZE', () => ({ witness: [NOTHING] })],
  ]
  const [name, error, bad] = pick(random, forms)
  return { name: `by key: ${name}`, script: output.script, good, bad, error }
}

/** A leaf with one signature, behind a random number of operations and separators. */
const bySignature: Family = random => {
  const key = drawKey(random)
  const before = Array.from({ length: random.int(5) }, () => pick(random, [OP.nop, OP.codeSeparator]))
  const last = before.lastIndexOf(OP.codeSeparator)
  const script = concat(bytes(...before), pushData(key.publicKey), bytes(OP.checkSig))
  const output = drawOutput(random, { version: TAPSCRIPT_VERSION, script })
  const annex = annexOf(random)
  const leaf = { hash: output.hash, codeSeparator: last < 0 ? NO_CODE_SEPARATOR : last }
  const witness = (signature: Uint8Array) => withAnnex([signature, script, output.control], annex)
  const own: typeof WRONG_SIGNATURES = [
    [
      'another leaf',
      'SCHNORR_SIG',
      (stage, by, signing) => sign(stage, by, { ...signing, leaf: { hash: stage.random.bytes(32) } }),
    ],
    ['no leaf', 'SCHNORR_SIG', (stage, by, signing) => sign(stage, by, { ...signing, leaf: undefined })],
    [
      'another separator',
      'SCHNORR_SIG',
      (stage, by, signing) =>
        sign(stage, by, {
          ...signing,
          leaf: { hash: output.hash, codeSeparator: leaf.codeSeparator === 7 ? 8 : 7 },
        }),
    ],
    ['empty', 'EVAL_FALSE', () => NOTHING],
  ]
  const [name, error, wrong] = pick(random, [...WRONG_SIGNATURES, ...own])
  return {
    name: `by a signature: ${name}`,
    script: output.script,
    good: stage => ({ witness: witness(sign(stage, key, { type: typeFor(stage), annex, leaf })) }),
    bad: stage => ({ witness: witness(wrong(stage, key, { annex, leaf })) }),
    error,
  }
}

const byControl: Family = random => {
  const script = bytes(OP.one)
  const depth = pick(random, [0, 1, 2, 7, 127, 128])
  const output = drawOutput(random, { version: TAPSCRIPT_VERSION, script }, depth)
  const { control } = output
  const damages: readonly (readonly [string, ScriptError, () => Uint8Array])[] = [
    [
      'a bit of the key',
      'WITNESS_PROGRAM_MISMATCH',
      () => concat(flipped(random, control.slice(0, 33), 1), control.slice(33)),
    ],
    ['the parity', 'WITNESS_PROGRAM_MISMATCH', () => control.map((byte, i) => (i === 0 ? byte ^ 1 : byte))],
    ['a byte less', 'TAPROOT_WRONG_CONTROL_SIZE', () => control.slice(0, -1)],
    ['a byte more', 'TAPROOT_WRONG_CONTROL_SIZE', () => concat(control, bytes(0))],
    ['no key', 'TAPROOT_WRONG_CONTROL_SIZE', () => control.slice(0, 32)],
    ['nothing', 'TAPROOT_WRONG_CONTROL_SIZE', () => NOTHING],
    [
      'a node more',
      depth === 128 ? 'TAPROOT_WRONG_CONTROL_SIZE' : 'WITNESS_PROGRAM_MISMATCH',
      () => concat(control, random.bytes(32)),
    ],
    ...(depth > 0
      ? ([
          ['a node less', 'WITNESS_PROGRAM_MISMATCH', () => control.slice(0, -32)],
          ['a bit of the path', 'WITNESS_PROGRAM_MISMATCH', () => flipped(random, control, 33)],
        ] as const)
      : []),
    [
      'another version',
      'WITNESS_PROGRAM_MISMATCH',
      () => control.map((byte, i) => (i === 0 ? byte ^ 2 : byte)),
    ],
  ]
  const [name, error, damaged] = pick(random, damages)
  return {
    name: `control block of depth ${depth}: ${name}`,
    script: output.script,
    good: () => ({ witness: [script, control] }),
    bad: () => ({ witness: [script, damaged()] }),
    error,
  }
}

/** Versions of leaves that mean nothing yet: any script is good, and none is relayed. The annex's first byte can be none. */
const byVersion: Family = random => {
  const versions = Array.from({ length: 128 }, (_, i) => i * 2).filter(
    v => v !== TAPSCRIPT_VERSION && v !== 0x50,
  )
  const script = pick(random, [NOTHING, bytes(OP.return), random.bytes(random.int(80)), bytes(0x4c)])
  const version = pick(random, versions)
  const output = drawOutput(random, { version, script })
  const other = concat(script, bytes(OP.nop))
  return {
    name: `leaf version ${version}`,
    script: output.script,
    good: () => ({ witness: [script, output.control] }),
    frowned: 'DISCOURAGE_UPGRADABLE_TAPROOT_VERSION',
    bad: () => ({ witness: [other, output.control] }),
    error: 'WITNESS_PROGRAM_MISMATCH',
  }
}

interface LeafOptions extends Pick<Spender, 'frowned' | 'error' | 'alsoFrowned'> {
  readonly bad?: readonly Uint8Array[]
}

/** What a script leaves, for what it is brought. */
function leafSpender(
  random: Random,
  name: string,
  script: Uint8Array,
  good: readonly Uint8Array[],
  { bad, error, ...more }: LeafOptions = {},
): Spender {
  const output = drawOutput(random, { version: TAPSCRIPT_VERSION, script })
  const of = (items: readonly Uint8Array[]) => ({ witness: [...items, script, output.control] })
  return {
    ...{ name, script: output.script, good: () => of(good) },
    ...more,
    ...(bad && error && { bad: () => of(bad), error }),
  }
}

const bySuccess: Family = random => {
  const all = Array.from({ length: 256 }, (_, opcode) => opcode).filter(opcode => isSuccess(opcode))
  const opcode = pick(random, all)
  const around = pick(random, [
    NOTHING,
    bytes(OP.return),
    concat(pushData(new Uint8Array(521))),
    bytes(OP.checkMultisig),
    bytes(OP.if),
  ])
  const script = concat(around, bytes(opcode), random.bytes(random.int(10)))
  const items = Array.from({ length: random.int(3) }, () => random.bytes(random.int(600)))
  return leafSpender(random, `OP_SUCCESS${opcode}`, script, items, { frowned: 'DISCOURAGE_OP_SUCCESS' })
}

/** An opcode that a script never comes to do no harm where it is not executed; two of them do even there. */
const byIdle: Family = random => {
  const opcode = pick(
    random,
    Array.from({ length: 256 }, (_, i) => i).filter(
      i =>
        !isSuccess(i) &&
        (i > OP.pushData4 || i === 0) &&
        ![OP.if, OP.notIf, OP.else, OP.endIf, 101, 102].includes(i),
    ),
  )
  const idle = (what: number) => bytes(OP.zero, OP.if, what, OP.endIf, OP.one)
  const broken = pick(random, [101, 102])
  const [good, bad] = [idle(opcode), idle(broken)]
  const output = drawOutput(random, { version: TAPSCRIPT_VERSION, script: good })
  const other = drawOutput(random, { version: TAPSCRIPT_VERSION, script: bad })
  if (random.int(2) === 0)
    return {
      name: `idle ${opcode}`,
      script: output.script,
      good: () => ({ witness: [good, output.control] }),
    }
  return {
    name: `idle ${broken}`,
    script: other.script,
    bad: () => ({ witness: [bad, other.control] }),
    error: 'BAD_OPCODE',
  }
}

export const FIRST_FAMILIES: readonly Family[] = [
  byKey,
  byKeyForms,
  bySignature,
  byControl,
  byVersion,
  bySuccess,
  byIdle,
]

export { bytes, type Family, leafSpender, NOTHING, pick, repeat, sign }

/** A program that is no taproot output: whatever is brought, it may be spent, and nobody relays that. */
export const byProgram: Family = random => {
  const nested = random.int(3) === 0
  const version = nested ? 1 : pick(random, [1, 2, 5, 16])
  const lengths = Array.from({ length: 39 }, (_, i) => i + 2).filter(n => nested || version !== 1 || n !== 32)
  // Pay to anchor is a length of its own.
  const length = nested
    ? 32
    : pick(
        random,
        lengths.filter(n => version !== 1 || n !== 2),
      )
  const program = concat(bytes(OP.reserved + version), pushData(random.bytes(length)))
  const script = nested ? concat(bytes(OP.hash160, 20), hash160(program), bytes(OP.equal)) : program
  const scriptSig = nested ? { scriptSig: pushData(program) } : {}
  return {
    name: nested ? 'taproot in P2SH' : `program of version ${version}, ${length} bytes`,
    script,
    good: stage => ({
      witness: Array.from({ length: stage.random.int(3) }, () => stage.random.bytes(stage.random.int(80))),
      ...scriptSig,
    }),
    frowned: 'DISCOURAGE_UPGRADABLE_WITNESS_PROGRAM',
    bad: () => ({ witness: [], scriptSig: nested ? bytes(OP.one, ...pushData(program)) : bytes(OP.one) }),
    error: nested ? 'WITNESS_MALLEATED_P2SH' : 'WITNESS_MALLEATED',
  }
}
