// RPC that finds blocks by their filters: those that pay to, or spend from, the scripts of some descriptors.

import { toHex } from '../../bitcoin/wire/hex.ts'
import { RPC, RpcError, type RpcTable } from '../../core/service.ts'
import type { BlockEntry } from '../chain/types.ts'
import type { LedgerParts } from '../parts.ts'
import { array, flag, given, integer, record, text } from './arguments.ts'
import { answerWithoutScan, scanned } from './descriptor-arguments.ts'

export function scanBlocksRpc(parts: () => LedgerParts): RpcTable {
  return {
    scanblocks: {
      params: ['action', 'scanobjects?', 'start_height?', 'stop_height?', 'filtertype?', 'options?'],
      summary:
        'Blocks that may have outputs or spent coins of descriptors, by their filters (start). A scan ends at once: abort and status find none.',
      differs: 'no miniscript',
      handle: params => scanBlocks(parts(), params),
    },
  }
}

function scanBlocks(parts: LedgerParts, params: readonly unknown[]): unknown {
  const answer = answerWithoutScan(text(params, 0, 'action'))
  if (answer !== undefined) return answer
  const { env, filters } = parts
  const { chain } = env
  if (given(params, 4) && text(params, 4, 'filtertype') !== 'basic')
    throw new RpcError(RPC.invalidAddressOrKey, 'Unknown filtertype')
  const options = given(params, 5) ? record(params[5]) : {}
  const strict = flag([options.filter_false_positives], 0, false)
  if (!filters) throw new RpcError(RPC.misc, 'Index is not enabled for filtertype basic')
  const from = integer(params, 2, 'start_height', 0)
  if (from < 0 || from > chain.tip.height) throw new RpcError(RPC.misc, 'Invalid start_height')
  const to = integer(params, 3, 'stop_height', chain.tip.height)
  if (to < from || to > chain.tip.height) throw new RpcError(RPC.misc, 'Invalid stop_height')
  if (!given(params, 1)) throw new RpcError(RPC.misc, 'scanobjects argument is required for the start action')
  const scripts = array(params, 1, 'scanobjects').flatMap(object => scanned(parts, object).scripts)
  const wanted = new Set(scripts.map(toHex))
  const relevant: string[] = []
  for (let height = from; height <= to; height++) {
    const entry = chain.at(height) as BlockEntry
    const matches = filters.matches(entry, scripts)
    if (matches === undefined)
      throw new RpcError(RPC.misc, 'Block filters are still in the process of being indexed.')
    if (!matches) continue
    if (!strict || isAbout(parts, entry, wanted)) relevant.push(entry.hash)
  }
  return { from_height: from, to_height: to, relevant_blocks: relevant, completed: true }
}

/** Not by chance: the block itself has one of the scripts, or a coin that it spends. */
function isAbout({ env }: LedgerParts, { hash }: BlockEntry, wanted: ReadonlySet<string>): boolean {
  const block = env.chain.block(hash)
  if (!block) throw new RpcError(RPC.misc, 'Block not found on disk')
  const pays = block.transactions.some(({ outputs }) =>
    outputs.some(({ script }) => wanted.has(toHex(script))),
  )
  return pays || (env.chain.undo(hash)?.spent ?? []).some(([, { script }]) => wanted.has(toHex(script)))
}
