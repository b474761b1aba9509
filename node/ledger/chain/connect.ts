// A block against the coins it spends: the expensive half of validation. The outcome is a value that depends on the
// block's hash alone (the hash commits to all ancestors), so peers of one process can share it.

import type { HashHex } from '../../bitcoin/wire/hex.ts'
import { Newest } from '../../core/newest.ts'
import { ConsensusError } from '../../errors.ts'
import type { ChainParams } from '../../params.ts'
import type { Demands } from '../consensus/header-rules.ts'
import { flagOf, type Rules } from '../consensus/rules.ts'
import { subsidySat } from '../consensus/subsidy.ts'
import type { Spend } from '../script/checker.ts'
import { checkInput, type SignatureCache } from '../script/input.ts'
import { sigopCost } from '../script/sigops.ts'
import { verifySpend } from '../script/verify.ts'
import type { Secp256k1 } from '../services.ts'
import { SharedOps } from './chain-store.ts'
import type { Connected } from './connected.ts'
import { type LockContext, sequenceLocksMet } from './locks.ts'
import { isCoinbase, outPointKey } from './tx.ts'
import { checkAmounts, coinsOf } from './tx-rules.ts'
import type { Block, Coin, Header, OutPointKey, Tx, TxIn } from './types.ts'
import { CoinView, coinsMade, deltaOf } from './utxo.ts'

export interface ConnectContext extends LockContext {
  readonly params: ChainParams
  readonly rules: Rules
  /** The coins as the parent left them. */
  coinAt(key: OutPointKey): Coin | undefined
  readonly secp: Secp256k1
  readonly signatures: SignatureCache | undefined
}

/** Bitcoin Core's ConnectBlock: throws the first rule that the block breaks, and changes nothing. */
export function connectBlock(block: Block, context: ConnectContext): Connected {
  const { params, height } = context
  const view = new CoinView(context.coinAt)
  const spent: (readonly [OutPointKey, Coin])[] = []
  let feesSat = 0
  let sigops = 0
  for (const tx of block.transactions) {
    const coins = isCoinbase(tx) ? [] : coinsOf(tx, view.get)
    sigops += sigopCost(tx, point => view.get(outPointKey(point)))
    if (sigops > params.maxBlockSigopsCost) throw new ConsensusError('bad-blk-sigops', `${sigops}`)
    if (coins.length > 0) feesSat += checkSpend(tx, coins, context)
    for (const [i, coin] of coins.entries()) {
      const key = outPointKey((tx.inputs[i] as TxIn).previous)
      spent.push([key, coin])
      view.spend(key)
    }
    for (const [key, coin] of coinsMade(tx, height)) {
      // BIP30: a transaction must not replace coins of a twin.
      if (view.get(key) !== undefined) throw new ConsensusError('bad-txns-BIP30', key)
      view.add(key, coin)
    }
  }
  checkReward(block, subsidySat(params, height) + feesSat)
  const undo = { spent }
  return { block, undo, delta: deltaOf(block, height, undo) }
}

/** May this transaction spend these coins, here? Returns its fee in satoshi. */
function checkSpend(tx: Tx, coins: readonly Coin[], context: ConnectContext): number {
  const feeSat = checkAmounts(tx, coins, context.height, context.params.coinbaseMaturity)
  const { rules, secp, signatures } = context
  if (rules.csv && !sequenceLocksMet(tx, coins, context))
    throw new ConsensusError(
      'bad-txns-nonfinal',
      tx.txid,
      rules.deployed.find(({ rule }) => rule.rule === 'csv')?.name,
    )
  for (const index of tx.inputs.keys()) checkInBlock({ tx, index, coins, secp }, rules, signatures)
  return feeSat
}

/** As `checkInput`; where a deployment's rule is broken, says whose. */
function checkInBlock(spend: Spend, { flags, deployed }: Rules, cache: SignatureCache | undefined): void {
  try {
    checkInput(spend, cache, flags)
  } catch (error) {
    if (!(error instanceof ConsensusError)) throw error
    const by = deployed.find(({ rule }) => verifySpend(spend, flags & ~flagOf(rule)) === undefined)
    throw by ? new ConsensusError(error.reason, error.message, by.name) : error
  }
}

function checkReward(block: Block, allowedSat: number): void {
  const claimedSat = block.transactions[0]?.outputs.reduce((sum, output) => sum + output.valueSat, 0) ?? 0
  if (claimedSat > allowedSat) throw new ConsensusError('bad-cb-amount', `${claimedSat} > ${allowedSat}`)
}

/** How many outcomes a SharedValidation keeps: more than any fork is deep. */
const SHARED_OUTCOMES = 10_000

/**
 * Outcomes of validation by block hash, for chains that live in one process. Only chains with the same parameters may share
 * one. A block that a first peer found valid costs the next one a look-up.
 */
export class SharedValidation {
  readonly ops = new SharedOps()
  readonly #outcomes = new Newest<HashHex, Connected>(SHARED_OUTCOMES)
  readonly #demands = new WeakMap<Header, Demands>()

  get(hash: HashHex): Connected | undefined {
    return this.#outcomes.get(hash)
  }

  /** What the block after `parent` must meet, if a first peer found out; a header commits to all that it follows from. */
  demandsAfter(parent: Header): Demands | undefined {
    return this.#demands.get(parent)
  }

  putDemands(parent: Header, demands: Demands): void {
    this.#demands.set(parent, demands)
  }

  put(outcome: Connected): void {
    this.#outcomes.set(outcome.block.hash, outcome)
  }
}

/** True when two blocks of one hash also agree in their witnesses, which the hash alone does not show before it is checked. */
export function sameContents(a: Block, b: Block): boolean {
  return (
    a === b ||
    (a.hash === b.hash &&
      a.transactions.length === b.transactions.length &&
      a.transactions.every((tx, i) => tx.wtxid === b.transactions[i]?.wtxid))
  )
}
