// Scripts: what they are, what they cost, and whether an input may spend its coin.
// Spends of P2PKH and P2WPKH are understood; any script may be created. There is no interpreter: for these two kinds the
// outcome of Core's is decided by the pushes in front, and is reproduced here rule by rule.

import { ConsensusError } from '../../errors.ts'
import { BoundedSet } from '../bounded.ts'
import type { Secp256k1 } from '../services.ts'
import { decodeDer } from './der.ts'
import { hash160 } from './hash160.ts'
import { legacySighash } from './legacy-sighash.ts'
import { OP_RETURN, pushData } from './push.ts'
import { SIGHASH, segwitSighash } from './sighash.ts'
import type { Coin, OutPoint, Tx, TxIn } from './types.ts'

export const OP = {
  zero: 0x00,
  pushData1: 0x4c,
  pushData2: 0x4d,
  pushData4: 0x4e,
  minusOne: 0x4f,
  reserved: 0x50,
  one: 0x51,
  sixteen: 0x60,
  dup: 0x76,
  equalVerify: 0x88,
  hash160: 0xa9,
  checkSig: 0xac,
  checkSigVerify: 0xad,
  checkMultisig: 0xae,
  checkMultisigVerify: 0xaf,
} as const

const MAX_SCRIPT_BYTES = 10_000
const MAX_PUSH_BYTES = 520
const MAX_STACK_ITEMS = 1_000
const MAX_MULTISIG_KEYS = 20
/** A legacy signature operation weighs as much as four in a witness. */
const WITNESS_SCALE = 4
const EVALUATED_FALSE = 'Script evaluated without error but finished with a false/empty top stack element'

export type ScriptKind =
  | { readonly kind: 'p2pkh' | 'p2wpkh'; readonly hash: Uint8Array }
  | { readonly kind: 'unsupported' | 'unspendable' }

/** Which template an output's script follows; `hash`: the 20 bytes in it. */
export function classify(script: Uint8Array): ScriptKind {
  if (script.length === 25 && isP2pkh(script)) return { kind: 'p2pkh', hash: script.subarray(3, 23) }
  if (script.length === 22 && script[0] === OP.zero && script[1] === 20)
    return { kind: 'p2wpkh', hash: script.subarray(2) }
  return { kind: isUnspendable(script) ? 'unspendable' : 'unsupported' }
}

/** True if no input can ever spend it: such an output never enters the UTXO set. */
export function isUnspendable(script: Uint8Array): boolean {
  return script[0] === OP_RETURN || script.length > MAX_SCRIPT_BYTES
}

export function p2pkhScript(hash: Uint8Array): Uint8Array {
  return Uint8Array.of(OP.dup, OP.hash160, 20, ...hash, OP.equalVerify, OP.checkSig)
}

export function p2wpkhScript(hash: Uint8Array): Uint8Array {
  return Uint8Array.of(OP.zero, 20, ...hash)
}

/**
 * Inputs whose signatures were found good, so that a block does not verify again what the mempool did.
 * The key is wtxid and input: a wtxid commits to every signature and, through the outpoints' txids, to the scripts and
 * values of the coins. Verification is pure, so one cache may serve many peers.
 */
export class SignatureCache {
  readonly #verified: BoundedSet<string>

  /** `capacity`: inputs kept, 130 bytes each; the oldest go first. More than the blocks that are on their way spend. */
  constructor(capacity = 20_000) {
    this.#verified = new BoundedSet(capacity)
  }

  get size(): number {
    return this.#verified.size
  }

  has(tx: Tx, index: number): boolean {
    return this.#verified.has(`${tx.wtxid}:${index}`)
  }

  add(tx: Tx, index: number): void {
    this.#verified.add(`${tx.wtxid}:${index}`)
  }
}

/** `consensus`: what a block may hold. `standard`: what we relay; adds Core's rules against third-party malleability. */
export type ScriptRules = 'consensus' | 'standard'

/**
 * Throws a ConsensusError unless input `index` of `tx` may spend `coin`: `mandatory-script-verify-flag-failed` if consensus
 * forbids it, `non-mandatory-script-verify-flag` if only the standard rules do, `unsupported-script` if it is of another kind.
 */
