// RPC about the process: its memory, and what its log tells.

import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8'
import { RPC, RpcError, type RpcTable } from '../core/service.ts'

/** Core's. */
export const LOG_CATEGORIES = [
  ...[
    'addrman',
    'bench',
    'blockstorage',
    'cmpctblock',
    'coindb',
    'estimatefee',
    'http',
    'i2p',
    'ipc',
    'leveldb',
  ],
  ...['libevent', 'mempool', 'mempoolrej', 'net', 'proxy', 'prune', 'qt', 'rand', 'reindex', 'rpc', 'scan'],
  ...['selectcoins', 'tor', 'txpackages', 'txreconciliation', 'validation', 'walletdb', 'zmq'],
]
const ALL = ['', '1', 'all']

/** `active`: the categories that are on from the start. */
export function processMethods(active: readonly string[] = []): RpcTable {
  const on = new Set(active.flatMap(categoriesOf))
  return {
    getmemoryinfo: {
      params: ['mode?'],
      differs: 'stats are of the heap: no memory is locked, its chunks are the heap’s spaces; no mallocinfo',
      summary: 'The memory of this node, in bytes.',
      handle: ([mode = 'stats']) => {
        if (mode === 'stats') return { locked: heap() }
        throw new RpcError(
          RPC.invalidParameter,
          mode === 'mallocinfo' ? 'mallocinfo mode not available' : `unknown mode ${String(mode)}`,
        )
      },
    },
    logging: {
      params: ['include?', 'exclude?'],
      differs: 'the switches are kept, and the log has no categories',
      summary: `Switches categories of the log on and off: the valid logging categories are: ${LOG_CATEGORIES.join(', ')}`,
      handle: ([include, exclude]) => {
        for (const name of named(include)) on.add(name)
        for (const name of named(exclude)) on.delete(name)
        return Object.fromEntries(LOG_CATEGORIES.map(name => [name, on.has(name)]))
      },
    },
  }
}

function heap(): Record<string, number> {
  const { used_heap_size: used, total_heap_size: total } = getHeapStatistics()
  const spaces = getHeapSpaceStatistics()
  return {
    used,
    free: total - used,
    total,
    locked: 0,
    chunks_used: spaces.filter(space => space.space_used_size > 0).length,
    chunks_free: spaces.filter(space => space.space_available_size > 0).length,
  }
}

function named(list: unknown): string[] {
  return Array.isArray(list) ? list.flatMap(name => categoriesOf(String(name))) : []
}

function categoriesOf(name: string): string[] {
  if (ALL.includes(name)) return LOG_CATEGORIES
  if (!LOG_CATEGORIES.includes(name))
    throw new RpcError(RPC.invalidParameter, `unknown logging category ${name}`)
  return [name]
}
