// Other people's program under a node of ours, as the service sees it: injected by the host, which starts it, and carries bytes
// to and from it over connections that nobody else sees.

import type { Address } from '../core/host.ts'
import type { Respond } from '../core/service.ts'

/** How the program is started and spoken to; part of a node's configuration. Texts may hold places (`{p2p}`, see `places.ts`). */
export interface ClientConfig {
  /** In words: `bitcoind`. */
  readonly name: string
  /** The program and its arguments. One that names `{peer}` is there once for each peer that is to be dialled. */
  readonly argv: readonly [string, ...string[]]
  /** What its container is made from; absent: it needs none. */
  readonly image?: string
  /** It runs beside this node, in that container: whoever runs the node starts it when it is asked to. Absent: under this node. */
  readonly beside?: ProgramPlace
  readonly env?: { readonly [name: string]: string }
  /** Below its data folder, by their paths. */
  readonly files?: { readonly [path: string]: string }
  /** It answers JSON-RPC over HTTP at `{rpc}`, to user and password (Basic). */
  readonly rpc?: RpcConfig
  /** Asked of it in this order once it answers; what it refuses (a wallet that is there) is no failure. */
  readonly setup?: readonly (readonly [method: string, ...params: unknown[]])[]
  /** It makes blocks when it is asked for them by `generatetoaddress`. */
  readonly mines?: boolean
  /** So it is asked: `generate`, which pays whom its own arguments name. Default: `generatetoaddress`. */
  readonly minesBy?: 'generate'
  /** It learns its first blocks from its first peer alone: its spy, which has none, is not to be that. */
  readonly spyLater?: boolean
  /** Its own wallet is paid for its blocks; otherwise that of this node. */
  readonly wallet?: boolean
  /** Asked over RPC to end; otherwise by SIGTERM. */
  readonly stopsByRpc?: boolean
}

/** A program that somebody else started, on this machine: it is spoken to, and neither started nor ended. */
export interface JoinedClient {
  /** In words. */
  readonly name: string
  readonly joined: JoinedAt
}

/** Ports on 127.0.0.1. */
export interface JoinedAt {
  readonly p2pPort: number
  /** Without it nobody asks it for anything, and it is dialled and dials nobody. */
  readonly rpc?: {
    readonly port: number
    /** Read for each question: a file with `user:password`, as Core's cookie is, which a program writes anew at each start. */
    readonly loginFile: string
  }
}

/** What is the program's of the place that it shares with its node. */
export interface ProgramPlace {
  /** Of both, by the same name: the node puts its files there. */
  readonly directory: string
  /** Ports on the loopback of both. */
  readonly p2p: number
  readonly rpc: number
}

export interface RpcConfig {
  /** Of Core's regtest: `/`. */
  readonly path: string
  /** What it answers to a method that it does not have, where that is not JSON-RPC's code for it. */
  readonly unknown?: readonly string[]
}

/** What comes over one connection of the program's. */
export interface InnerReader {
  onOpen?(): void
  onData(bytes: Uint8Array): void
  onClosed(why: string): void
}

/** One connection of the program's; nothing on it is late. */
export interface InnerLine {
  send(bytes: Uint8Array): void
  close(): void
  /** Reads nothing more of it until told otherwise. */
  hold(on: boolean): void
  readonly backlogBytes: number
  /** Our end of it, which is what the program takes its peer's address for where we dialled; undefined until it is open. */
  readonly here: Address | undefined
}

/** What it uses of the machine. */
export interface ProgramUsage {
  readonly rssBytes: number
  /** Since it was started. */
  readonly cpuSeconds: number
}

export interface Program {
  readonly name: string
  /** Undefined: nobody can tell. */
  readonly usage: ProgramUsage | undefined
  /** Where it takes connections: for this node alone. */
  readonly address: Address
  /** Where it finds those whom it is to dial: addresses of this node's, one each. */
  readonly relays: readonly Address[]
  /** It can be asked over RPC. */
  readonly answers: boolean
  readonly mines: boolean
  /** Asked for a block by `generate`, to whom it was told to pay when it was started. */
  readonly generates?: boolean
  /** Its spy is not to be its first peer. */
  readonly spyLater?: boolean
  readonly wallet: boolean
  /** The height that it had when it came up, before it had a peer; undefined where it cannot be asked. */
  readonly resumedHeight: number | undefined
  /** Opens a connection to it. */
  dial(reader: InnerReader): InnerLine
  /** From here on told of the connections that it opens to what it takes for `peer`. */
  onDialled(take: (peer: Address, line: InnerLine) => InnerReader): void
  /** JSON-RPC; `wallet`: the one that is meant. */
  call(method: string, params: unknown, respond: Respond, wallet?: string): void
}
