// Signs a payment from coins that are all the light wallet's own.

import { makeTx, outPointKey } from '../ledger/chain/tx.ts'
import type { Coin, OutPoint, Tx, TxOut } from '../ledger/chain/types.ts'
import { SigningProvider } from '../ledger/descriptor/provider.ts'
import type { KeyRing, WalletKey } from '../ledger/keys.ts'
import { SIGHASH } from '../ledger/script/sighash-type.ts'
import type { Secp256k1 } from '../ledger/services.ts'
import { signTransaction } from '../ledger/signing/sign-transaction.ts'

/** A coin, and the key that unlocks its script. */
export interface SigningCoin {
  readonly point: OutPoint
  readonly coin: Coin
  readonly key: WalletKey
}

const BLANK = { scriptSig: new Uint8Array(0), sequence: 0xffffffff, witness: [] }

/** A final transaction from `coins`, in their order, to `outputs`. */
export function signedPayment(
  coins: readonly SigningCoin[],
  outputs: readonly TxOut[],
  keys: KeyRing,
  secp: Secp256k1,
): Tx {
  const byPoint = new Map(coins.map(own => [outPointKey(own.point), own.coin]))
  const provider = new SigningProvider()
  for (const { key } of coins)
    provider.addKey(key.publicKey, { privateKey: keys.privateKey(key.index), hash: key.hash })
  const inputs = coins.map(({ point }) => ({ ...BLANK, previous: point }))
  const unsigned = makeTx({ version: 2, inputs, outputs, lockTime: 0 })
  const coinOf = (point: OutPoint) => byPoint.get(outPointKey(point))
  return signTransaction(secp, unsigned, coinOf, () => provider, SIGHASH.all).tx
}
