// Signs all that one can of a transaction, and says of each input that is not complete why it is not.

import { makeTx } from '../chain/tx.ts'
import type { OutPoint, Tx, TxIn, TxOut } from '../chain/types.ts'
import { MAX_MONEY_SAT } from '../consensus/subsidy.ts'
import type { SigningProvider } from '../descriptor/provider.ts'
import { type ScriptError, scriptErrorText } from '../script/errors.ts'
import { STANDARD_FLAGS } from '../script/flags.ts'
import { SIGHASH } from '../script/sighash-type.ts'
import { verifySpend } from '../script/verify.ts'
import type { Secp256k1 } from '../services.ts'
import { extractSignatures } from './extract.ts'
import { produceSignature } from './produce.ts'
import { InputSigner, NO_COIN, type Unlocking, withUnlocking } from './signer.ts'

/** Stands for an amount that nobody named. */
export const UNKNOWN_SAT = MAX_MONEY_SAT

export interface SignedTransaction {
  readonly tx: Tx
  /** By the number of the input. */
  readonly errors: ReadonlyMap<number, string>
}

/** Words that only one error has. */
export const MISSING_AMOUNT = 'Missing amount'

const WORDS: { readonly [error in ScriptError]?: string } = {
  INVALID_STACK_OPERATION: 'Unable to sign input, invalid stack size (possibly missing key)',
  SIG_NULLFAIL: 'CHECK(MULTI)SIG failing with non-zero signature (possibly need more signatures)',
}

export function signTransaction(
  secp: Secp256k1,
  tx: Tx,
  coinOf: (point: OutPoint) => TxOut | undefined,
  /** What solves an input's script. */
  providerOf: (coin: TxOut) => SigningProvider,
  hashType: number,
): SignedTransaction {
  const found = tx.inputs.map(({ previous }) => coinOf(previous))
  const coins = found.map(coin => coin ?? NO_COIN)
  const errors = new Map<number, string>()
  const inputs = tx.inputs.map((input, index): TxIn => {
    const coin = found[index]
    if (!coin) {
      errors.set(index, 'Input not found or already spent')
      return input
    }
    const data = extractSignatures({ tx, index, coins, secp })
    // One output for each input: where there is none, SINGLE signs nothing that anybody wants.
    const single = (hashType & ~SIGHASH.anyoneCanPay) === SIGHASH.single
    if (!single || index < tx.outputs.length) {
      const signer = new InputSigner({ tx, index, coins: found, secp, hashType })
      produceSignature(providerOf(coin), signer, coin.script, data)
    }
    const signed = { ...input, scriptSig: data.scriptSig, witness: data.witness }
    const missing = coin.valueSat === UNKNOWN_SAT && data.witness.length > 0
    const error = missing
      ? MISSING_AMOUNT
      : data.complete
        ? undefined
        : whyNot(secp, tx, index, coins, signed)
    if (error !== undefined) errors.set(index, error)
    return signed
  })
  return { tx: makeTx({ ...tx, inputs }), errors }
}

function whyNot(
  secp: Secp256k1,
  tx: Tx,
  index: number,
  coins: readonly TxOut[],
  unlocking: Unlocking,
): string | undefined {
  const error = verifySpend({ tx: withUnlocking(tx, index, unlocking), index, coins, secp }, STANDARD_FLAGS)
  return error && (WORDS[error] ?? scriptErrorText(error))
}
