// The rules for a block: those that its bytes alone decide, and those that its parent decides. None needs the UTXO set.

import { toHex } from '../../bitcoin/wire/hex.ts'
import { ConsensusError, type RejectReason } from '../../errors.ts'
import { type ChainParams, MAX_BLOCK_WEIGHT } from '../../params.ts'
import { medianTimePast } from '../consensus/header-rules.ts'
import type { RuleBook, Rules } from '../consensus/rules.ts'
import { classify } from '../script/kinds.ts'
import { makeBlock, merkleRootOf, witnessCommitment } from './block.ts'
import { isFinal } from './locks.ts'
import { pushNumber } from './push.ts'
import { isCoinbase, makeTx } from './tx.ts'
import { checkTransaction } from './tx-rules.ts'
import type { Block, BlockEntry, Tx } from './types.ts'

/** OP_RETURN, a push of 36 bytes, and BIP141's four: the 32 bytes behind commit to the witnesses. */
const COMMITMENT_PREFIX = Uint8Array.of(0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed)
const COMMITMENT_BYTES = 38

const MUTATIONS: ReadonlySet<RejectReason> = new Set([
  'bad-txnmrklroot',
  'bad-txns-duplicate',
  'bad-witness-nonce-size',
  'bad-witness-merkle-match',
  'unexpected-witness',
])

/**
 * True for reasons that are not proven by the header: somebody on the way may have changed the transactions or witnesses, and
 * the block with this hash may still be valid. Its header must not be marked.
 */
export function isMutation(reason: RejectReason): boolean {
  return MUTATIONS.has(reason)
}

/** Peers of one process that are sent a block look at it once. */
const whole = new WeakSet<Block>()

/**
 * Throws where somebody has changed the transactions or the witnesses of a block on its way: nothing of it, its header included, is
 * worth more than the word of who sent it. `rules`: of its place.
 */
export function checkUnchanged(block: Block, rules: Rules): void {
  if (whole.has(block)) return
  checkMerkleRoot(block)
  checkWitnesses(block.transactions, rules)
  if (rules.segwit) whole.add(block)
}

function checkMerkleRoot({ hash, header, transactions }: Block): void {
  const { root, mutated } = merkleRootOf(transactions)
  if (!startsWith(header.merkleRoot, root)) throw new ConsensusError('bad-txnmrklroot', hash)
  if (mutated) throw new ConsensusError('bad-txns-duplicate', hash)
}

/** Bitcoin Core's CheckBlock without the header. */
export function checkBlock(block: Block): void {
  const { transactions } = block
  checkMerkleRoot(block)
  const strippedBytes = (block.weight - block.size) / 3
  if (transactions.length === 0 || strippedBytes * 4 > MAX_BLOCK_WEIGHT)
    throw new ConsensusError('bad-blk-length', `${transactions.length} transactions, ${strippedBytes} bytes`)
  const [first, ...others] = transactions
  if (first === undefined || !isCoinbase(first)) throw new ConsensusError('bad-cb-missing', block.hash)
  if (others.some(isCoinbase)) throw new ConsensusError('bad-cb-multiple', block.hash)
  for (const tx of transactions) checkTransaction(tx)
}

/** A block's place in the chain, as far as no coins are looked at. */
export interface BlockPlace {
  readonly params: Pick<ChainParams, 'maxBlockWeight'>
  readonly height: number
  /** Median time past of the parent. */
  readonly medianTime: number
  readonly rules: Rules
}

/** Everything about a block that its entry decides: the rules of its place, and what its header must signal (BIP8). */
export function checkBlockAt(
  block: Block,
  { height, parent }: Pick<BlockEntry, 'height' | 'parent'>,
  { params, rules }: { readonly params: ChainParams; readonly rules: RuleBook },
): void {
  if (!parent) return
  const medianTime = medianTimePast(parent)
  checkBlockInPlace(block, { params, height, medianTime, rules: rules.after(parent) })
  const lacks = rules.unsignalled(block.header.version, parent)
  if (lacks) throw new ConsensusError('bad-vbit-unset', `bit ${lacks.bit}`, lacks.name)
}

