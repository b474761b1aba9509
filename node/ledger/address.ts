// Addresses: the text that people pass around for an output's script.

import { BASE58_SCRIPT_HASH, type ChainParams } from '../params.ts'
import { decodeBase58Check, encodeBase58Check } from './base58.ts'
import { decodeSegwit, encodeSegwit, isWitnessProgram } from './bech32.ts'
import { isP2pkh, isP2sh, p2pkhScript, p2shScript, witnessProgramOf, witnessScript } from './script/kinds.ts'

type AddressParams = Pick<ChainParams, 'bech32Hrp' | 'base58PubkeyHash'>

const HASH_BYTES = 20

/** The script that pays an address; undefined if the text is no address of this network. Any witness version can be paid. */
export function addressToScript(params: AddressParams, text: string): Uint8Array | undefined {
  const witness = decodeSegwit(params.bech32Hrp, text)
  if (witness !== undefined) return witnessScript(witness)
  const payload = decodeBase58Check(text)
  if (payload?.length !== 1 + HASH_BYTES) return undefined
  const hash = payload.subarray(1)
  if (payload[0] === params.base58PubkeyHash) return p2pkhScript(hash)
  return payload[0] === BASE58_SCRIPT_HASH ? p2shScript(hash) : undefined
}

/** The address of a script; undefined if it has none. */
export function scriptToAddress(params: AddressParams, script: Uint8Array): string | undefined {
  if (isP2pkh(script))
    return encodeBase58Check(Uint8Array.of(params.base58PubkeyHash, ...script.subarray(3, 23)))
  if (isP2sh(script)) return encodeBase58Check(Uint8Array.of(BASE58_SCRIPT_HASH, ...script.subarray(2, 22)))
  const witness = witnessProgramOf(script)
  return witness && isWitnessProgram(witness) ? encodeSegwit(params.bech32Hrp, witness) : undefined
}
