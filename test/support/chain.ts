// Chains for tests: blocks made in no time at trivial difficulty, on any parent, and payments that really verify.

import type { Batch, Store } from '../../node/core/host.ts'
import { createSecp256k1 } from '../../node/host/secp.ts'
import { makeBlock, merkleRootOf, witnessCommitment } from '../../node/ledger/chain/block.ts'
import { commitmentScript } from '../../node/ledger/chain/block-rules.ts'
import { Chain, type ChainDeps } from '../../node/ledger/chain/chain.ts'
import { hash160 } from '../../node/ledger/chain/hash160.ts'
import { makeHeader, ZERO_HASH } from '../../node/ledger/chain/header.ts'
import { concat, pushNumber } from '../../node/ledger/chain/push.ts'
import { makeTx, NULL_INDEX } from '../../node/ledger/chain/tx.ts'
import type { Block, BlockEntry, Header, OutPoint, Tx, TxIn, TxOut } from '../../node/ledger/chain/types.ts'
import { bitsToTarget, meetsTarget } from '../../node/ledger/consensus/target.ts'
import { encodeDer } from '../../node/ledger/script/der.ts'
import { p2pkhScript, p2wpkhScript, witnessScript } from '../../node/ledger/script/kinds.ts'
import { SIGHASH } from '../../node/ledger/script/sighash-type.ts'
import { segwitSighash } from '../../node/ledger/script/sighash-witness.ts'
import { type ChainParams, type ChainSpec, chainParams, REGTEST_SPEC } from '../../node/params.ts'
import { MemoryStore } from '../../orchestrator/runtime/sim/host.ts'

export const secp = createSecp256k1()

/** The clock of test chains: 2025-01-01. */
export const NOW_MS = Date.UTC(2025, 0, 1)

/** A netsplit network with regtest's trivial difficulty, whose coinbases can be spent after two blocks. */
export const EASY_SPEC: ChainSpec = {
  ...REGTEST_SPEC,
  network: 'netsplit',
  name: 'easy',
  coinbaseMaturity: 2,
}
export const EASY: ChainParams = chainParams(EASY_SPEC)

/** A store that remembers its commits, so that a test can stop the world after any of them. */
export class RecordingStore implements Store {
  readonly batches: Batch[] = []
  readonly #inner = new MemoryStore()

  /** A store in which only these commits ever happened. */
  static of(batches: readonly Batch[]): RecordingStore {
    const store = new RecordingStore()
    for (const batch of batches) store.commit(batch)
    return store
  }

  get(key: string): Uint8Array | undefined {
    return this.#inner.get(key)
  }

  scan(prefix: string): Iterable<readonly [string, Uint8Array]> {
    return this.#inner.scan(prefix)
  }

  commit(batch: Batch): void {
    this.batches.push(batch)
    this.#inner.commit(batch)
  }
}

/** A loaded chain on a store of its own. */
export function testChain(deps: Partial<ChainDeps> = {}): Chain {
  const chain = new Chain({ params: EASY, store: new MemoryStore(), secp, nowMs: () => NOW_MS, ...deps })
  const { damaged } = chain.load()
  if (damaged !== undefined) throw new Error(damaged)
  return chain
}

/** All coins that blocks 1 … `height` may have made, counted one by one. The genesis block's cannot be spent and do not count. */
export function supplySat(chain: Chain, height = chain.tip.height): number {
  let total = 0
  for (let h = 1; h <= height; h++) total += chain.subsidySat(h)
  return total
}

export interface BlockOptions {
  /** Default: the chain's tip. */
  readonly parent?: BlockEntry
  /** Behind the coinbase. */
  readonly txs?: readonly Tx[]
  /** Default: the parent's time and one second. */
  readonly time?: number
  readonly version?: number
  readonly bits?: number
  /** Where the coins go. Default: key 0's script. */
  readonly script?: Uint8Array
  /** What the coinbase claims. Default: the subsidy (fees are left to nobody). */
  readonly claimSat?: number
  /** Makes twins on one parent differ. */
  readonly tag?: number
  /** Replaces the coinbase's fields. */
  readonly coinbase?: Partial<Pick<Tx, 'inputs' | 'outputs' | 'lockTime'>>
  /** Default: where a transaction has a witness. */
  readonly commit?: boolean
  /** Changes the header before its nonce is searched. */
  readonly header?: Partial<Header>
}

/** A block that keeps every rule, except where `options` say otherwise. Not accepted yet. */
export function buildBlock(chain: Chain, options: BlockOptions = {}): Block {
  const { parent = chain.tip, txs = [] } = options
  const coinbase = coinbaseTx(chain, parent.height + 1, options)
  const transactions = [coinbase, ...txs]
  const header = makeHeader({
    version: options.version ?? 0x20000000,
    prev: parent.hash,
    merkleRoot: merkleRootOf(transactions).root,
    time: options.time ?? Math.max(parent.header.time + 1, chain.medianTimePast(parent) + 1),
    bits: options.bits ?? chain.nextBits(parent),
    nonce: 0,
    ...options.header,
  })
  return makeBlock(solve(header, chain.params), transactions)
}

