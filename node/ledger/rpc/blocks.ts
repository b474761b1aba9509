// RPC about single blocks: by height, their headers, their contents, and what a block comes to in figures.

import { encode } from '../../bitcoin/wire/codec.ts'
import { toHex } from '../../bitcoin/wire/hex.ts'
import { RPC, RpcError, type RpcTable } from '../../core/service.ts'
import { blockCodec } from '../chain/block.ts'
import type { BlockEntry } from '../chain/types.ts'
import type { LedgerParts } from '../parts.ts'
import { array, flag, given, hash, integer, verbosity } from './arguments.ts'
import { blockStats } from './block-stats.ts'
import { entryAt, entryAtHeight, storedBlock } from './lookup.ts'
import { type BlockDetail, blockShape, headerShape } from './shapes.ts'

export function blocksRpc(parts: () => LedgerParts): RpcTable {
  const chain = () => parts().env.chain

  return {
    getblockhash: {
      params: ['height'],
      summary: 'The hash of the block at a height of the active chain.',
      handle: params => entryAtHeight(chain(), params, 0).hash,
    },
    getblockheader: {
      params: ['blockhash', 'verbose?'],
      summary: 'A header: as an object, or its 80 bytes in hex.',
      handle: params => {
        const entry = entryAt(chain(), params, 0)
        return flag(params, 1, true) ? headerShape(chain(), entry) : toHex(entry.header.bytes)
      },
    },
    getblock: {
      params: ['blockhash', 'verbosity|verbose?'],
      summary:
        'A block: 0 in hex, 1 with transaction ids, 2 with transactions, 3 also with the coins that they spend.',
      handle: params => {
        const entry = entryAt(chain(), params, 0)
        const block = storedBlock(chain(), entry)
        const detail = verbosity(params, 1, 1)
        if (detail <= 0) return toHex(encode(blockCodec, block))
        return blockShape(chain(), entry, block, Math.min(detail, 3) as BlockDetail)
      },
    },
    getblockstats: {
      params: ['hash_or_height', 'stats?'],
      summary: 'What a block of the active chain comes to: sizes, fees, coins. `stats` chooses some of them.',
      handle: params => {
        const { chain } = parts().env
        const entry = byHashOrHeight(parts(), params)
        const stats = blockStats(chain, entry, storedBlock(chain, entry))
        if (!given(params, 1)) return stats
        const chosen = array(params, 1, 'stats')
        if (chosen.length === 0) return stats
        return Object.fromEntries(
          chosen.map(name => {
            if (!Object.hasOwn(stats, String(name)))
              throw new RpcError(RPC.invalidParameter, `Invalid selected statistic '${name}'`)
            return [name, stats[String(name)]]
          }),
        )
      },
    },
  }
}

function byHashOrHeight({ env }: LedgerParts, params: readonly unknown[]): BlockEntry {
  const { chain } = env
  if (typeof params[0] !== 'number') {
    const entry = chain.entry(hash(params, 0, 'hash_or_height'))
    if (!entry) throw new RpcError(RPC.invalidAddressOrKey, 'Block not found')
    return entry
  }
  const height = integer(params, 0, 'hash_or_height')
  if (height < 0) throw new RpcError(RPC.invalidParameter, `Target block height ${height} is negative`)
  const entry = chain.at(height)
  if (!entry)
    throw new RpcError(
      RPC.invalidParameter,
      `Target block height ${height} after current tip ${chain.tip.height}`,
    )
  return entry
}
