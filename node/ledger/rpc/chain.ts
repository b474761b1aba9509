// RPC about the chain: blocks, headers, forks, the set of unspent outputs.

import { encode } from '../../bitcoin/wire/codec.ts'
import { toHex } from '../../bitcoin/wire/hex.ts'
import { RPC, RpcError, type RpcTable } from '../../core/service.ts'
import { blockCodec } from '../chain/block.ts'
import { outPointKey } from '../chain/tx.ts'
import type { Block, BlockEntry } from '../chain/types.ts'
import { difficultyOfBits } from '../consensus/target.ts'
import type { LedgerParts } from '../parts.ts'
import { coins, flag, hash, integer, verbosity } from './arguments.ts'
import { blockShape, confirmations, headerShape, scriptShape, workHex } from './shapes.ts'

const DEFAULT_VERIFY_BLOCKS = 6

export function chainRpc(parts: () => LedgerParts): RpcTable {
  const chain = () => parts().env.chain

  const entryOf = (params: readonly unknown[]): BlockEntry => {
    const entry = chain().entry(hash(params, 0, 'blockhash'))
    if (!entry) throw new RpcError(RPC.invalidAddressOrKey, 'Block not found')
    return entry
  }

  return {
    getblockchaininfo: {
      params: [],
      summary: 'The state of the chain.',
      handle: () => blockchainInfo(parts()),
    },
    getbestblockhash: {
      params: [],
      summary: 'The hash of the tip.',
      handle: () => chain().tip.hash,
    },
    getblockcount: {
      params: [],
      summary: 'The height of the tip.',
      handle: () => chain().tip.height,
    },
    getdifficulty: {
      params: [],
      summary: 'How many times harder than the easiest of Bitcoin’s targets the tip was.',
      handle: () => difficultyOfBits(chain().tip.header.bits),
    },
    getblockhash: {
      params: ['height'],
      summary: 'The hash of the block at a height of the active chain.',
      handle: params => {
        const entry = chain().at(integer(params, 0, 'height'))
        if (!entry) throw new RpcError(RPC.invalidParameter, 'Block height out of range')
        return entry.hash
      },
    },
    getblockheader: {
      params: ['blockhash', 'verbose?'],
      summary: 'A header: as an object, or its 80 bytes in hex.',
      handle: params => {
        const entry = entryOf(params)
        return flag(params, 1, true) ? headerShape(chain(), entry) : toHex(entry.header.bytes)
      },
    },
    getblock: {
      params: ['blockhash', 'verbosity?'],
      summary: 'A block: 0 in hex, 1 with transaction ids, 2 with transactions.',
      handle: params => {
        const entry = entryOf(params)
        const block = storedBlock(parts(), entry)
        const detail = verbosity(params, 1, 1)
        if (detail <= 0) return toHex(encode(blockCodec, block))
        return blockShape(chain(), entry, block, detail === 1 ? 1 : 2)
      },
    },
    preciousblock: {
      params: ['blockhash'],
      summary: 'Takes a block for the first seen among those of the same work.',
      handle: params => {
        parts().intake.prefer(entryOf(params))
        return null
      },
    },
    getchaintips: {
      params: [],
      summary: 'The ends of all branches of the block tree.',
      handle: () => chainTips(parts()),
    },
    gettxout: {
      params: ['txid', 'n', 'include_mempool?'],
      summary: 'An unspent output; null if there is none.',
      handle: params => unspentOutput(parts(), params),
    },
    gettxoutsetinfo: {
      params: [],
      summary: 'Statistics of the set of unspent outputs.',
      handle: () => {
        const { tip } = chain()
        const stats = chain().utxoStats()
        return {
          height: tip.height,
          bestblock: tip.hash,
          txouts: stats.outputs,
          bogosize: stats.serializedBytes,
          hash_serialized_3: stats.hash,
          total_amount: coins(stats.totalSat),
          transactions: stats.transactions,
          disk_size: stats.serializedBytes,
        }
      },
    },
    verifychain: {
      params: ['checklevel?', 'nblocks?'],
      summary: 'Checks stored blocks again from the tip down; 0 blocks: all of them.',
      handle: params => {
        const wanted = integer(params, 1, 'nblocks', DEFAULT_VERIFY_BLOCKS)
        const { height } = chain().tip
        return chain().verify(wanted <= 0 ? height : Math.min(wanted, height))
      },
    },
  }
}

/** A block's body, or Core's error when only the header is here. */
export function storedBlock({ env }: LedgerParts, entry: BlockEntry): Block {
  const block = env.chain.block(entry.hash)
  if (!block) throw new RpcError(RPC.misc, 'Block not found on disk')
  return block
}

function blockchainInfo({ env, sync }: LedgerParts): Record<string, unknown> {
  const { chain, params } = env
  const { bestHeader, tip } = chain
  const initialblockdownload = sync.initialDownload
  return {
    chain: params.network,
    blocks: tip.height,
    headers: bestHeader.height,
    bestblockhash: tip.hash,
    difficulty: difficultyOfBits(tip.header.bits),
    time: tip.header.time,
    mediantime: chain.medianTimePast(tip),
    verificationprogress: bestHeader.height === 0 ? 1 : tip.height / bestHeader.height,
    initialblockdownload,
    chainwork: workHex(tip),
    pruned: false,
    warnings: [],
  }
}

function chainTips({ env }: LedgerParts): Record<string, unknown>[] {
  return env.chain
    .tips()
    .map(({ entry, status, branchLength }) => ({
      height: entry.height,
      hash: entry.hash,
      branchlen: branchLength,
      status,
    }))
    .sort((a, b) => b.height - a.height || (a.hash < b.hash ? -1 : 1))
}

function unspentOutput({ env }: LedgerParts, params: readonly unknown[]): Record<string, unknown> | null {
  const { chain, mempool } = env
  const point = { txid: hash(params, 0, 'txid'), index: integer(params, 1, 'n') }
  const key = outPointKey(point)
  const withMempool = flag(params, 2, true)
  const coin = withMempool ? mempool.coin(point) : chain.coin(key)
  if (!coin) return null
  const origin = chain.coin(key) && chain.at(coin.height)
  return {
    bestblock: chain.tip.hash,
    confirmations: origin ? confirmations(chain, origin) : 0,
    value: coins(coin.valueSat),
    scriptPubKey: scriptShape(chain.params, coin.script),
    coinbase: coin.coinbase,
  }
}
