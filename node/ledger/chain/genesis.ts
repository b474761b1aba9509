// What derives from a network's parameters by hashing: its genesis block and its magic. Both depend on every parameter,
// so two networks with different rules share neither and never talk.

import { fromHex } from '../../bitcoin/wire/hex.ts'
import { hasher } from '../../hash.ts'
import { type ChainParams, REGTEST } from '../../params.ts'
import { bitsToTarget } from '../consensus/target.ts'
import { onceForEach } from '../once.ts'
import { makeBlock, merkleRootOf } from './block.ts'
import { makeHeader, ZERO_HASH } from './header.ts'
import { concat, OP_RETURN, pushData } from './push.ts'
import { makeTx, NULL_INDEX } from './tx.ts'
import type { Block, Tx } from './types.ts'

const TEXT = new TextEncoder()

const REGTEST_MAGIC = Uint8Array.of(0xfa, 0xbf, 0xb5, 0xda)

/** The coinbase of all of Bitcoin's own genesis blocks. */
const SATOSHI_SCRIPT_SIG =
  '04ffff001d0104455468652054696d65732030332f4a616e2f32303039204368616e63656c6c6f72206f6e206272696e6b206f66207365636f6e64206261696c6f757420666f722062616e6b73'
const SATOSHI_SCRIPT =
  '4104678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5fac'

// Parameters are frozen, and all peers of one process have the same: ten thousand of them need one genesis block.

/** The four bytes that begin every message of this network. */
export const networkMagic = onceForEach(
  (params: ChainParams): Uint8Array =>
    isBitcoinRegtest(params) ? REGTEST_MAGIC : paramsDigest(params).slice(0, 4),
)

/** The first block. Its coinbase cannot be spent, and nobody had to mine it. */
export const genesisBlock = onceForEach((params: ChainParams): Block => {
  if (params.network === 'regtest') return bitcoinGenesis(params.genesisTime, params.powLimitBits, 2)
  // Throws for bits that are no target, before anything is built on them.
  if (bitsToTarget(params.initialBits) > bitsToTarget(params.powLimitBits))
    throw new RangeError('initialBits are easier than powLimitBits')
  const digest = pushData(paramsDigest(params))
  const coinbase = coinbaseTx(
    concat(pushData(TEXT.encode('netsplit')), digest),
    0,
    concat(Uint8Array.of(OP_RETURN), digest),
  )
  return blockOf(coinbase, params.minBlockVersion, params.genesisTime, params.initialBits, 0)
})

/** Bitcoin's own genesis block with another time, target and nonce: mainnet's and regtest's differ in nothing else. */
export function bitcoinGenesis(time: number, bits: number, nonce: number): Block {
  const script = fromHex(SATOSHI_SCRIPT) as Uint8Array
  const coinbase = coinbaseTx(fromHex(SATOSHI_SCRIPT_SIG) as Uint8Array, 5_000_000_000, script)
  return blockOf(coinbase, 1, time, bits, nonce)
}

/** A hash over every parameter, whatever the order in which they stand. */
function paramsDigest(params: ChainParams): Uint8Array {
  return hasher.sha256d(TEXT.encode(canonicalJson(params)))
}

function isBitcoinRegtest(params: ChainParams): boolean {
  return canonicalJson(params) === canonicalJson(REGTEST)
}

function canonicalJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${canonicalJson(field)}`).join()}}`
}

function coinbaseTx(scriptSig: Uint8Array, valueSat: number, script: Uint8Array): Tx {
  return makeTx({
    version: 1,
    inputs: [
      { previous: { txid: ZERO_HASH, index: NULL_INDEX }, scriptSig, sequence: 0xffffffff, witness: [] },
    ],
    outputs: [{ valueSat, script }],
    lockTime: 0,
  })
}

function blockOf(coinbase: Tx, version: number, time: number, bits: number, nonce: number): Block {
  const merkleRoot = merkleRootOf([coinbase]).root
  return makeBlock(makeHeader({ version, prev: ZERO_HASH, merkleRoot, time, bits, nonce }), [coinbase])
}
