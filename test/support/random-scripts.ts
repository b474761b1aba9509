// Random spends from before taproot, by a seed: scripts of all opcodes that are mostly near to something sensible, in every
// wrapping, under flags of all kinds, some with signatures that are good or nearly so.

import type { Random } from '../../node/core/host.ts'
import { hasher } from '../../node/hash.ts'
import { hash160 } from '../../node/ledger/chain/hash160.ts'
import { concat, pushData } from '../../node/ledger/chain/push.ts'
import { makeTx } from '../../node/ledger/chain/tx.ts'
import type { Tx, TxOut } from '../../node/ledger/chain/types.ts'
import { encodeDer } from '../../node/ledger/script/der.ts'
import { VERIFY } from '../../node/ledger/script/flags.ts'
import { p2pkhScript, p2shScript, p2wpkhScript, witnessScript } from '../../node/ledger/script/kinds.ts'
import { encodeNumber } from '../../node/ledger/script/number.ts'
import { OP } from '../../node/ledger/script/opcodes.ts'
import { legacySighash } from '../../node/ledger/script/sighash-legacy.ts'
import { segwitSighash } from '../../node/ledger/script/sighash-witness.ts'
import { secp } from './chain.ts'

export interface RandomSpend {
  readonly tx: Tx
  readonly index: number
  readonly coin: TxOut
  readonly flags: number
}

type Wrapping = 'bare' | 'p2sh' | 'p2wsh' | 'p2sh-p2wsh'

const NOTHING = new Uint8Array(0)
const KEYS = Array.from({ length: 3 }, (_, i) => new Uint8Array(32).fill(i + 1))
const PUBLIC_KEYS = KEYS.map(key => secp.publicKey(key))
const HASH_TYPES = [1, 2, 3, 0x81, 0x82, 0x83, 0, 4, 0x41, 0xff]
/** Of lock times and of numbers where their lengths change. */
const NUMBERS = [
  0,
  1,
  -1,
  2,
  3,
  16,
  17,
  127,
  128,
  255,
  256,
  32_767,
  32_768,
  5e8,
  2 ** 31 - 1,
  -(2 ** 31) + 1,
  2 ** 31,
  2 ** 32,
]
/** All that bcoin 1.0.2 knows; it demands what each needs. */
const FLAGS = Object.values(VERIFY).filter(flag => flag <= VERIFY.WITNESS_PUBKEYTYPE)

/** Scripts of operations alone. */
export function randomSpend(random: Random): RandomSpend {
  const wrapping = pick(random, ['bare', 'p2sh', 'p2wsh', 'p2sh-p2wsh'] as const)
  const items = Array.from({ length: random.int(7) }, () => randomItem(random))
  const program = random.int(20) === 0 ? random.bytes(random.int(60)) : randomScript(random)
  const blank = blankTx(random)
  return { ...wrap(random, blank, program, items, wrapping), flags: randomFlags(random) }
}

/** One signature, or several, over a script that has separators, and may be signed otherwise than it says. */
export function randomSignedSpend(random: Random): RandomSpend {
  const wrapping = pick(random, ['bare', 'p2sh', 'p2wsh', 'p2sh-p2wsh'] as const)
  const witness = wrapping.endsWith('p2wsh')
  const blank = blankTx(random)
  const { program, signed, signers } = signedProgram(random)
  const signatures = signers.map(signer => {
    const type = pick(random, HASH_TYPES)
    const digest = witness
      ? segwitSighash(blank.tx, blank.index, signed, blank.valueSat, type)
      : legacySighash(blank.tx, blank.index, signed, type)
    const good = concat(encodeDer(secp.sign(digest, KEYS[signer] as Uint8Array)), Uint8Array.of(type))
    return random.int(8) === 0 ? spoil(random, good) : good
  })
  const dummy = program.at(-1) === OP.checkMultisig ? [random.int(6) === 0 ? Uint8Array.of(1) : NOTHING] : []
  return { ...wrap(random, blank, program, [...dummy, ...signatures], wrapping), flags: randomFlags(random) }
}

