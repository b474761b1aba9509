// Everything the observer folds: events of nodes and of the testnet itself, in one order.

import type {
  AccessLine,
  DeploymentStanding,
  LightHealth,
  LinkConditions,
  NodeEvent,
} from '../../node/api.ts'
import type { NodeEnd } from '../endings.ts'

/** What the testnet says of itself. */
export type TestnetEvent =
  | { readonly type: 'network-starting'; readonly nodes: number }
  | { readonly type: 'network-ready'; readonly seconds: number }
  | { readonly type: 'network-stopping'; readonly why: string }
  | { readonly type: 'node-starting'; readonly node: string }
  | {
      readonly type: 'node-ready'
      readonly node: string
      readonly p2p: string
      /** Where its other services listen, by their names; absent where it has one. */
      readonly ports?: { readonly [service: string]: string } | undefined
      /** Undefined where a node has no HTTP: in the simulator. */
      readonly control: string | undefined
      readonly pid: number | undefined
      readonly resumedHeight: number
    }
  | (NodeEnd & {
      readonly type: 'node-exited'
      readonly node: string
      readonly expected: boolean
      readonly lastLines: readonly string[]
    })
  /** What a node's program says that it is; told when it says something new. */
  | {
      readonly type: 'program-said'
      readonly node: string
      readonly userAgent: string
      readonly version: string
    }
  | { readonly type: 'node-paused'; readonly node: string }
  | { readonly type: 'node-resumed'; readonly node: string }
  | {
      readonly type: 'node-added'
      readonly node: string
      readonly group: string
      readonly region?: string | undefined
      /** One of the plan's hosts. */
      readonly host?: string | undefined
      readonly access?: AccessLine | undefined
      readonly askedHps: number
      /** As in a plan. */
      readonly runs?: readonly string[] | undefined
      /** Whose program it is; absent: ours. */
      readonly client?: string | undefined
    }
  /** How far the clock of a host is ahead of ours, and how far that can be wrong: its nodes' times are put right by it from here on. */
  | {
      readonly type: 'host-clock'
      readonly host: string
      readonly offsetMs: number
      readonly errorMs: number
      /** What was told of it before; absent in the first. */
      readonly before?: { readonly offsetMs: number; readonly errorMs: number } | undefined
    }
  | { readonly type: 'node-unreachable'; readonly node: string; readonly detail: string }
  /** A poll of /health, at most once a second a node. */
  | {
      readonly type: 'node-sampled'
      readonly node: string
      readonly height: number
      readonly tip: string
      readonly peers: number
      readonly mempool: number
      readonly measuredHps: number
      readonly hashes: number
      readonly rssBytes: number
      /** What its control group charges for memory; absent: it has none of its own. */
      readonly groupBytes?: number | undefined
      /** It refuses a chain that has more work than its own; this is its end. */
      readonly refused?: { readonly height: number; readonly tip: string } | undefined
      /** Of a light client. */
      readonly light?: LightHealth | undefined
      /** What it received from its peers in this life; where there are light clients to set it beside. */
      readonly receivedBytes?: number | undefined
      /** How the deployments that it was told of stand with it. */
      readonly deployments?: readonly DeploymentStanding[] | undefined
      /** What its services but Bitcoin's say of themselves, by their names; absent where there is none. */
      readonly services?: { readonly [service: string]: object } | undefined
    }
  | {
      readonly type: 'fault-started'
      readonly id: string
      readonly kind: string
      readonly target: string
      readonly detail: string
      /** Somebody's order to a node: nothing is measured. */
      readonly byHand?: true | undefined
      /** What it splits the network into, where it does. */
      readonly sides?: readonly (readonly string[])[] | undefined
    }
  /** It holds for nodes that joined, too. */
  | {
      readonly type: 'fault-grown'
      readonly id: string
      readonly target: string
      readonly detail: string
      readonly sides?: readonly (readonly string[])[] | undefined
    }
  | {
      readonly type: 'fault-verified'
      readonly id: string
      readonly ok: boolean
      /** It was there before, and the network has changed: it still is, or no longer. */
      readonly again?: true | undefined
      /** Not `ok`, since these other faults were in the way of its measurement. */
      readonly disturbedBy?: readonly string[] | undefined
      /** Not `ok`, since there was nothing to measure it by. */
      readonly unmeasured?: true | undefined
      readonly asked: string
      readonly measured: string
    }
  | { readonly type: 'fault-ended'; readonly id: string }
  | {
      readonly type: 'link-changed'
      readonly from: string
      readonly to: string
      readonly link: LinkConditions
    }
  /** The node's line to the network, as it is from now on. */
  | { readonly type: 'line-changed'; readonly node: string; readonly line: AccessLine }
  | { readonly type: 'load-sent'; readonly node: string; readonly txid: string }
  | { readonly type: 'load-failed'; readonly node: string; readonly detail: string }
  /** Of a system's workload: its name, a slash and a word. */
  | { readonly type: `${string}/${string}`; readonly data: object }
  | { readonly type: 'note'; readonly level: 'info' | 'warn' | 'error'; readonly message: string }

/** One line of events.ndjson. `seq` rises by one over the run. `node` is set for events that a node emitted. */
export type ObservedEvent =
  | { readonly seq: number; readonly timeMs: number; readonly node: string; readonly event: NodeEvent }
  | { readonly seq: number; readonly timeMs: number; readonly node?: undefined; readonly event: TestnetEvent }
