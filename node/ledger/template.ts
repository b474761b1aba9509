// The block that a miner is to find: the tip's next one, paying to a script, full of what the mempool pays best for.

import { makeBlock, merkleRootOf, witnessCommitment } from './chain/block.ts'
import { commitmentScript, forbiddenOutput } from './chain/block-rules.ts'
import type { Chain } from './chain/chain.ts'
import { HEADER_BYTES, makeHeader, ZERO_HASH } from './chain/header.ts'
import { concat, pushData, pushNumber } from './chain/push.ts'
import { makeTx, NULL_INDEX, outPointKey } from './chain/tx.ts'
import type { Block, Tx, TxIn } from './chain/types.ts'
import type { Rules } from './consensus/rules.ts'
import type { Mempool, MempoolEntry } from './mempool.ts'
import { sigopCost } from './script/sigops.ts'
import { selectPackages } from './selection.ts'

/** Header and transaction count, at four weight units a byte. */
const FRAME_WEIGHT = 4 * (HEADER_BYTES + 5)
/** BIP141's reserved value; the coinbase's only witness item. */
const WITNESS_NONCE = new Uint8Array(32)
const EXTRA_NONCE_BYTES = 8

export interface TemplateOptions {
  /** Whom subsidy and fees go to. */
  readonly script: Uint8Array
  /** Makes the coinbase, and so the header, another one when all nonces were tried. */
  readonly extraNonce: number
  readonly nowMs: number
  /** In it before all others, as far as their coins are unspent; their fees are given away. */
  readonly included?: readonly Tx[]
  /** These, in this order, in the place of what the mempool has; their fees go to nobody. */
  readonly only?: readonly Tx[] | undefined
}

export interface Template {
  /** Complete but for the nonce, which is 0. */
  readonly block: Block
  readonly feesSat: number
  readonly height: number
}

export function buildTemplate(chain: Chain, mempool: Mempool, options: TemplateOptions): Template {
  const parent = chain.tip
  const height = parent.height + 1
  const rules = chain.rules.after(parent)
  const witness = rules.segwit ? [WITNESS_NONCE] : []
  const coinbase = (valueSat: number, commitment: Uint8Array) =>
    coinbaseTx(height, options, valueSat, commitment, witness)
  // only its size counts, which neither the amount nor the commitment changes
  const blank = coinbase(0, WITNESS_NONCE)
  const first = spendable(chain, options.included ?? [])
  const chosen = options.only
    ? []
    : selectPackages(fitting(mempool, first, rules), {
        weight: [blank, ...first].reduce(
          (left, tx) => left - tx.weight,
          Math.min(rules.maxBlockWeight, mempool.policy.blockMaxWeight) - FRAME_WEIGHT,
        ),
        minSatPerKvb: mempool.policy.blockMinSatPerKvb,
        sigopCost: chain.params.maxBlockSigopsCost - sigopCost(blank, () => undefined),
      })
  const others = options.only ?? [...first, ...chosen.map(entry => entry.tx)]
  const feesSat = chosen.reduce((sum, entry) => sum + entry.feeSat, 0)

  const commitment = witnessCommitment([blank, ...others], WITNESS_NONCE)
  const transactions = [coinbase(chain.subsidySat(height) + feesSat, commitment), ...others]
  const time = blockTime(chain, options.nowMs)
  const header = makeHeader({
    version: mempool.policy.blockVersion ?? chain.rules.versionAfter(parent),
    prev: parent.hash,
    merkleRoot: merkleRootOf(transactions).root,
    time,
    bits: chain.nextBits(parent, time),
    nonce: 0,
  })
  return { block: makeBlock(header, transactions), feesSat, height }
}

function spendable(chain: Chain, transactions: readonly Tx[]): readonly Tx[] {
  return transactions.filter(({ inputs }) =>
    inputs.every(({ previous }) => chain.coin(outPointKey(previous)) !== undefined),
  )
}

/** What neither spends the same coins, nor breaks a rule of blocks that it did not when it came, nor hangs on what does. */
function fitting(mempool: Mempool, first: readonly Tx[], rules: Rules): Iterable<MempoolEntry> {
  if (first.length === 0 && rules.forbidden.length === 0 && rules.segwit) return mempool.entries()
  const spent = new Set(first.flatMap(({ inputs }) => inputs.map(({ previous }) => outPointKey(previous))))
  const gone = new Set<string>()
  let left = [...mempool.entries()]
  for (let before = -1; before !== gone.size; ) {
    before = gone.size
    left = left.filter(({ tx }) => {
      const fits =
        forbiddenOutput(tx, rules) === undefined &&
        (rules.segwit || !tx.hasWitness) &&
        tx.inputs.every(({ previous }) => !spent.has(outPointKey(previous)) && !gone.has(previous.txid))
      if (!fits) gone.add(tx.txid)
      return fits
    })
  }
  return left
}

/** The clock's time, but later than the median of the last blocks, and within BIP94's bound where a period starts. */
function blockTime(chain: Chain, nowMs: number): number {
  const { tip, params } = chain
  const least = chain.medianTimePast(tip) + 1
  const starts = params.timewarpPeriod !== undefined && (tip.height + 1) % params.timewarpPeriod === 0
  const bound = starts ? tip.header.time - params.timewarpGraceSec : 0
  return Math.max(least, bound, Math.floor(nowMs / 1000))
}

/** BIP34's height, the extra nonce, and always a witness commitment, as Core makes it. */
function coinbaseTx(
  height: number,
  { script, extraNonce }: TemplateOptions,
  valueSat: number,
  commitment: Uint8Array,
  witness: TxIn['witness'],
): Tx {
  const scriptSig = concat(pushNumber(height), pushData(littleEndian(extraNonce)))
  return makeTx({
    version: 2,
    inputs: [
      {
        previous: { txid: ZERO_HASH, index: NULL_INDEX },
        scriptSig,
        sequence: 0xffffffff,
        witness,
      },
    ],
    outputs: [
      { valueSat, script },
      { valueSat: 0, script: commitmentScript(commitment) },
    ],
    lockTime: 0,
  })
}

function littleEndian(value: number): Uint8Array {
  const bytes = new Uint8Array(EXTRA_NONCE_BYTES)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true)
  return bytes
}
