// RPC about the chain as a whole: its state, its branches, its rules in force, and waiting for it to change.

import { sixteenDigits } from '../../core/digits.ts'
import { LATER, RPC, RpcError, type RpcTable } from '../../core/service.ts'
import type { BlockEntry } from '../chain/types.ts'
import { difficultyOfBits } from '../consensus/target.ts'
import type { LedgerParts } from '../parts.ts'
import { given, hash, integer } from './arguments.ts'
import { deploymentInfo, warningsOf } from './deployments.ts'
import { entryAt } from './lookup.ts'
import { workHex } from './shapes.ts'

const DEFAULT_VERIFY_BLOCKS = 6
const MONTH_MS = 30 * 24 * 60 * 60_000

export function chainRpc(parts: () => LedgerParts): RpcTable {
  const chain = () => parts().env.chain
  return {
    getblockchaininfo: {
      params: [],
      summary: 'The state of the chain.',
      differs: 'no size_on_disk',
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
    getchaintips: {
      params: [],
      summary: 'The ends of all branches of the block tree.',
      handle: () => chainTips(parts()),
    },
    getchainstates: {
      params: [],
      summary: 'The chain as this node has it: there is one.',
      differs: 'no caches: their sizes are 0',
      handle: () => chainStates(parts()),
    },
    getchaintxstats: {
      params: ['nblocks?', 'blockhash?'],
      summary:
        'How many transactions there are up to a block, and how fast they came in the blocks before it.',
      handle: params => chainTxStats(parts(), params),
    },
    getdeploymentinfo: {
      params: ['blockhash?'],
      summary: 'Which changes of the rules are in force for the block after this one.',
      differs: 'deployments by height (BIP8) are told as `bip8`',
      handle: params => {
        const entry = given(params, 0) ? entryAt(chain(), params, 0) : chain().tip
        return { hash: entry.hash, height: entry.height, deployments: deploymentInfo(chain(), entry) }
      },
    },
    verifychain: {
      params: ['checklevel?', 'nblocks?'],
      summary: 'Checks stored blocks again from the tip down; 0 blocks: all of them.',
      differs: 'every level checks all',
      handle: params => {
        const wanted = integer(params, 1, 'nblocks', DEFAULT_VERIFY_BLOCKS)
        const { height } = chain().tip
        return chain().verify(wanted <= 0 ? height : Math.min(wanted, height))
      },
    },
    preciousblock: {
      params: ['blockhash'],
      summary: 'Takes a block for the first seen among those of the same work.',
      handle: params => {
        parts().intake.prefer(entryAt(chain(), params, 0))
        return null
      },
    },
    invalidateblock: {
      params: ['blockhash'],
      summary:
        'Treats a block, and all on it, as if it broke a rule; the chain goes to the best of the others.',
      hidden: true,
      handle: params => {
        const entry = entryAt(chain(), params, 0)
        if (entry === chain().genesis) throw new RpcError(RPC.invalidParameter, 'The genesis block stays')
        parts().intake.invalidate(entry)
        return null
      },
    },
    reconsiderblock: {
      params: ['blockhash'],
      summary: 'Forgets that a block, what it stands on and what stands on it were found or called invalid.',
      hidden: true,
      handle: params => {
        parts().intake.reconsider(entryAt(chain(), params, 0))
        parts().sync.reconsidered()
        return null
      },
    },
    ...waitingRpc(parts),
  }
}

function waitingRpc(parts: () => LedgerParts): RpcTable {
  const tip = () => {
    const { hash, height } = parts().env.chain.tip
    return { hash, height }
  }
  const timeout = (params: readonly unknown[], index: number) => {
    const ms = integer(params, index, 'timeout', 0)
    if (ms < 0) throw new RpcError(RPC.misc, 'Negative timeout')
    return ms
  }
  return {
    waitfornewblock: {
      params: ['timeout?'],
      summary: 'Waits for another tip than now; the tip then. The timeout is in milliseconds, 0: none.',
      hidden: true,
      handle: (params, respond) => {
        const before = tip().hash
        const look = () => (tip().hash === before ? undefined : tip())
        parts().waiters.wait(look, tip, timeout(params, 0), respond)
        return LATER
      },
    },
    waitforblock: {
      params: ['blockhash', 'timeout?'],
      summary: 'Waits until this block is the tip; the tip then, or when the time is up.',
      hidden: true,
      handle: (params, respond) => {
        const wanted = hash(params, 0, 'blockhash')
        const look = () => (tip().hash === wanted ? tip() : undefined)
        parts().waiters.wait(look, tip, timeout(params, 1), respond)
        return LATER
      },
    },
    waitforblockheight: {
      params: ['height', 'timeout?'],
      summary: 'Waits until the tip is at least so high; the tip then, or when the time is up.',
      hidden: true,
      handle: (params, respond) => {
        const wanted = integer(params, 0, 'height')
        const look = () => (tip().height >= wanted ? tip() : undefined)
        parts().waiters.wait(look, tip, timeout(params, 1), respond)
        return LATER
      },
    },
  }
}

function blockchainInfo(parts: LedgerParts): Record<string, unknown> {
  const { env, sync } = parts
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
    verificationprogress: progress(tip.height, bestHeader.height),
    initialblockdownload,
    chainwork: workHex(tip),
    pruned: false,
    warnings: warningsOf(parts),
  }
}

function chainStates({ env }: LedgerParts): Record<string, unknown> {
  const { bestHeader, tip } = env.chain
  return {
    headers: bestHeader.height,
    chainstates: [
      {
        blocks: tip.height,
        bestblockhash: tip.hash,
        difficulty: difficultyOfBits(tip.header.bits),
        verificationprogress: progress(tip.height, bestHeader.height),
        coins_db_cache_bytes: 0,
        coins_tip_cache_bytes: 0,
        validated: true,
      },
    ],
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

function chainTxStats({ env }: LedgerParts, params: readonly unknown[]): Record<string, unknown> {
  const { chain } = env
  const last = given(params, 1) ? entryAt(chain, params, 1) : chain.tip
  if (!chain.isActive(last)) throw new RpcError(RPC.invalidParameter, 'Block is not in main chain')
  const month = Math.floor(MONTH_MS / chain.params.blockIntervalMs)
  const count = integer(params, 0, 'nblocks', Math.max(0, Math.min(month, last.height - 1)))
  if (count < 0 || (count > 0 && count >= last.height))
    throw new RpcError(
      RPC.invalidParameter,
      "Invalid block count: should be between 0 and the block's height - 1",
    )
  const first = chain.at(last.height - count) as BlockEntry
  const interval = chain.medianTimePast(last) - chain.medianTimePast(first)
  const upTo = (entry: BlockEntry) => {
    let transactions = 0
    for (let height = 0; height <= entry.height; height++) transactions += chain.at(height)?.transactions ?? 0
    return transactions
  }
  const inWindow = upTo(last) - upTo(first)
  return {
    time: last.header.time,
    txcount: upTo(last),
    window_final_block_hash: last.hash,
    window_final_block_height: last.height,
    window_block_count: count,
    ...(count > 0 && { window_interval: interval, window_tx_count: inWindow }),
    ...(count > 0 && interval > 0 && { txrate: sixteenDigits(inWindow / interval) }),
  }
}

function progress(height: number, known: number): number {
  return known === 0 ? 1 : sixteenDigits(Math.min(1, height / known))
}
