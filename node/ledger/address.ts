// Addresses: the text that people pass around for an output's script.

import type { ChainParams } from '../params.ts'
import { decodeBase58Check, encodeBase58Check } from './base58.ts'
import { decodeSegwit, encodeSegwit, isWitnessProgram, type WitnessProgram } from './bech32.ts'
import { classify, OP, p2pkhScript } from './chain/script.ts'

type AddressParams = Pick<ChainParams, 'bech32Hrp' | 'base58PubkeyHash'>

const HASH_BYTES = 20

/** The script that pays an address; undefined if the text is no address of this network. Any witness version can be paid. */
export function addressToScript(params: AddressParams, text: string): Uint8Array | undefined {
  const witness = decodeSegwit(params.bech32Hrp, text)
  if (witness !== undefined) {
    const { version, program } = witness
    return Uint8Array.of(version === 0 ? OP.zero : OP.reserved + version, program.length, ...program)
  }
  const payload = decodeBase58Check(text)
  if (payload?.length !== 1 + HASH_BYTES || payload[0] !== params.base58PubkeyHash) return undefined
  return p2pkhScript(payload.subarray(1))
}

/** The address of a script; undefined if it has none. */
export function scriptToAddress(params: AddressParams, script: Uint8Array): string | undefined {
  const { kind } = classify(script)
  if (kind === 'p2pkh')
    return encodeBase58Check(Uint8Array.of(params.base58PubkeyHash, ...script.subarray(3, 23)))
  const witness = witnessProgramOf(script)
  return witness && encodeSegwit(params.bech32Hrp, witness)
}

/** The witness program that a script is: nothing but a small number and one push (BIP141). */
export function witnessProgramOf(script: Uint8Array): WitnessProgram | undefined {
  const [opcode = OP.reserved, length] = script
  if (opcode !== OP.zero && (opcode < OP.one || opcode > OP.sixteen)) return undefined
  const version = opcode === OP.zero ? 0 : opcode - OP.reserved
  const witness = { version, program: script.subarray(2) }
  return witness.program.length === length && isWitnessProgram(witness) ? witness : undefined
}
