// Signs a transaction whose coins are all ours: one signature of everything (SIGHASH_ALL) for each input.

import { concat, pushData } from './chain/push.ts'
import { makeTx, type TxFields } from './chain/tx.ts'
import type { Coin, OutPoint, Tx, TxIn, TxOut } from './chain/types.ts'
import type { KeyRing, WalletKey } from './keys.ts'
import { encodeDer } from './script/der.ts'
import { isP2pkh, p2pkhScript } from './script/kinds.ts'
import { legacySighash } from './script/sighash-legacy.ts'
import { SIGHASH } from './script/sighash-type.ts'
import { segwitSighash } from './script/sighash-witness.ts'
import type { Secp256k1 } from './services.ts'

/** A public key, and its hash. */
export type SigningKey = Pick<WalletKey, 'hash' | 'publicKey'>

/** A coin, and the key that unlocks its P2WPKH or P2PKH script. */
export interface SigningCoin {
  readonly point: OutPoint
  readonly coin: Coin
  readonly key: WalletKey
}

/** An input before it is signed. */
const BLANK = { scriptSig: new Uint8Array(0), sequence: 0xffffffff, witness: [] }

/** A final transaction from `coins`, in their order, to `outputs`. */
export function signedPayment(
  coins: readonly SigningCoin[],
  outputs: readonly TxOut[],
  keys: KeyRing,
  secp: Secp256k1,
): Tx {
  const inputs = coins.map(({ point }) => ({ ...BLANK, previous: point }))
  return signTx({ version: 2, inputs, outputs, lockTime: 0 }, coins, key => keys.privateKey(key.index), secp)
}

/** The transaction with a signature for each input whose coin is given, in their order; others stay as they are. */
export function signTx<Key extends SigningKey>(
  fields: TxFields,
  coins: readonly ((Omit<SigningCoin, 'key'> & { readonly key: Key }) | undefined)[],
  privateKey: (key: Key) => Uint8Array,
  secp: Secp256k1,
): Tx {
  const unsigned = makeTx(fields)
  const inputs = fields.inputs.map((input, index): TxIn => {
    const own = coins[index]
    if (!own) return input
    const sign = (digest: Uint8Array) =>
      concat(encodeDer(secp.sign(digest, privateKey(own.key))), Uint8Array.of(SIGHASH.all))
    const { previous, sequence } = input
    return { ...BLANK, previous, sequence, ...unlock(unsigned, index, own.coin, own.key, sign) }
  })
  return makeTx({ ...fields, inputs })
}

/** What goes into input `index` so that it may spend its coin. */
function unlock(
  tx: Tx,
  index: number,
  { script, valueSat }: Coin,
  { hash, publicKey }: SigningKey,
  sign: (digest: Uint8Array) => Uint8Array,
): Pick<TxIn, 'scriptSig'> | Pick<TxIn, 'witness'> {
  if (isP2pkh(script)) {
    const signature = sign(legacySighash(tx, index, script, SIGHASH.all))
    return { scriptSig: concat(pushData(signature), pushData(publicKey)) }
  }
  return { witness: [sign(segwitSighash(tx, index, p2pkhScript(hash), valueSat, SIGHASH.all)), publicKey] }
}
