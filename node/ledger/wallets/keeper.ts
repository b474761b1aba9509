// Who knows which scripts are a wallet's and what solves them: keys of the plan, or descriptors.

import type { TxOut } from '../chain/types.ts'
import type { AddressType } from '../descriptor/address-type.ts'
import type { SigningProvider } from '../descriptor/provider.ts'
import { witnessBytes } from '../script/witness-size.ts'
import { pretendingAll } from '../signing/pretend.ts'
import { produceSignature } from '../signing/produce.ts'
import { SignatureData } from '../signing/signature-data.ts'
import { SizeSigner } from '../signing/signer.ts'

/** A script that is the wallet's. */
export interface OwnScript {
  /** For change: nobody is told of it. */
  readonly internal: boolean
  /** Of the input that spends it, signatures included; in weight units. */
  readonly inputWeight: number
  /** Coins of earlier blocks are none of its business. */
  readonly fromHeight: number
}

export interface Keeper {
  /** Rises as more scripts come to be watched: who searched before has to search again. */
  readonly horizon: number
  /** Keys watched beyond those that were given out. */
  readonly lookahead: number
  readonly hasPrivateKeys: boolean
  /** Its payments are weighed as closely as can be; else with some room, as they always were. */
  readonly measures?: boolean
  find(script: Uint8Array): OwnScript | undefined
  /** A coin of it was seen: it counts as given out, in an earlier life perhaps. */
  markUsed(own: OwnScript): void
  /** A script that nobody was told before. Throws RpcError where it has none of this type. */
  take(type: AddressType, internal: boolean): Uint8Array
  /** Where the change of these payments goes. */
  changeScript(type?: AddressType, payments?: readonly TxOut[]): Uint8Array
  /** Which descriptor it is of, with its checksum, and since when that is watched; absent: it is of none. */
  facts?(own: OwnScript): { readonly parent: string; readonly timestamp: number }
  /** What solves a script of ours. Throws RpcError where the private keys are locked up. */
  provider(own: OwnScript, withPrivate: boolean): SigningProvider
  /** What is known of a key that is the wallet's, in whichever of its scripts; undefined: it is not. */
  providerOfKey(publicKey: Uint8Array, withPrivate: boolean): SigningProvider | undefined
}

/** Of an input whose script nobody here can solve: a signature and a key, as most have. */
export const UNKNOWN_INPUT_WEIGHT = 4 * 41 + 108
/** Outpoint, sequence and the length of the script. */
const FRAME_BYTES = 32 + 4 + 4

/**
 * Of an input that spends this script, as heavy as it may turn out: signed with the private keys that are there, else as if all
 * were. Undefined where what is known does not solve it.
 */
export function inputWeightOf(script: Uint8Array, provider: SigningProvider): number | undefined {
  for (const each of [provider, pretendingAll(provider)]) {
    const data = new SignatureData()
    if (!produceSignature(each, new SizeSigner(), script, data)) continue
    const { length } = data.scriptSig
    const bytes = FRAME_BYTES + (length < 0xfd ? 1 : 3) + length
    return 4 * bytes + (data.inWitness ? witnessBytes(data.witness) : 1)
  }
  return undefined
}
