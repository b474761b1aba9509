// A chain verified from its raw blocks, by code that shares nothing with the node's: headers link and carry their work,
// Merkle roots commit to the transactions, every input spends a coin that is there, and no coin comes from nowhere.

import { createHash } from 'node:crypto'
import type { ChainSpec } from '../../../../node/api.ts'
import { plural } from '../../../format.ts'

/** A rule that a block breaks; `height` of the block. */
export class ChainFault extends Error {
  override readonly name = 'ChainFault'
  constructor(height: number, what: string) {
    super(`block ${height}: ${what}`)
  }
}

export interface VerifiedChain {
  readonly height: number
  readonly tip: string
  /** Sum of all unspent outputs above genesis, in satoshi. */
  readonly supplySat: bigint
  /** The most that the schedule of subsidies allows by this height. */
  readonly allowedSat: bigint
}

export interface RawTx {
  readonly txid: string
  readonly inputs: readonly string[]
  readonly outputs: readonly bigint[]
  /** Of the outputs. */
  readonly scripts: readonly Buffer[]
  /** What old nodes do not see of it: marker, flag and witnesses. */
  readonly witnessBytes: number
}

interface Coin {
  readonly sat: bigint
  readonly height: number
  readonly coinbase: boolean
}

/** A regtest network has Bitcoin's own rules, whatever else its spec says. */
const REGTEST = {
  subsidySat: 5_000_000_000,
  halvingInterval: 150,
  coinbaseMaturity: 100,
  powLimitBits: 0x207fffff,
}

const HEADER_BYTES = 80
const NULL_OUTPOINT = `${'0'.repeat(64)}:${0xffffffff}`

/** Verifies blocks from genesis to tip, raw. Throws ChainFault at the first broken rule. */
export function verifyRawChain(blocks: readonly Buffer[], chain: ChainSpec): VerifiedChain {
  const spec = rulesOf(chain)
  const coins = new Map<string, Coin>()
  let tip = '0'.repeat(64)
  let supplySat = 0n
  let allowedSat = 0n
  for (const [height, block] of blocks.entries()) {
    verifyHeader(block, height, tip, spec)
    tip = hashOf(block.subarray(0, HEADER_BYTES))
    const transactions = readTransactions(block, height)
    verifyMerkleRoot(block, transactions, height)
    // Nobody can spend the genesis coinbase: it is no coin.
    if (height === 0) continue
    const subsidySat = subsidyAt(height, spec)
    allowedSat += subsidySat
    supplySat += spend(transactions, height, subsidySat, coins, spec)
  }
  return { height: blocks.length - 1, tip, supplySat, allowedSat }
}

/** Coins that blocks spend more than once, and how many spends there are at all; no other rule is looked at. */
export function spentTwice(blocks: readonly Buffer[]): { spends: number; twice: string[] } {
  const spentBy = new Map<string, string>()
  const twice: string[] = []
  for (const [height, block] of blocks.entries())
    for (const { txid, inputs } of readTransactions(block, height))
      for (const outpoint of inputs.filter(each => each !== NULL_OUTPOINT)) {
        const first = spentBy.get(outpoint)
        if (first !== undefined) twice.push(`block ${height}: ${txid} spends ${outpoint} after ${first}`)
        spentBy.set(outpoint, txid)
      }
  return { spends: spentBy.size, twice }
}

/** What a raw header adds to its chain: the hashes that its target takes on average. */
export function workOf(header: Buffer): bigint {
  const target = targetOf(header.readUInt32LE(72))
  return target <= 0n ? 0n : (1n << 256n) / (target + 1n)
}

function rulesOf(chain: ChainSpec): ChainSpec {
  return chain.network === 'regtest' ? { ...chain, ...REGTEST } : chain
}

/** What the coinbase of this height may create, fees aside. */
export function subsidyAt(height: number, { subsidySat, halvingInterval }: ChainSpec): bigint {
  return BigInt(subsidySat) >> BigInt(Math.floor(height / halvingInterval))
}

/** The hash of a raw header, as people write it. */
export function hashOf(bytes: Uint8Array): string {
  return Buffer.from(sha256d(bytes)).reverse().toString('hex')
}

/** The parent that a raw block names. */
export function parentOf(block: Buffer): string {
  return Buffer.from(block.subarray(4, 36)).reverse().toString('hex')
}

function verifyHeader(block: Buffer, height: number, parent: string, spec: ChainSpec): void {
  if (block.length <= HEADER_BYTES) throw new ChainFault(height, 'it is shorter than a header')
  if (parentOf(block) !== parent)
    throw new ChainFault(height, `its parent is ${parentOf(block)}, not ${parent}`)
  if (height === 0 || !spec.checkProofOfWork) return
  const target = targetOf(block.readUInt32LE(72))
  const limit = targetOf(spec.powLimitBits)
  if (target <= 0n || target > limit) throw new ChainFault(height, 'its target is easier than the limit')
  const hash = hashOf(block.subarray(0, HEADER_BYTES))
  if (BigInt(`0x${hash}`) > target) throw new ChainFault(height, `its hash ${hash} misses its target`)
}

/** The compact form: three bytes of mantissa, one of exponent in base 256. */
function targetOf(bits: number): bigint {
  const mantissa = BigInt(bits & 0x7fffff)
  const exponent = BigInt(bits >>> 24)
  if ((bits & 0x800000) !== 0) return 0n
  return exponent <= 3n ? mantissa >> (8n * (3n - exponent)) : mantissa << (8n * (exponent - 3n))
}

