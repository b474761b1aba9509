// RPC that signs transactions by hand: with the wallet's keys or with those that are named; and puts several signers' work together.

import { toHex } from '../../bitcoin/wire/hex.ts'
import { RPC, RpcError, type RpcTable } from '../../core/service.ts'
import { makeTx, txCodec } from '../chain/tx.ts'
import type { Tx, TxIn, TxOut } from '../chain/types.ts'
import { SigningProvider } from '../descriptor/provider.ts'
import { decodeWif } from '../descriptor/wif.ts'
import type { LedgerParts } from '../parts.ts'
import { SIGHASH } from '../script/sighash-type.ts'
import { extractSignatures } from '../signing/extract.ts'
import { produceSignature } from '../signing/produce.ts'
import { MISSING_AMOUNT, signTransaction } from '../signing/sign-transaction.ts'
import { SignatureData } from '../signing/signature-data.ts'
import { InputSigner, NO_COIN } from '../signing/signer.ts'
import { array, coins, decoded } from './arguments.ts'
import { decodedMaybeEmpty } from './payment-arguments.ts'
import { type CoinOf, coinsOf, hashTypeAt } from './signing-arguments.ts'
import { TX_DECODE_FAILED } from './submission.ts'
import { type Desk, wantKeys } from './wallet-desk.ts'

export function signingRpc(parts: () => LedgerParts): RpcTable {
  return {
    signrawtransactionwithkey: {
      params: ['hexstring', 'privkeys', 'prevtxs?', 'sighashtype?'],
      summary: 'Signs what a transaction spends of these private keys.',
      handle: params => {
        const tx = decodedMaybeEmpty(params, 0, TX_DECODE_FAILED)
        const provider = new SigningProvider()
        for (const value of array(params, 1, 'privkeys')) {
          const secret = decodeWif(parts().secp, String(value))
          if (!secret) throw new RpcError(RPC.invalidAddressOrKey, 'Invalid private key')
          provider.addKey(secret.publicKey, { privateKey: secret.privateKey })
        }
        const coinOf = coinsOf(parts(), params, 2, provider)
        return signed(parts(), tx, coinOf, () => provider, hashTypeAt(params, 3))
      },
    },
    combinerawtransaction: {
      params: ['txs'],
      summary: 'One transaction of several that differ in their signatures only.',
      handle: params => combine(parts(), params),
    },
  }
}

/** The same with the keys of a wallet. */
export function walletSigningRpc(desk: () => Desk): RpcTable {
  return {
    signrawtransactionwithwallet: {
      params: ['hexstring', 'prevtxs?', 'sighashtype?'],
      summary: 'Signs what a transaction spends of the wallet.',
      handle: params => {
        const tx = decodedMaybeEmpty(params, 0, TX_DECODE_FAILED)
        wantKeys(desk())
        const { parts } = desk()
        const coinOf = coinsOf(parts, params, 1)
        const providerOf = ({ script }: TxOut) => parts.wallet.providerOf(script) ?? new SigningProvider()
        return signed(parts, tx, coinOf, providerOf, hashTypeAt(params, 2))
      },
    },
  }
}

/** As Core answers: complete once every input is good. */
export function signed(
  { secp }: LedgerParts,
  tx: Tx,
  coinOf: CoinOf,
  providerOf: (coin: TxOut) => SigningProvider,
  hashType: number,
): Record<string, unknown> {
  const { tx: after, errors } = signTransaction(secp, tx, coinOf, providerOf, hashType)
  for (const [index, error] of errors) {
    const { valueSat, script } = coinOf((tx.inputs[index] as TxIn).previous) ?? NO_COIN
    if (error === MISSING_AMOUNT)
      throw new RpcError(
        RPC.typeError,
        `Missing amount for CTxOut(nValue=${coins(valueSat)}, scriptPubKey=${toHex(script).slice(0, 30)})`,
      )
  }
  const complete = errors.size === 0
  return {
    hex: toHex(after.bytes),
    complete,
    ...(!complete && {
      errors: [...errors].map(([index, error]) => inputError(after.inputs[index] as TxIn, error)),
    }),
  }
}

function inputError({ previous, scriptSig, sequence, witness }: TxIn, error: string) {
  return {
    txid: previous.txid,
    vout: previous.index,
    witness: witness.map(toHex),
    scriptSig: toHex(scriptSig),
    sequence,
    error,
  }
}

function combine({ env, secp }: LedgerParts, params: readonly unknown[]): string {
  const raw = array(params, 0, 'txs')
  const variants = raw.map((_, i) =>
    decoded(raw, i, txCodec, `TX decode failed for tx ${i}. Make sure the tx has at least one input.`),
  )
  const [first] = variants
  if (!first) throw new RpcError(RPC.deserialization, 'Missing transactions')
  const found = first.inputs.map(({ previous }) => env.mempool.spentCoin(previous))
  if (found.includes(undefined)) throw new RpcError(RPC.verify, 'Input not found or already spent')
  const spent = found as readonly TxOut[]
  const nobody = new SigningProvider()
  const inputs = first.inputs.map((input, index): TxIn => {
    const data = new SignatureData()
    for (const tx of variants)
      if (tx.inputs.length > index)
        data.merge(extractSignatures({ tx, index, coins: coinsFor(tx, spent), secp }))
    const signer = new InputSigner({ tx: first, index, coins: spent, secp, hashType: SIGHASH.all })
    produceSignature(nobody, signer, (spent[index] as TxOut).script, data)
    return { ...input, scriptSig: data.scriptSig, witness: data.witness }
  })
  return toHex(makeTx({ ...first, inputs }).bytes)
}

/** As many as it has inputs; what differs in more than signatures finds no good ones. */
function coinsFor(tx: Tx, spent: readonly TxOut[]): readonly TxOut[] {
  return tx.inputs.map((_, i) => spent[i] ?? NO_COIN)
}