/** Bitcoin Core's ContextualCheckBlock. */
export function checkBlockInPlace(block: Block, { params, height, medianTime, rules }: BlockPlace): void {
  checkFinal(block, height, medianTime, rules)
  const [coinbase] = block.transactions
  const scriptSig = coinbase?.inputs[0]?.scriptSig
  if (rules.bip34 && (scriptSig === undefined || !startsWith(scriptSig, pushNumber(height))))
    throw new ConsensusError('bad-cb-height', `${height}`)
  checkWitnesses(block.transactions, rules)
  // Last, because until here somebody on the way could have made the witnesses bigger.
  if (block.weight > rules.maxBlockWeight)
    throw new ConsensusError('bad-blk-weight', `${block.weight}`, weightRule(block.weight, rules, params))
  checkForbidden(block.transactions, rules)
}

/** BIP113: lock times are held against the chain's clock, and not against the block's own. */
function checkFinal(block: Block, height: number, medianTime: number, rules: Rules): void {
  const { hash, header, transactions } = block
  if (transactions.every(tx => isFinal(tx, height, rules.csv ? medianTime : header.time))) return
  const before = transactions.every(tx => isFinal(tx, height, header.time))
  const csv = rules.deployed.find(({ rule }) => rule.rule === 'csv')
  throw new ConsensusError('bad-txns-nonfinal', hash, before ? csv?.name : undefined)
}

/** The deployment without which blocks may weigh so much. */
function weightRule(weight: number, rules: Rules, params: BlockPlace['params']): string | undefined {
  if (weight > params.maxBlockWeight) return undefined
  return rules.deployed.find(({ rule }) => rule.rule === 'max-block-weight')?.name
}

function checkForbidden(transactions: readonly Tx[], rules: Rules): void {
  if (rules.forbidden.length === 0) return
  for (const tx of transactions.slice(1)) {
    const broken = forbiddenOutput(tx, rules)
    if (broken) throw new ConsensusError('bad-txns-vout-forbidden', tx.txid, broken.by)
  }
}

/** The first rule that forbids an output of this transaction. */
export function forbiddenOutput(tx: Tx, { forbidden }: Rules): Rules['forbidden'][number] | undefined {
  if (forbidden.length === 0) return undefined
  const kinds = new Set<string>(tx.outputs.map(({ script }) => classify(script).kind))
  return forbidden.find(({ outputs }) => kinds.has(outputs))
}

/** BIP141: the coinbase commits to all witnesses, or there are none. */
function checkWitnesses(transactions: readonly Tx[], { segwit }: Rules): void {
  const [coinbase] = transactions
  const commitment = segwit
    ? coinbase?.outputs.findLast(output => isCommitment(output.script))?.script
    : undefined
  if (commitment === undefined) {
    const extra = transactions.find(tx => tx.hasWitness)
    if (extra !== undefined) throw new ConsensusError('unexpected-witness', extra.txid)
    return
  }
  const witness = coinbase?.inputs[0]?.witness ?? []
  const [nonce] = witness
  if (witness.length !== 1 || nonce?.length !== 32)
    throw new ConsensusError('bad-witness-nonce-size', `${witness.length} items`)
  const wanted = commitment.subarray(COMMITMENT_PREFIX.length, COMMITMENT_BYTES)
  const actual = witnessCommitment(transactions, nonce)
  if (!startsWith(actual, wanted)) throw new ConsensusError('bad-witness-merkle-match', toHex(actual))
}

/**
 * Made by who forgot the coinbase's witness, or left it to whom the block is handed: the reserved value of zeros (BIP141), where the
 * coinbase commits to witnesses and has none itself.
 */
export function withReservedValue(block: Block, { segwit }: Rules): Block {
  const [coinbase, ...others] = block.transactions
  const [input] = coinbase?.inputs ?? []
  if (!segwit || !coinbase || !input || coinbase.hasWitness) return block
  if (!coinbase.outputs.some(output => isCommitment(output.script))) return block
  const inputs = [{ ...input, witness: [new Uint8Array(32)] }]
  return makeBlock(block.header, [makeTx({ ...coinbase, inputs }), ...others])
}

/** The script of the output that commits to a block's witnesses. */
export function commitmentScript(commitment: Uint8Array): Uint8Array {
  return Uint8Array.of(...COMMITMENT_PREFIX, ...commitment)
}

function isCommitment(script: Uint8Array): boolean {
  return script.length >= COMMITMENT_BYTES && startsWith(script, COMMITMENT_PREFIX)
}

function startsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  return bytes.length >= prefix.length && prefix.every((byte, i) => bytes[i] === byte)
}
