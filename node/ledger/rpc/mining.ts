// RPC about mining: how hard the network works, and blocks from outside.

import { sixteenDigits } from '../../core/digits.ts'
import { RPC, RpcError, type RpcTable } from '../../core/service.ts'
import { ConsensusError } from '../../errors.ts'
import { hasher } from '../../hash.ts'
import { blockCodec } from '../chain/block.ts'
import { withReservedValue } from '../chain/block-rules.ts'
import type { Chain } from '../chain/chain.ts'
import { isCoinbase } from '../chain/tx.ts'
import { isRefused } from '../chain/types.ts'
import { difficultyOfBits } from '../consensus/target.ts'
import type { LedgerParts } from '../parts.ts'
import { decoded, integer } from './arguments.ts'
import { warningsOf } from './deployments.ts'
import { generateRpc } from './generate.ts'
import { rejectReason } from './submission.ts'

const DEFAULT_HASHPS_BLOCKS = 120
/** Where a rule retargets with every block, or never, `-1` still means Bitcoin's window. */
const BITCOIN_WINDOW = 2_016
const MAX_HASH_RATE_HPS = 1e15
/** What Core counts for the header and the coinbase of a block that it puts together. */
const RESERVED_WEIGHT = 4_000

export function miningRpc(parts: () => LedgerParts): RpcTable {
  return {
    getmininginfo: {
      params: [],
      summary: 'What this node mines on, and how fast it and the network are.',
      handle: () => miningInfo(parts()),
    },
    getnetworkhashps: {
      params: ['nblocks?', 'height?'],
      summary: 'Hashes per second of the whole network, estimated from the last blocks.',
      handle: params =>
        networkHashRate(
          parts().env.chain,
          integer(params, 0, 'nblocks', DEFAULT_HASHPS_BLOCKS),
          integer(params, 1, 'height', -1),
        ),
    },
    ...generateRpc(parts),
    sethashrate: {
      params: ['hashespersecond?'],
      summary:
        "Another hash rate for this node's miner from now on, until it stops; 0: it rests; without one: as configured. Not Core's.",
      handle: params => {
        const [rate] = params
        const given = rate ?? undefined
        if (given !== undefined && !(typeof given === 'number' && given >= 0 && given <= MAX_HASH_RATE_HPS))
          throw new RpcError(
            RPC.invalidParameter,
            `hashespersecond must be a number from 0 to ${MAX_HASH_RATE_HPS}`,
          )
        parts().mining.setRate(given)
        return null
      },
    },
    submitblock: {
      params: ['hexdata', 'dummy?'],
      summary: 'Takes a block from outside; null if it was good, else why it was not.',
      handle: params => submitBlock(parts(), params),
    },
  }
}

function miningInfo(parts: LedgerParts): Record<string, unknown> {
  const { env, mining } = parts
  const { chain, mempool, params } = env
  const { miner, assembled } = mining
  return {
    blocks: chain.tip.height,
    ...(assembled && {
      currentblockweight: assembled.reduce((sum, tx) => sum + tx.weight, RESERVED_WEIGHT),
      currentblocktx: assembled.length,
    }),
    difficulty: difficultyOfBits(chain.tip.header.bits),
    networkhashps: networkHashRate(chain, DEFAULT_HASHPS_BLOCKS, -1),
    pooledtx: mempool.size,
    chain: params.network,
    warnings: warningsOf(parts),
    // Beyond Core: what hashes here, and our own miner.
    kernel: hasher.kernel,
    generate: mining.on,
    ...(miner && {
      miner: {
        mode: miner.mode,
        kernel: miner.kernel,
        asked_hashps: mining.rateHps ?? miner.hashRateHps,
        measured_hashps: miner.stats().hashRateHps,
        hashes: miner.stats().hashes,
      },
    }),
  }
}

/** Work of the last `blocks` blocks below `height` over the time they span (Core's GetNetworkHashPS). */
function networkHashRate(chain: Chain, blocks: number, height: number): number {
  if (blocks < -1 || blocks === 0)
    throw new RpcError(RPC.invalidParameter, 'Invalid nblocks. Must be a positive number or -1.')
  if (height < -1 || height > chain.tip.height)
    throw new RpcError(RPC.invalidParameter, 'Block does not exist at specified height')
  const last = chain.at(height === -1 ? chain.tip.height : height)
  if (!last || last.height === 0) return 0
  const { difficulty } = chain.params
  const window = difficulty.rule === 'bitcoin' ? difficulty.windowBlocks : BITCOIN_WINDOW
  const sinceRetarget = (last.height % window) + 1
  const count = Math.min(blocks === -1 ? sinceRetarget : blocks, last.height)
  let [first, minTime, maxTime] = [last, last.header.time, last.header.time]
  for (let i = 0; i < count && first.parent; i++) {
    first = first.parent
    minTime = Math.min(minTime, first.header.time)
    maxTime = Math.max(maxTime, first.header.time)
  }
  return minTime === maxTime ? 0 : sixteenDigits(Number(last.work - first.work) / (maxTime - minTime))
}

function submitBlock({ env, intake }: LedgerParts, params: readonly unknown[]): string | null {
  const given = decoded(params, 0, blockCodec, 'Block decode failed')
  const [first] = given.transactions
  if (!first || !isCoinbase(first))
    throw new RpcError(RPC.deserialization, 'Block does not start with a coinbase')
  const parent = env.chain.entry(given.header.prev)
  const block = parent ? withReservedValue(given, env.chain.rules.after(parent)) : given
  const known = env.chain.entry(block.hash)
  if (known && isRefused(known)) return 'duplicate-invalid'
  if (known && known.status !== 'header') return 'duplicate'
  try {
    const { outcome } = intake.accept(block, { by: 'rpc', from: undefined })
    return outcome === 'connected' ? null : 'inconclusive'
  } catch (error) {
    if (!(error instanceof ConsensusError)) throw error
    return rejectReason(error)
  }
}
