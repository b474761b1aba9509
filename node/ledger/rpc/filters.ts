// RPC about indexes beside the chain: which there are, and block filters (BIP158).

import { hashToHex, toHex } from '../../bitcoin/wire/hex.ts'
import { RPC, RpcError, type RpcTable } from '../../core/service.ts'
import type { LedgerParts } from '../parts.ts'
import { given, hash, text } from './arguments.ts'

const INDEX = 'basic block filter index'
const TX_INDEX = 'txindex'

export function filtersRpc(parts: () => LedgerParts): RpcTable {
  return {
    getblockfilter: {
      params: ['blockhash', 'filtertype?'],
      summary: 'The filter of a block (BIP158) and its header.',
      handle: params => {
        const { env, filters } = parts()
        const blockHash = hash(params, 0, 'blockhash')
        if (given(params, 1) && text(params, 1, 'filtertype') !== 'basic')
          throw new RpcError(RPC.invalidAddressOrKey, 'Unknown filtertype')
        if (!filters) throw new RpcError(RPC.misc, 'Index is not enabled for filtertype basic')
        const entry = env.chain.entry(blockHash)
        if (!entry) throw new RpcError(RPC.invalidAddressOrKey, 'Block not found')
        const indexed = filters.get(entry)
        const filter = filters.filter(entry)
        if (indexed && filter) return { filter: toHex(filter), header: hashToHex(indexed.header) }
        const why = env.chain.isActive(entry)
          ? 'Block filters are still in the process of being indexed.'
          : 'Block was not connected to active chain.'
        throw new RpcError(RPC.misc, `Filter not found. ${why}`)
      },
    },
    getindexinfo: {
      params: ['index_name?'],
      summary: 'The indexes that this node keeps, and how far they are.',
      handle: params => {
        const { filters, txIndex } = parts()
        const wanted = given(params, 0) ? text(params, 0, 'index_name') : undefined
        const all = { [TX_INDEX]: txIndex?.follower, [INDEX]: filters?.follower }
        return Object.fromEntries(
          Object.entries(all).flatMap(([name, index]) =>
            index && (wanted === undefined || wanted === name)
              ? [[name, { synced: index.synced, best_block_height: index.bestHeight }]]
              : [],
          ),
        )
      },
    },
  }
}
