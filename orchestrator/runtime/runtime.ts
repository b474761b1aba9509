// The one interface between the testnet and what runs its nodes. At most eight verbs; no runtime is named above this folder.

import type { LinkTable } from '../../node/api.ts'
import type { LogEntry } from '../../node/log-level.ts'
import type { FaultKind } from '../chaos/faults.ts'
import type { NodeEnd } from '../endings.ts'
import type { Plan, PlannedNode, RuntimeName } from '../spec/types.ts'

/** `host:port` of each service of a node. */
export type Addresses = { readonly [service: string]: string }
/** Whom each service of a node is to keep connected, and where the services are that it reaches beside them. */
export interface Dials {
  readonly connect?: { readonly [service: string]: readonly string[] }
  readonly reach?: { readonly [service: string]: readonly string[] }
}

/** The address that a node goes by: that of its first service. All of them are in link tables. */
export function firstAddress(addresses: Addresses): string {
  return addresses.bitcoin ?? Object.values(addresses)[0] ?? ''
}

/** Where a started node can be reached. */
export interface NodeEndpoint {
  readonly name: string
  /** `http://host:port`, and a path where nodes have an address in common. */
  readonly control: string
  readonly addresses: Addresses
  readonly pid: number | undefined
}

/** How a node ended. */
export interface NodeExit extends NodeEnd {
  readonly name: string
  /** It was asked to stop (stop, kill, destroy). */
  readonly expected: boolean
  /** Last 50 lines of its log. */
  readonly lastLines: readonly string[]
}

/** What the runtime is given once, at construction. */
export interface RuntimeOptions {
  readonly plan: Plan
  /** The network's state directory; nodes keep their data below it. */
  readonly directory: string
  /** Where `<node>.log` files go. */
  readonly logDirectory: string
  /** Bearer token of whatever is asked at the address that `start` gives. */
  readonly token: string
  /** A node that hears nothing of its controller for this long stops by itself and removes its data; 0: never. */
  readonly heartbeatTimeoutMs: number
  readonly onExit: (exit: NodeExit) => void
  /** What takes long, what went wrong and is not the end. */
  readonly onNote?: (level: 'info' | 'warn' | 'error', message: string) => void
}

/** What a node may use of its machine; undefined: as planned. */
export interface RunLimits {
  /** CPUs' worth of time. */
  readonly cpus: number | undefined
  readonly memoryBytes: number | undefined
}

export interface Runtime {
  readonly name: RuntimeName
  /** Why it cannot have faults of this kind; absent, or undefined for a kind: it can. */
  readonly cannot?: (kind: FaultKind) => string | undefined
  /** Its nodes reach what listens on this machine's loopback: a program that runs there can be one of them. */
  readonly joins?: true
  /** Where the node's services will listen for peers (on this host of the plan's), fixed from now on: link tables and dial lists can be made before anything runs. */
  reserve(name: string, services: readonly string[], host?: string): Promise<Addresses>
  /** Starts one node and waits until it can be used. Rejects with RuntimeError (with its last lines) if it dies first or takes too long. `links` hold from its first byte. */
  start(node: PlannedNode, dials: Dials, links: LinkTable): Promise<NodeEndpoint>
  /** `term` asks and waits, `kill` is kill −9. Done when it is gone; done already is success. */
  stop(name: string, how: 'term' | 'kill'): Promise<void>
  /** Stands still (`true`), or goes on where it stood. */
  freeze(name: string, frozen: boolean): Promise<void>
  /** Puts the conditions of the links that leave a node in force below it; resolves with what remains for its transport. Absent: all of it. */
  readonly shape?: (name: string, links: LinkTable) => Promise<LinkTable>
  /** So much goes through at once where what it puts in force below a node limits the bandwidth. Absent: nothing. */
  readonly burstBytes?: (bandwidthBps: number) => number
  /** Limits a running node from now on to the end of this life (`undefined`: leaves it); resolves with what the system holds it to. Absent: it cannot. */
  readonly limit?: (name: string, limits: RunLimits | undefined) => Promise<RunLimits>
  /** What a node's control group charged for memory when it was last asked: its death may be judged by that. Absent: it is not. */
  readonly saw?: (name: string, groupBytes: number) => void
  /** How long it takes what is limited there to use so much processor time, in ms; undefined: it cannot do so for us. Absent, or for a node whose limits are those of its own process: that is asked. */
  readonly burn?: (name: string, cpuMs: number) => Promise<number | undefined> | undefined
  /** How programs that know Core's RPC reach a node. Absent: at its control address, with the token that all nodes have. */
  readonly door?: (
    name: string,
  ) => Promise<{ readonly url: string; readonly user: string; readonly password: string }>
  /** Core's cookie file of a node, on this machine. Absent: it lies elsewhere. */
  readonly cookieFile?: (name: string) => string
  /** The last `lines` of its log, then more as they come if `follow`. */
  logs(name: string, lines: number, follow: AbortSignal | undefined): AsyncIterable<string>
  /** Adds what was done to the node from outside to its log. */
  note(name: string, entry: LogEntry): void
  /** Ends every node and removes all that belongs to the network; with `keep`, all but the nodes' data. Safe to call twice. */
  destroy(keep?: boolean): Promise<void>
}

export type RuntimeErrorCode =
  | 'node-died'
  | 'node-timeout'
  | 'no-such-node'
  | 'no-engine'
  | 'no-image'
  | 'engine'
  | 'port-in-use'
  | 'wrong-version'
  | 'no-program'

export class RuntimeError extends Error {
  override readonly name = 'RuntimeError'
  readonly code: RuntimeErrorCode
  readonly lastLines: readonly string[]
  /** The one thing to do about it. */
  readonly hint: string | undefined
  constructor(code: RuntimeErrorCode, message: string, lastLines: readonly string[] = [], hint?: string) {
    super(message)
    this.code = code
    this.lastLines = lastLines
    this.hint = hint
  }
}
