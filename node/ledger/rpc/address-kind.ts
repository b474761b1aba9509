// The kinds of addresses that Core's wallet gives, by its names.

import { RPC, RpcError } from '../../core/service.ts'
import type { AddressType } from '../descriptor/address-type.ts'
import { text } from './arguments.ts'

export const ADDRESS_TYPES: readonly AddressType[] = ['legacy', 'p2sh-segwit', 'bech32', 'bech32m']

export function addressTypeAt(params: readonly unknown[], index: number): AddressType {
  return toAddressType(text(params, index, 'address_type'))
}

export function toAddressType(name: string, what = 'address'): AddressType {
  const type = ADDRESS_TYPES.find(each => each === name)
  if (!type) throw new RpcError(RPC.invalidAddressOrKey, `Unknown ${what} type '${name}'`)
  return type
}
