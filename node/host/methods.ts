// The RPC methods of the host itself: about the process, not about the peer or its protocols.

import { LATER, mergeRpc, RPC, RpcError, type RpcTable } from '../core/service.ts'
import { usage } from './rpc.ts'

/** What the host does for them. */
export interface HostServices {
  stop(why: string): void
  /** Resolves when all that was committed so far is on the disk, or never will be. */
  written(): Promise<void>
}

/** `others`: everybody else's methods, for `help`. */
export function hostMethods(others: RpcTable, { stop, written }: HostServices): RpcTable {
  const startedMs = performance.now()
  const own: RpcTable = {
    stop: {
      params: [],
      summary: 'Stops the node in order.',
      handle() {
        stop('asked by rpc')
        return 'netsplit node stopping'
      },
    },
    // Core's name: there, too, for whoever tests what a node does behind its own back.
    syncwithvalidationinterfacequeue: {
      params: [],
      summary: 'Answers when all that the node has accepted so far is on its disk.',
      handle: (_, respond) => {
        void written().then(() => respond({ result: null }))
        return LATER
      },
    },
    uptime: {
      params: [],
      summary: 'Seconds since the node was started.',
      handle: () => Math.floor((performance.now() - startedMs) / 1000),
    },
    getrpcinfo: {
      params: [],
      summary: 'What the RPC server is doing: the calls in progress, in microseconds.',
      handle: () => ({ active_commands: [{ method: 'getrpcinfo', duration: 0 }], logpath: '' }),
    },
    help: {
      params: ['command?'],
      summary: 'All methods, or how one is used.',
      handle: ([command]) => (command === undefined ? listing(all) : usageOf(all, command)),
    },
  }
  const all = mergeRpc([others, own])
  return all
}

function listing(table: RpcTable): string {
  const lines = Object.entries(table).map(([name, method]) => usage(name, method).split('\n')[0])
  return lines.sort().join('\n')
}

function usageOf(table: RpcTable, command: unknown): string {
  if (typeof command !== 'string') throw new RpcError(RPC.typeError, 'command must be a string')
  const method = Object.hasOwn(table, command) ? table[command] : undefined
  return method ? usage(command, method) : `help: unknown command: ${command}`
}
