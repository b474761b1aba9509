// The RPC methods of the host itself: about the process, not about the peer or its protocols.

import type { NodeConfig } from '../api.ts'
import { LATER, mergeRpc, RPC, RpcError, type RpcTable } from '../core/service.ts'
import { usage } from './rpc.ts'

/** Core takes what fits into its nanoseconds. */
const MAX_TIME = 9_223_372_036
const ECHOED = Array.from({ length: 10 }, (_, i) => `arg${i}?`)

/** What the host does for them. */
export interface HostServices {
  stop(why: string): void
  /** Resolves when all that was committed so far is on the disk, or never will be. */
  written(): Promise<void>
  /** Stops the node's clock at this time, undefined lets it run; absent where the network does not allow it. */
  readonly mockTime?: ((ms: number | undefined) => void) | undefined
}

/** Where the network allows a clock to be stopped. */
export function isRegtest({ services }: NodeConfig): boolean {
  return services.bitcoin?.ledger?.chain.network === 'regtest'
}

/** `others`: everybody else's methods, for `help`. */
export function hostMethods(others: RpcTable, { stop, written, mockTime }: HostServices): RpcTable {
  const startedMs = performance.now()
  const own: RpcTable = {
    stop: {
      params: ['wait?'],
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
    setmocktime: {
      params: ['timestamp'],
      summary: 'Stops this node’s clock at a time, in seconds since 1970; 0 lets it run. On regtest only.',
      handle: ([timestamp]) => {
        if (!mockTime)
          throw new RpcError(RPC.misc, 'setmocktime is for regression testing (-regtest mode) only')
        if (typeof timestamp !== 'number' || !Number.isInteger(timestamp))
          throw new RpcError(RPC.typeError, 'JSON value is not an integer as expected')
        if (timestamp < 0 || timestamp > MAX_TIME)
          throw new RpcError(
            RPC.invalidParameter,
            `Mocktime must be in the range [0, ${MAX_TIME}], not ${timestamp}.`,
          )
        mockTime(timestamp === 0 ? undefined : timestamp * 1000)
        return null
      },
    },
    echo: {
      params: ECHOED,
      summary: 'Gives its parameters back.',
      handle: params => params.map(value => value ?? null),
    },
    echojson: {
      params: ECHOED,
      summary: 'Gives its parameters back.',
      handle: params => params.map(value => value ?? null),
    },
    getzmqnotifications: {
      params: [],
      summary: 'The ZMQ publishers of this node: it has none.',
      handle: () => [],
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
