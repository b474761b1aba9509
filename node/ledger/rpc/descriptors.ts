// RPC about descriptors and multisignature scripts, of whomever they are.

import { toHex } from '../../bitcoin/wire/hex.ts'
import { RPC, RpcError, type RpcTable } from '../../core/service.ts'
import { scriptToAddress } from '../address.ts'
import { hash160 } from '../chain/hash160.ts'
import type { AddressType } from '../descriptor/address-type.ts'
import { inferDescriptor } from '../descriptor/infer.ts'
import { multisigScript, p2wshScript } from '../descriptor/node.ts'
import { SigningProvider } from '../descriptor/provider.ts'
import { checked, parseDescriptor } from '../descriptors.ts'
import type { LedgerParts } from '../parts.ts'
import { classify, p2shScript } from '../script/kinds.ts'
import { MAX_ITEM_BYTES, MAX_MULTISIG_KEYS } from '../script/limits.ts'
import { addressTypeAt } from './address-kind.ts'
import { array, given, integer, text } from './arguments.ts'
import { rangeOf } from './descriptor-arguments.ts'
import { publicKeyAt } from './script-types.ts'

export function descriptorsRpc(parts: () => LedgerParts): RpcTable {
  return {
    getdescriptorinfo: {
      params: ['descriptor'],
      summary: 'What a descriptor says, with its checksum.',
      differs: 'no miniscript',
      handle: params => {
        const { env, secp } = parts()
        const said = text(params, 0, 'descriptor')
        const descriptor = parseDescriptor(env.params, secp, said)
        return {
          descriptor: String(descriptor),
          checksum: checked(said).sum,
          isrange: descriptor.isRange,
          issolvable: descriptor.isSolvable,
          hasprivatekeys: descriptor.hasPrivateKeys,
        }
      },
    },
    deriveaddresses: {
      params: ['descriptor', 'range?'],
      summary: 'The addresses that a descriptor stands for.',
      differs: 'no miniscript',
      handle: params => addresses(parts(), params),
    },
    createmultisig: {
      params: ['nrequired', 'keys', 'address_type?'],
      summary: 'The address of a script that takes some of several keys’ signatures.',
      handle: params => multisig(parts(), params),
    },
  }
}

function addresses({ env, secp }: LedgerParts, params: readonly unknown[]): string[] {
  const range = given(params, 1) ? rangeOf(params[1]) : undefined
  const descriptor = parseDescriptor(env.params, secp, text(params, 0, 'descriptor'), true)
  if (range && !descriptor.isRange)
    throw new RpcError(RPC.invalidParameter, 'Range should not be specified for an un-ranged descriptor')
  if (!range && descriptor.isRange)
    throw new RpcError(RPC.invalidParameter, 'Range must be specified for a ranged descriptor')
  const [first, last] = range ?? [0, 0]
  const found: string[] = []
  for (let position = first; position <= last; position++) {
    const scripts = descriptor.at(position)?.scripts
    if (!scripts) throw new RpcError(RPC.invalidAddressOrKey, 'Cannot derive script without private keys')
    for (const script of scripts) {
      const address = scriptToAddress(env.params, script)
      if (address !== undefined) found.push(address)
      // Of a combo the first script has no address, and need not have one.
      else if (scripts.length === 1 || classify(script).kind !== 'p2pk')
        throw new RpcError(RPC.invalidAddressOrKey, 'Descriptor does not have a corresponding address')
    }
  }
  return found
}

function multisig({ env, secp }: LedgerParts, params: readonly unknown[]): Record<string, unknown> {
  const needed = integer(params, 0, 'nrequired')
  const keys = array(params, 1, 'keys').map(value => publicKeyAt(secp, value))
  const type = given(params, 2) ? addressTypeAt(params, 2) : 'legacy'
  if (type === 'bech32m')
    throw new RpcError(RPC.invalidAddressOrKey, 'createmultisig cannot create bech32m multisig addresses')
  checkMultisig(needed, keys)
  const made = multisigOutput(needed, keys, type)
  const address = scriptToAddress(env.params, made.script)
  if (address === undefined) throw new RpcError(RPC.invalidAddressOrKey, 'This network has no such addresses')
  return {
    address,
    redeemScript: toHex(made.redeem),
    descriptor: inferDescriptor(env.params, made.script, made.provider),
    ...(made.type !== type && {
      warnings: [
        'Unable to make chosen address type, please ensure no uncompressed public keys are present.',
      ],
    }),
  }
}

function checkMultisig(needed: number, keys: readonly Uint8Array[]): void {
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
      `Number of keys involved in the multisignature address creation > ${MAX_MULTISIG_KEYS}\nReduce the number`,
    )
}

function multisigOutput(needed: number, keys: readonly Uint8Array[], wanted: AddressType) {
  const type = keys.every(key => key.length === 33) ? wanted : 'legacy'
  const redeem = multisigScript(needed, keys)
  if (type === 'legacy' && redeem.length > MAX_ITEM_BYTES)
    throw new RpcError(
      RPC.invalidParameter,
      `redeemScript exceeds size limit: ${redeem.length} > ${MAX_ITEM_BYTES}`,
    )
  const provider = new SigningProvider()
  provider.addScript(redeem)
  const witness = p2wshScript(redeem)
  provider.addScript(witness)
  const script = type === 'bech32' ? witness : p2shScript(hash160(type === 'legacy' ? redeem : witness))
  return { type, redeem, provider, script }
}