/** P2PKH, P2WPKH and the latter in P2SH, signed. */
export function randomKeySpend(random: Random): RandomSpend {
  const blank = blankTx(random)
  const publicKey = pick(random, PUBLIC_KEYS)
  const key = KEYS[PUBLIC_KEYS.indexOf(publicKey)] as Uint8Array
  const hash = hash160(publicKey)
  const [code, type] = [p2pkhScript(hash), pick(random, HASH_TYPES)]
  const kind = random.int(3)
  const digest =
    kind === 0
      ? legacySighash(blank.tx, blank.index, code, type)
      : segwitSighash(blank.tx, blank.index, code, blank.valueSat, type)
  const good = concat(encodeDer(secp.sign(digest, key)), Uint8Array.of(type))
  const signature = random.int(5) === 0 ? spoil(random, good) : good
  const program = p2wpkhScript(hash)
  const unlocked =
    kind === 0
      ? { script: code, scriptSig: concat(pushData(signature), pushData(publicKey)), witness: [] }
      : kind === 1
        ? { script: program, scriptSig: NOTHING, witness: [signature, publicKey] }
        : {
            script: p2shScript(hash160(program)),
            scriptSig: pushData(program),
            witness: [signature, publicKey],
          }
  return { ...unlock(blank, unlocked), flags: randomFlags(random) }
}

// ---- scripts

function randomScript(random: Random): Uint8Array {
  const parts: Uint8Array[] = []
  for (let count = random.int(24); count >= 0; count--) {
    const kind = random.int(10)
    if (kind < 4) parts.push(pushOf(random, randomItem(random)))
    else if (kind < 9) parts.push(Uint8Array.of(OP.nop + random.int(OP.nop10 - OP.nop + 1)))
    else parts.push(...branch(random))
  }
  return concat(...parts)
}

function branch(random: Random): Uint8Array[] {
  const begin = [Uint8Array.of(random.int(2)), Uint8Array.of(random.int(2) ? OP.if : OP.notIf)]
  const inner = [pushOf(random, randomItem(random)), Uint8Array.of(OP.nop + random.int(80))]
  const other = random.int(2) ? [Uint8Array.of(OP.else), pushOf(random, randomItem(random))] : []
  return [...begin, ...inner, ...other, Uint8Array.of(random.int(12) ? OP.endIf : OP.else)]
}

/** Mostly a small number; else a longer one, a key, what looks like a signature, or anything. */
function randomItem(random: Random): Uint8Array {
  const kind = random.int(12)
  if (kind < 6) return encodeNumber(random.int(8) - 1)
  if (kind < 8) return encodeNumber(pick(random, NUMBERS))
  if (kind === 8) return pick(random, PUBLIC_KEYS)
  if (kind === 9) return concat(encodeDer(random.bytes(64)), Uint8Array.of(pick(random, HASH_TYPES)))
  if (kind === 10) return Uint8Array.of(0, random.int(2) * 0x80)
  return random.bytes(random.int(20) === 0 ? 515 + random.int(10) : random.int(40))
}

/** As short as may be, as an opcode where there is one, or now and then longer than needed. */
function pushOf(random: Random, item: Uint8Array): Uint8Array {
  const [first = 0] = item
  if (random.int(20) === 0 && item.length < 256) return concat(Uint8Array.of(0x4c, item.length), item)
  if (item.length === 1 && first >= 1 && first <= 16) return Uint8Array.of(OP.reserved + first)
  if (item.length === 1 && first === 0x81) return Uint8Array.of(OP.minusOne)
  return pushData(item)
}

/** A script that checks signatures, and the part of it that they sign. */
function signedProgram(random: Random) {
  const separator = () => (random.int(3) === 0 ? Uint8Array.of(OP.codeSeparator) : NOTHING)
  const before = concat(separator(), random.int(2) ? Uint8Array.of(OP.nop) : NOTHING, separator())
  const count = 1 + random.int(3)
  const signers = Array.from({ length: count }, (_, i) => i).filter(() => random.int(4) > 0)
  const keys = PUBLIC_KEYS.slice(0, count).map(pushData)
  const isMany = count > 1 || random.int(2) === 0
  const check = isMany
    ? concat(
        Uint8Array.of(OP.reserved + signers.length || OP.zero),
        ...keys,
        Uint8Array.of(OP.reserved + count, OP.checkMultisig),
      )
    : concat(keys[0] as Uint8Array, Uint8Array.of(OP.checkSig))
  const program = concat(before, fixed(check, signers.length))
  const last = before.lastIndexOf(OP.codeSeparator)
  const signed = random.int(10) === 0 ? program : program.subarray(last + 1)
  return { program, signed, signers: isMany ? signers : [0] }
}

/** No signature is OP_0 and not OP_RESERVED. */
function fixed(check: Uint8Array, required: number): Uint8Array {
  return required === 0 && check[0] === OP.reserved ? Uint8Array.of(OP.zero, ...check.subarray(1)) : check
}

