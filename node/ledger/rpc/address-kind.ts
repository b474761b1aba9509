// The kinds of addresses that Core's wallet gives, by its names, and which of them this one has.

import { RPC, RpcError } from '../../core/service.ts'
import { given, text } from './arguments.ts'

/** An address type that Core knows, and whether this wallet has such addresses. */
export function addressKind(params: readonly unknown[], index: number): 'bech32' | 'legacy' {
  const type = given(params, index) ? text(params, index, 'address_type') : 'bech32'
  if (type === 'bech32' || type === 'legacy') return type
  if (type === 'p2sh-segwit' || type === 'bech32m')
    throw new RpcError(RPC.walletKeypoolRanOut, `Error: No ${type} addresses available.`)
  throw new RpcError(RPC.invalidAddressOrKey, `Unknown address type '${type}'`)
}