/** Builds a block and has the chain accept it. */
export function mineBlock(chain: Chain, options: BlockOptions = {}): Block {
  const block = buildBlock(chain, options)
  chain.acceptBlock(block)
  return block
}

/** So many empty blocks on the tip; returns them. */
export function mineBlocks(chain: Chain, count: number, options: BlockOptions = {}): Block[] {
  return Array.from({ length: count }, () => mineBlock(chain, options))
}

/** The header with the first nonce that proves its work; unchanged where none is asked for. */
export function solve(header: Header, params: ChainParams): Header {
  if (!params.checkProofOfWork) return header
  const target = bitsToTarget(header.bits)
  let solved = header
  while (!meetsTarget(solved.hash, target)) solved = makeHeader({ ...solved, nonce: solved.nonce + 1 })
  return solved
}

/** Test key `n`: its private key, public key and P2WPKH script. */
export function testKey(n: number) {
  const privateKey = new Uint8Array(32)
  new DataView(privateKey.buffer).setUint32(28, n + 1)
  const publicKey = secp.publicKey(privateKey)
  return { privateKey, publicKey, script: p2wpkhScript(hash160(publicKey)) }
}

const KEY_0 = testKey(0)

export interface SpendOptions {
  readonly outputs: readonly TxOut[]
  readonly version?: number
  readonly lockTime?: number
  readonly sequence?: number
}

/** A signed payment from P2WPKH coins of test key 0. */
export function spend(
  coins: readonly { point: OutPoint; valueSat: number }[],
  { outputs, version = 2, lockTime = 0, sequence = 0xffffffff }: SpendOptions,
): Tx {
  const inputs: TxIn[] = coins.map(({ point }) => ({
    previous: point,
    scriptSig: new Uint8Array(0),
    sequence,
    witness: [],
  }))
  const unsigned = makeTx({ version, inputs, outputs, lockTime })
  const scriptCode = p2pkhScript(hash160(KEY_0.publicKey))
  const signed = inputs.map((input, i) => {
    const digest = segwitSighash(unsigned, i, scriptCode, coins[i]?.valueSat ?? 0, SIGHASH.all)
    const signature = encodeDer(secp.sign(digest, KEY_0.privateKey))
    return { ...input, witness: [concat(signature, Uint8Array.of(SIGHASH.all)), KEY_0.publicKey] }
  })
  return makeTx({ version, inputs: signed, outputs, lockTime })
}

/** The least that a P2WSH output may hold and be relayed. */
const LEAST_SAT = 330
const BULK_BYTES = 43

/** Outputs that make a transaction larger by so many bytes at least, of a form that is relayed. */
export function bulk(bytes: number): TxOut[] {
  const script = witnessScript({ version: 0, program: new Uint8Array(32) })
  return Array.from({ length: Math.ceil(bytes / BULK_BYTES) }, () => ({ valueSat: LEAST_SAT, script }))
}

/** One output of a transaction, as `spend` takes it. */
export function outputOf(tx: Tx, index = 0): { point: OutPoint; valueSat: number } {
  return { point: { txid: tx.txid, index }, valueSat: tx.outputs[index]?.valueSat ?? 0 }
}

/** The coinbase of a block, as `spend` takes it. */
export function rewardOf(block: Block): { point: OutPoint; valueSat: number } {
  return outputOf(block.transactions[0] as Tx)
}

/** The first input of a coinbase at a height. */
export function coinbaseInput(height: number, tag = 0): TxIn {
  const scriptSig = concat(pushNumber(height), pushNumber(tag + 17))
  return { previous: { txid: ZERO_HASH, index: NULL_INDEX }, scriptSig, sequence: 0xffffffff, witness: [] }
}

function coinbaseTx(chain: Chain, height: number, options: BlockOptions): Tx {
  const { txs = [], script = KEY_0.script, tag = 0, commit = txs.some(tx => tx.hasWitness) } = options
  const valueSat = options.claimSat ?? chain.subsidySat(height)
  const fields = {
    version: 2,
    lockTime: 0,
    inputs: [coinbaseInput(height, tag)],
    outputs: [{ valueSat, script }],
    ...options.coinbase,
  }
  if (!commit) return makeTx(fields)
  const nonce = new Uint8Array(32)
  const [input] = fields.inputs
  if (input === undefined) throw new Error('a coinbase that commits needs an input')
  const commitment = commitmentScript(witnessCommitment([makeTx(fields), ...txs], nonce))
  return makeTx({
    ...fields,
    inputs: [{ ...input, witness: [nonce] }],
    outputs: [...fields.outputs, { valueSat: 0, script: commitment }],
  })
}
