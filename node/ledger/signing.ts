// Signs a transaction whose coins are all ours: one signature of everything (SIGHASH_ALL) for each input.

import { concat, pushData } from './chain/push.ts'
import { makeTx } from './chain/tx.ts'
import type { Coin, OutPoint, Tx, TxIn, TxOut } from './chain/types.ts'
import type { KeyRing, WalletKey } from './keys.ts'
import { encodeDer } from './script/der.ts'
import { isP2pkh, p2pkhScript } from './script/kinds.ts'
import { legacySighash } from './script/sighash-legacy.ts'
import { SIGHASH } from './script/sighash-type.ts'
import { segwitSighash } from './script/sighash-witness.ts'
import type { Secp256k1 } from './services.ts'

/** A coin, and the key that unlocks its P2WPKH or P2PKH script. */
export interface SigningCoin {
  readonly point: OutPoint
  readonly coin: Coin
  readonly key: WalletKey
}

const NO_SCRIPT = new Uint8Array(0)

/** A final transaction from `coins`, in their order, to `outputs`. */
export function signedPayment(
  coins: readonly SigningCoin[],
  outputs: readonly TxOut[],
  keys: KeyRing,
  secp: Secp256k1,
): Tx {
  const blank = { scriptSig: NO_SCRIPT, sequence: 0xffffffff, witness: [] }
  const inputs: readonly TxIn[] = coins.map(({ point }) => ({ ...blank, previous: point }))
  const unsigned = makeTx({ version: 2, inputs, outputs, lockTime: 0 })
  const unlocked = coins.map(({ point, coin, key }, index) => {
    const sign = (digest: Uint8Array) => {
      const numbers = secp.sign(digest, keys.privateKey(key.index))
      return concat(encodeDer(numbers), Uint8Array.of(SIGHASH.all))
    }
    return { ...blank, previous: point, ...unlock(unsigned, index, coin, key, sign) }
  })
  return makeTx({ version: 2, inputs: unlocked, outputs, lockTime: 0 })
}

/** What goes into input `index` so that it may spend its coin. */
function unlock(
  tx: Tx,
  index: number,
  { script, valueSat }: Coin,
  { hash, publicKey }: WalletKey,
  sign: (digest: Uint8Array) => Uint8Array,
): Pick<TxIn, 'scriptSig'> | Pick<TxIn, 'witness'> {
  if (isP2pkh(script)) {
    const signature = sign(legacySighash(tx, index, script, SIGHASH.all))
    return { scriptSig: concat(pushData(signature), pushData(publicKey)) }
  }
  return { witness: [sign(segwitSighash(tx, index, p2pkhScript(hash), valueSat, SIGHASH.all)), publicKey] }
}
