// RPC about addresses, scripts, descriptors and signed messages, of whomever they are; and about fees and indexes.

import { toHex } from '../../bitcoin/wire/hex.ts'
import { RPC, RpcError, type RpcTable } from '../../core/service.ts'
import { addressToScript, scriptToAddress } from '../address.ts'
import { descriptorChecksum, withChecksum } from '../descriptor-checksum.ts'
import { decodeWif, multisigScript, p2shScript, p2wshScript, parseDescriptor } from '../descriptors.ts'
import { signerOf, signMessage } from '../message.ts'
import type { LedgerParts } from '../parts.ts'
import { classify, isP2sh, witnessProgramOf } from '../script/kinds.ts'
import { array, given, hexBytes, integer, text } from './arguments.ts'
import { decodeScript } from './decode-script.ts'
import { isKey } from './script-types.ts'

const MAX_MULTISIG_KEYS = 16

export function utilRpc(parts: () => LedgerParts): RpcTable {
  return {
    validateaddress: {
      params: ['address'],
      summary: 'Whether a text is an address of this network, and what it stands for.',
      differs: 'error_locations is empty',
      handle: params => validate(parts(), text(params, 0, 'address')),
    },
    decodescript: {
      params: ['hexstring'],
      summary: 'What a script says, and how it is paid to inside of others.',
      handle: params => decodeScript(parts().env.params, hexBytes(params, 0, 'argument')),
    },
    createmultisig: {
      params: ['nrequired', 'keys', 'address_type?'],
      summary: 'The address of a script that takes some of several keys’ signatures.',
      differs: 'address_type is legacy or bech32',
      handle: params => multisig(parts(), params),
    },
    getdescriptorinfo: {
      params: ['descriptor'],
      summary: 'What a descriptor says, with its checksum.',
      differs: 'descriptors of keys and addresses, not of extended keys',
      handle: params => {
        const { env, secp } = parts()
        const said = text(params, 0, 'descriptor')
        const { body, solvable, privateKeys } = parseDescriptor(env.params, secp, said)
        return {
          descriptor: withChecksum(body),
          checksum: descriptorChecksum(said.split('#')[0] ?? ''),
          isrange: false,
          issolvable: solvable,
          hasprivatekeys: privateKeys.length > 0,
        }
      },
    },
    deriveaddresses: {
      params: ['descriptor', 'range?'],
      summary: 'The addresses that a descriptor stands for.',
      differs: 'descriptors of keys and addresses, not of extended keys',
      handle: params => addresses(parts(), params),
    },
    signmessagewithprivkey: {
      params: ['privkey', 'message'],
      summary: 'Signs a text with a private key.',
      handle: params => {
        const { secp } = parts()
        const key = decodeWif(secp, text(params, 0, 'privkey'))
        if (!key) throw new RpcError(RPC.invalidAddressOrKey, 'Invalid private key')
        return signMessage(secp, key, text(params, 1, 'message'))
      },
    },
    verifymessage: {
      params: ['address', 'signature', 'message'],
      summary: 'Whether the key of an address signed a text.',
      handle: params => verify(parts(), params),
    },
  }
}

function validate({ env }: LedgerParts, address: string): Record<string, unknown> {
  const script = addressToScript(env.params, address)
  if (!script)
    return {
      isvalid: false,
      error_locations: [],
      error: 'Invalid or unsupported Segwit (Bech32) or Base58 encoding.',
    }
  return { isvalid: true, address, scriptPubKey: toHex(script), ...destination(script) }
}

/** What kind of place an address is. */
export function destination(script: Uint8Array): Record<string, unknown> {
  const witness = witnessProgramOf(script)
  return {
    isscript:
      isP2sh(script) || (witness?.version === 0 && witness.program.length === 32) || witness?.version === 1,
    iswitness: witness !== undefined,
    ...(witness && { witness_version: witness.version, witness_program: toHex(witness.program) }),
  }
}

function multisig({ env, secp }: LedgerParts, params: readonly unknown[]): Record<string, unknown> {
  const needed = integer(params, 0, 'nrequired')
  const keys = array(params, 1, 'keys').map(value => {
    const key = hexBytes([value], 0, 'key')
    if (!isKey(key)) throw new RpcError(RPC.invalidAddressOrKey, `Invalid public key: ${value}`)
    return key
  })
  if (needed < 1)
    throw new RpcError(
      RPC.invalidParameter,
      'a multisignature address must require at least one key to redeem',
    )
  if (keys.length < needed)
    throw new RpcError(
      RPC.invalidParameter,
      `not enough keys supplied (got ${keys.length} keys, but need at least ${needed} to redeem)`,
    )
  if (keys.length > MAX_MULTISIG_KEYS)
    throw new RpcError(
      RPC.invalidParameter,
      'Number of keys involved in the multisignature address creation > 16\nReduce the number',
    )
  const type = given(params, 2) ? text(params, 2, 'address_type') : 'legacy'
  if (type !== 'legacy' && type !== 'bech32')
    throw new RpcError(RPC.invalidAddressOrKey, `Unknown address type '${type}'`)
  const redeem = multisigScript(needed, keys)
  const address = scriptToAddress(env.params, type === 'legacy' ? p2shScript(redeem) : p2wshScript(redeem))
  if (address === undefined) throw new RpcError(RPC.invalidAddressOrKey, 'This network has no such addresses')
  const inner = `multi(${[needed, ...keys.map(toHex)].join(',')})`
  const { body } = parseDescriptor(env.params, secp, `${type === 'legacy' ? 'sh' : 'wsh'}(${inner})`)
  return { address, redeemScript: toHex(redeem), descriptor: withChecksum(body) }
}

function addresses({ env, secp }: LedgerParts, params: readonly unknown[]): string[] {
  const { scripts } = parseDescriptor(env.params, secp, text(params, 0, 'descriptor'), true)
  if (given(params, 1))
    throw new RpcError(RPC.invalidParameter, 'Range should not be specified for an un-ranged descriptor')
  return scripts.map(script => {
    const address = scriptToAddress(env.params, script)
    if (address === undefined)
      throw new RpcError(RPC.invalidAddressOrKey, 'Descriptor does not have a corresponding address')
    return address
  })
}

function verify({ env, secp }: LedgerParts, params: readonly unknown[]): boolean {
  const script = addressToScript(env.params, text(params, 0, 'address'))
  if (!script) throw new RpcError(RPC.invalidAddressOrKey, 'Invalid address')
  const kind = classify(script)
  if (kind.kind !== 'p2pkh') throw new RpcError(RPC.typeError, 'Address does not refer to key')
  const signer = signerOf(secp, text(params, 1, 'signature'), text(params, 2, 'message'))
  if (signer === 'malformed') throw new RpcError(RPC.typeError, 'Malformed base64 encoding')
  return signer !== undefined && toHex(signer) === toHex(kind.hash)
}
