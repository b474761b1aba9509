// The RPC methods of the host itself: about the process, not about the peer or its protocols.

import type { NodeConfig } from '../api.ts'
import { LATER, mergeRpc, RPC, RpcError, type RpcTable } from '../core/service.ts'
import { type ClockControl, clockMethods } from './clock-methods.ts'
import { processMethods } from './process-methods.ts'
import { usage } from './rpc.ts'

const ECHOED = Array.from({ length: 10 }, (_, i) => `arg${i}?`)

/** What the host does for them. */
export interface HostServices {
  stop(why: string): void
  /** Resolves when all that was committed so far is on the disk, or never will be. */
  written(): Promise<void>
  /** Absent where the network does not allow it. */
  readonly clock?: ClockControl | undefined
  /** By the node's clock. */
  nowMs(): number
  /** The calls that are in progress. */
  active(): readonly { readonly method: string; readonly duration: number }[]
  /** Where the log lies, and of which categories it is to be. */
  readonly logFile?: string | undefined
  readonly logCategories?: readonly string[] | undefined
}

/** Where the network allows a clock to be stopped. */
export function isRegtest({ services }: NodeConfig): boolean {
  return services.bitcoin?.ledger?.chain.network === 'regtest'
}

/** `others`: everybody else's methods, for `help`. */
export function hostMethods(others: RpcTable, services: HostServices): RpcTable {
  const { stop, written, nowMs } = services
  const startedMs = performance.timeOrigin
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
      hidden: true,
      handle: (_, respond) => {
        void written().then(() => respond({ result: null }))
        return LATER
      },
    },
    uptime: {
      params: [],
      summary: 'Seconds since the node was started.',
      handle: () => Math.floor(nowMs() / 1000) - Math.floor(startedMs / 1000),
    },
    echo: { params: ECHOED, summary: 'Gives its parameters back.', hidden: true, handle: echo },
    echojson: { params: ECHOED, summary: 'Gives its parameters back.', hidden: true, handle: echo },
    echoipc: { params: ['arg'], summary: 'Gives its parameter back.', hidden: true, handle: ([arg]) => arg },
    getzmqnotifications: {
      params: [],
      summary: 'The ZMQ publishers of this node: it has none.',
      handle: () => [],
    },
    getrpcinfo: {
      params: [],
      summary: 'What the RPC server is doing: the calls in progress, in microseconds.',
      handle: () => ({ active_commands: services.active(), logpath: services.logFile ?? '' }),
    },
    help: {
      params: ['command?'],
      summary: 'All methods, or how one is used.',
      handle: ([command]) => (command === undefined ? listing(all) : usageOf(all, command)),
    },
  }
  const all = mergeRpc([others, own, clockMethods(services.clock), processMethods(services.logCategories)])
  return all
}

/** As Core: for whoever tests what a bug looks like. */
function echo(params: readonly unknown[]): unknown[] {
  if (params[9] === 'trigger_internal_bug')
    throw new RpcError(
      RPC.misc,
      'Internal bug detected: request.params[9].get_str() != "trigger_internal_bug"',
    )
  return params.map(value => value ?? null)
}

function listing(table: RpcTable): string {
  const there = Object.entries(table).filter(([, { replaced, hidden }]) => replaced === undefined && !hidden)
  const lines = there.map(([name, method]) => usage(name, method).split('\n')[0])
  return lines.sort().join('\n')
}

function usageOf(table: RpcTable, command: unknown): string {
  if (typeof command !== 'string') throw new RpcError(RPC.typeError, 'command must be a string')
  const method = Object.hasOwn(table, command) ? table[command] : undefined
  return method ? (method.replaced ?? usage(command, method)) : `help: unknown command: ${command}`
}