function spoil(random: Random, signature: Uint8Array): Uint8Array {
  const kind = random.int(4)
  if (kind === 0) return NOTHING
  if (kind === 1) return signature.subarray(0, random.int(signature.length))
  const changed = signature.slice()
  const at = kind === 2 ? random.int(10) : random.int(changed.length)
  // What no longer fits in 32 bytes is a high s to bcoin, and zero to Core.
  if (at === 4 || at === 6 + (signature[3] as number)) return changed.fill(0, at)
  changed[at] = (changed[at] as number) ^ (1 << random.int(8))
  return changed
}

// ---- transactions

interface Blank {
  readonly tx: Tx
  readonly index: number
  readonly valueSat: number
}

function blankTx(random: Random): Blank {
  const sequences = [0xffffffff, 0xfffffffe, 0, 5, 0x00400005, 0x80000005]
  const input = () => ({
    previous: { txid: 'ab'.repeat(32), index: random.int(1000) },
    scriptSig: NOTHING,
    sequence: pick(random, sequences),
    witness: [],
  })
  const inputs = Array.from({ length: 1 + random.int(3) }, input)
  const outputs = Array.from({ length: 1 + random.int(3) }, (_, i) => ({
    valueSat: 1_000 + i,
    script: random.bytes(random.int(30)),
  }))
  const lockTime = pick(random, [0, 1, 2, 100, 499_999_999, 500_000_000, 0xffffffff])
  const tx = makeTx({ version: pick(random, [1, 2, 0xffffffff]), inputs, outputs, lockTime })
  return { tx, index: random.int(inputs.length), valueSat: random.int(1e9) }
}

/** Brings `items` to `program` in that wrapping, now and then with something that does not belong. */
function wrap(
  random: Random,
  blank: Blank,
  program: Uint8Array,
  items: readonly Uint8Array[],
  wrapping: Wrapping,
): Omit<RandomSpend, 'flags'> {
  const odd = random.int(15) === 0
  const push = (all: readonly Uint8Array[]) => concat(...all.map(item => pushOf(random, item)))
  const hash = hasher.sha256(program)
  const nested = witnessScript({ version: odd ? 2 * random.int(2) : 0, program: hash })
  const surplus = odd && random.int(2) ? Uint8Array.of(OP.nop) : NOTHING
  if (wrapping === 'bare')
    return unlock(blank, {
      script: program,
      scriptSig: concat(push(items), surplus),
      witness: odd ? [hash] : [],
    })
  if (wrapping === 'p2sh')
    return unlock(blank, {
      script: p2shScript(hash160(program)),
      scriptSig: concat(push(items), surplus, program.length <= 520 ? pushData(program) : NOTHING),
      witness: odd ? [hash] : [],
    })
  const witness = [...items, odd && random.int(2) ? hash : program]
  const scriptSig = wrapping === 'p2wsh' ? surplus : concat(surplus, pushData(nested))
  return unlock(blank, {
    script: wrapping === 'p2wsh' ? nested : p2shScript(hash160(nested)),
    scriptSig,
    witness,
  })
}

function unlock(
  { tx, index, valueSat }: Blank,
  {
    script,
    scriptSig,
    witness,
  }: { script: Uint8Array; scriptSig: Uint8Array; witness: readonly Uint8Array[] },
): Omit<RandomSpend, 'flags'> {
  const inputs = tx.inputs.map((input, i) => (i === index ? { ...input, scriptSig, witness } : input))
  return { tx: makeTx({ ...tx, inputs }), index, coin: { script, valueSat } }
}

function randomFlags(random: Random): number {
  const kind = random.int(4)
  const all = FLAGS.reduce((flags, flag) => flags | flag, 0)
  let flags = kind === 0 ? all : kind === 1 ? VERIFY.P2SH | VERIFY.WITNESS | VERIFY.DERSIG : 0
  if (kind > 1) for (const flag of FLAGS) if (random.int(2)) flags |= flag
  // Where lock times are not looked at, bcoin takes them for upgradable, and Core no more.
  if (flags & VERIFY.DISCOURAGE_UPGRADABLE_NOPS)
    flags |= VERIFY.CHECKLOCKTIMEVERIFY | VERIFY.CHECKSEQUENCEVERIFY
  // Core's own tests demand these together as well.
  if (flags & VERIFY.CLEANSTACK) flags |= VERIFY.WITNESS
  return flags & VERIFY.WITNESS ? flags | VERIFY.P2SH : flags
}

function pick<T>(random: Random, from: readonly T[]): T {
  return from[random.int(from.length)] as T
}
