// The rules for a block: those that its bytes alone decide, and those that its parent decides. None needs the UTXO set.

import { toHex } from '../../bitcoin/wire/hex.ts'
import { ConsensusError, type RejectReason } from '../../errors.ts'
import { type ChainParams, MAX_BLOCK_WEIGHT } from '../../params.ts'
import { merkleRootOf, witnessCommitment } from './block.ts'
import { isFinal } from './locks.ts'
import { pushNumber } from './push.ts'
import { isCoinbase } from './tx.ts'
import { checkTransaction } from './tx-rules.ts'
import type { Block, Tx } from './types.ts'

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

/** Bitcoin Core's CheckBlock without the header. */
export function checkBlock(block: Block): void {
  const { transactions } = block
  const { root, mutated } = merkleRootOf(transactions)
  if (!startsWith(block.header.merkleRoot, root)) throw new ConsensusError('bad-txnmrklroot', block.hash)
  if (mutated) throw new ConsensusError('bad-txns-duplicate', block.hash)
  const strippedBytes = (block.weight - block.size) / 3
  if (transactions.length === 0 || strippedBytes * 4 > MAX_BLOCK_WEIGHT)
    throw new ConsensusError('bad-blk-length', `${transactions.length} transactions, ${strippedBytes} bytes`)
  const [first, ...others] = transactions
  if (first === undefined || !isCoinbase(first)) throw new ConsensusError('bad-cb-missing', block.hash)
  if (others.some(isCoinbase)) throw new ConsensusError('bad-cb-multiple', block.hash)
  for (const tx of transactions) checkTransaction(tx)
}

/** Bitcoin Core's ContextualCheckBlock: `medianTime` is the median time past of the parent. */
export function checkBlockInPlace(
  block: Block,
  height: number,
  medianTime: number,
  params: ChainParams,
): void {
  if (!block.transactions.every(tx => isFinal(tx, height, medianTime)))
    throw new ConsensusError('bad-txns-nonfinal', block.hash)
  const [coinbase] = block.transactions
  const scriptSig = coinbase?.inputs[0]?.scriptSig
  // BIP34
  if (scriptSig === undefined || !startsWith(scriptSig, pushNumber(height)))
    throw new ConsensusError('bad-cb-height', `${height}`)
  checkWitnesses(block.transactions)
  // Last, because until here somebody on the way could have made the witnesses bigger.
  if (block.weight > params.maxBlockWeight) throw new ConsensusError('bad-blk-weight', `${block.weight}`)
}

/** BIP141: the coinbase commits to all witnesses, or there are none. */
function checkWitnesses(transactions: readonly Tx[]): void {
  const [coinbase] = transactions
  const commitment = coinbase?.outputs.findLast(output => isCommitment(output.script))?.script
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