function verifyMerkleRoot(block: Buffer, transactions: readonly RawTx[], height: number): void {
  let level: Buffer[] = transactions.map(tx => Buffer.from(tx.txid, 'hex').reverse())
  while (level.length > 1) {
    const pairs: Buffer[] = []
    for (let i = 0; i < level.length; i += 2) {
      const left = level[i] as Buffer
      pairs.push(sha256d(Buffer.concat([left, level[i + 1] ?? left])))
    }
    level = pairs
  }
  if (!level[0]?.equals(block.subarray(36, 68)))
    throw new ChainFault(height, 'its Merkle root does not commit to its transactions')
}

/** Applies a block's transactions to the coins; returns by how much the supply grew. */
function spend(
  transactions: readonly RawTx[],
  height: number,
  subsidySat: bigint,
  coins: Map<string, Coin>,
  spec: ChainSpec,
): bigint {
  let feesSat = 0n
  for (const [i, { txid, inputs, outputs }] of transactions.entries()) {
    const coinbase = inputs[0] === NULL_OUTPOINT
    if (coinbase !== (i === 0))
      throw new ChainFault(height, `transaction ${i} must${i === 0 ? '' : ' not'} be a coinbase`)
    const outSat = sum(outputs)
    if (!coinbase) {
      const inSat = sum(inputs.map(outpoint => take(outpoint, height, coins, spec)))
      if (inSat < outSat) throw new ChainFault(height, `${txid} spends ${outSat} of ${inSat} satoshi`)
      feesSat += inSat - outSat
    }
    for (const [n, sat] of outputs.entries()) coins.set(`${txid}:${n}`, { sat, height, coinbase })
  }
  const createdSat = sum(transactions[0]?.outputs ?? [])
  if (createdSat > subsidySat + feesSat)
    throw new ChainFault(height, `it creates ${createdSat} satoshi where ${subsidySat + feesSat} are allowed`)
  return createdSat - feesSat
}

function take(outpoint: string, height: number, coins: Map<string, Coin>, spec: ChainSpec): bigint {
  const coin = coins.get(outpoint)
  if (!coin) throw new ChainFault(height, `it spends ${outpoint}, which is not there or spent already`)
  if (coin.coinbase && height - coin.height < spec.coinbaseMaturity)
    throw new ChainFault(
      height,
      `it spends the coinbase ${outpoint} ${plural(height - coin.height, 'block')} after its birth`,
    )
  coins.delete(outpoint)
  return coin.sat
}

/** Those of a raw block; throws ChainFault where it cannot be read. */
export function readTransactions(block: Buffer, height: number): RawTx[] {
  const cursor = new Cursor(block, HEADER_BYTES)
  try {
    const transactions = Array.from({ length: cursor.count() }, () => readTransaction(cursor))
    if (cursor.at !== block.length || transactions.length === 0) throw new RangeError('its length is wrong')
    return transactions
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new ChainFault(height, `it cannot be read: ${error.message}`)
  }
}

/** BIP 144: with a marker and a flag behind the version, witnesses follow the outputs; the txid covers neither. */
function readTransaction(cursor: Cursor): RawTx {
  const version = cursor.take(4)
  const witness = cursor.peek(0) === 0 && cursor.peek(1) === 1
  if (witness) cursor.take(2)
  const bodyFrom = cursor.at
  const inputs = Array.from({ length: cursor.count() }, () => {
    const outpoint = `${Buffer.from(cursor.take(32)).reverse().toString('hex')}:${cursor.take(4).readUInt32LE()}`
    cursor.take(cursor.count())
    cursor.take(4)
    return outpoint
  })
  const scripts: Buffer[] = []
  const outputs = Array.from({ length: cursor.count() }, () => {
    const sat = cursor.take(8).readBigUInt64LE()
    scripts.push(cursor.take(cursor.count()))
    return sat
  })
  const body = cursor.from(bodyFrom)
  const witnessFrom = cursor.at
  if (witness)
    for (const _ of inputs) for (let items = cursor.count(); items > 0; items--) cursor.take(cursor.count())
  const witnessBytes = cursor.at - witnessFrom + (witness ? 2 : 0)
  const txid = hashOf(Buffer.concat([version, body, cursor.take(4)]))
  return { txid, inputs, outputs, scripts, witnessBytes }
}

class Cursor {
  readonly #bytes: Buffer
  #at: number

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes
    this.#at = at
  }

  get at(): number {
    return this.#at
  }

  peek(ahead: number): number | undefined {
    return this.#bytes[this.#at + ahead]
  }

  from(start: number): Buffer {
    return this.#bytes.subarray(start, this.#at)
  }

  take(length: number): Buffer {
    if (this.#at + length > this.#bytes.length) throw new RangeError('it ends too early')
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  /** A CompactSize number. */
  count(): number {
    const [first = 0] = this.take(1)
    if (first < 0xfd) return first
    if (first === 0xfd) return this.take(2).readUInt16LE()
    if (first === 0xfe) return this.take(4).readUInt32LE()
    throw new RangeError('it counts more than a block can hold')
  }
}

function sha256d(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(createHash('sha256').update(bytes).digest()).digest()
}

function sum(values: readonly bigint[]): bigint {
  return values.reduce((total, value) => total + value, 0n)
}