export function verifyInput(
  tx: Tx,
  index: number,
  coin: Coin,
  secp: Secp256k1,
  cache?: SignatureCache,
  rules: ScriptRules = 'consensus',
): void {
  if (cache?.has(tx, index)) return
  checkClaim(claimOf(tx, index, coin, secp), secp, rules)
  // what passed the looser rules only must not count as standard later
  if (rules === 'standard') cache?.add(tx, index)
}

/** What an input brings forward to spend its coin: a key that hashes to `hash`, and its signature of `digest`. */
interface Claim {
  readonly hash: Uint8Array
  readonly publicKey: Uint8Array
  readonly signature: Uint8Array
  digest(type: number): Uint8Array
  /** What the standard rules, and only they, mind about its form. */
  readonly blemish: string | undefined
}

function claimOf(tx: Tx, index: number, coin: Coin, secp: Secp256k1): Claim {
  const script = classify(coin.script)
  if (script.kind === 'p2pkh') return p2pkhClaim(tx, index, coin, script.hash, secp)
  if (script.kind === 'p2wpkh') return p2wpkhClaim(tx, index, coin, script.hash)
  throw new ConsensusError('unsupported-script', `input ${index} spends neither P2PKH nor P2WPKH`)
}

function p2pkhClaim(tx: Tx, index: number, { script }: Coin, hash: Uint8Array, secp: Secp256k1): Claim {
  const { scriptSig, witness } = tx.inputs[index] as TxIn
  if (witness.length > 0) throw failed('Witness provided for non-witness script')
  const stack = pushes(scriptSig)
  const publicKey = stack.pop()
  const signature = stack.pop()
  if (!signature || !publicKey) throw failed('Operation not valid with the current stack size')
  const shortest = pushData(signature).length + pushData(publicKey).length
  return {
    hash,
    publicKey,
    signature,
    digest: type => legacySighash(tx, index, script, type, secp.sha256),
    blemish:
      stack.length > 0
        ? 'Stack size must be exactly one after execution'
        : scriptSig.length > shortest
          ? 'Data push larger than necessary'
          : undefined,
  }
}

function p2wpkhClaim(tx: Tx, index: number, { valueSat }: Coin, hash: Uint8Array): Claim {
  const { scriptSig, witness } = tx.inputs[index] as TxIn
  if (scriptSig.length > 0) throw failed('Witness requires empty scriptSig')
  const [signature, publicKey] = witness
  if (!signature || !publicKey || witness.length !== 2) throw failed('Witness program hash mismatch')
  if (Math.max(signature.length, publicKey.length) > MAX_PUSH_BYTES)
    throw failed('Push value size limit exceeded')
  return {
    hash,
    publicKey,
    signature,
    // BIP143: the script code of a P2WPKH program is the P2PKH script of its hash
    digest: type => segwitSighash(tx, index, p2pkhScript(hash), valueSat, type),
    blemish: publicKey.length === 33 ? undefined : 'Using non-compressed keys in segwit',
  }
}

/** OP_DUP OP_HASH160 <hash> OP_EQUALVERIFY OP_CHECKSIG, the end of both kinds. */
function checkClaim(claim: Claim, secp: Secp256k1, rules: ScriptRules): void {
  const { publicKey, signature } = claim
  if (!equal(hash160(publicKey), claim.hash)) throw failed('Script failed an OP_EQUALVERIFY operation')
  if (signature.length === 0) throw failed(EVALUATED_FALSE)
  const numbers = decodeDer(signature.subarray(0, -1))
  if (numbers === undefined) throw failed('Non-canonical DER signature')
  const type = signature.at(-1) as number
  const digest = claim.digest(type)
  const strict = rules === 'standard'
  if (!secp.verify(digest, publicKey, numbers, strict)) {
    if (!strict || !secp.verify(digest, publicKey, numbers, false)) throw failed(EVALUATED_FALSE)
    throw notStandard('Non-canonical signature: S value is unnecessarily high')
  }
  if (!strict) return
  const covered = type & ~SIGHASH.anyoneCanPay
  if (covered < SIGHASH.all || covered > SIGHASH.single)
    throw notStandard('Signature hash type missing or not understood')
  if (publicKey[0] === 6 || publicKey[0] === 7)
    throw notStandard('Public key is neither compressed or uncompressed')
  if (claim.blemish !== undefined) throw notStandard(claim.blemish)
}

