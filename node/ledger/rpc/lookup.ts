// Finding what an RPC call names: blocks and their bodies.

import { RPC, RpcError } from '../../core/service.ts'
import type { Chain } from '../chain/chain.ts'
import type { Block, BlockEntry } from '../chain/types.ts'
import { hash, integer } from './arguments.ts'
import type { HeaderView } from './shapes.ts'

export function entryAt(
  chain: HeaderView,
  params: readonly unknown[],
  index: number,
  name = 'blockhash',
): BlockEntry {
  const entry = chain.entry(hash(params, index, name))
  if (!entry) throw new RpcError(RPC.invalidAddressOrKey, 'Block not found')
  return entry
}

/** The block at a height of the active chain. */
export function entryAtHeight(chain: HeaderView, params: readonly unknown[], index: number): BlockEntry {
  const entry = chain.at(integer(params, index, 'height'))
  if (!entry) throw new RpcError(RPC.invalidParameter, 'Block height out of range')
  return entry
}

/** A block's body, or Core's error when only the header is here. */
export function storedBlock(chain: Chain, entry: BlockEntry): Block {
  const block = chain.block(entry.hash)
  if (!block) throw new RpcError(RPC.misc, 'Block not found on disk')
  return block
}