/** What a script of pushes leaves on the stack, bottom first. */
function pushes(script: Uint8Array): Uint8Array[] {
  if (script.length > MAX_SCRIPT_BYTES) throw failed('Script is too big')
  const stack: Uint8Array[] = []
  for (let at = 0; at < script.length; ) {
    const step = operation(script, at)
    if (step === undefined) throw failed('Opcode missing or not understood')
    if (step.opcode === OP.reserved) throw failed('Opcode missing or not understood')
    if (step.opcode > OP.sixteen)
      throw new ConsensusError('unsupported-script', 'scriptSig does more than push')
    stack.push(step.data ?? smallNumber(step.opcode))
    if (step.data && step.data.length > MAX_PUSH_BYTES) throw failed('Push value size limit exceeded')
    if (stack.length > MAX_STACK_ITEMS) throw failed('Stack size limit exceeded')
    at = step.end
  }
  return stack
}

function smallNumber(opcode: number): Uint8Array {
  return Uint8Array.of(opcode === OP.minusOne ? 0x81 : opcode - OP.one + 1)
}

/** The operation at `at`: its opcode, what it pushes (if it carries data) and where the next begins; undefined if cut off. */
function operation(script: Uint8Array, at: number) {
  const opcode = script[at] as number
  let start = at + 1
  if (opcode > OP.pushData4) return { opcode, data: undefined, end: start }
  let length = opcode
  if (opcode >= OP.pushData1) {
    const digits = opcode === OP.pushData1 ? 1 : opcode === OP.pushData2 ? 2 : 4
    if (start + digits > script.length) return undefined
    length = 0
    for (let i = digits - 1; i >= 0; i--) length = length * 256 + (script[start + i] as number)
    start += digits
  }
  const end = start + length
  return end <= script.length ? { opcode, data: script.subarray(start, end), end } : undefined
}

/** Signature operations as counted before segwit: without looking at what is spent; OP_CHECKMULTISIG counts for 20. */
export function legacySigops(script: Uint8Array): number {
  let count = 0
  for (let at = 0; at < script.length; ) {
    const step = operation(script, at)
    if (step === undefined) break
    if (step.opcode === OP.checkSig || step.opcode === OP.checkSigVerify) count++
    else if (step.opcode === OP.checkMultisig || step.opcode === OP.checkMultisigVerify)
      count += MAX_MULTISIG_KEYS
    at = step.end
  }
  return count
}

/**
 * Signature operation cost as Core counts it for the kinds we spend: legacy ones times four, and one for each P2WPKH
 * input. `coinOf` may answer undefined (for a coinbase): then only the legacy ones count.
 */
export function sigopCost(tx: Tx, coinOf: (outpoint: OutPoint) => Coin | undefined): number {
  let legacy = 0
  for (const input of tx.inputs) legacy += legacySigops(input.scriptSig)
  for (const output of tx.outputs) legacy += legacySigops(output.script)
  let witness = 0
  for (const input of tx.inputs) {
    const coin = coinOf(input.previous)
    if (coin && classify(coin.script).kind === 'p2wpkh') witness++
  }
  return legacy * WITNESS_SCALE + witness
}

function isP2pkh(script: Uint8Array): boolean {
  return (
    script[0] === OP.dup &&
    script[1] === OP.hash160 &&
    script[2] === 20 &&
    script[23] === OP.equalVerify &&
    script[24] === OP.checkSig
  )
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

function failed(why: string): ConsensusError {
  return new ConsensusError('mandatory-script-verify-flag-failed', why)
}

function notStandard(why: string): ConsensusError {
  return new ConsensusError('non-mandatory-script-verify-flag', why)
}
