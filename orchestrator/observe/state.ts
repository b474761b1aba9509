// The one state that TUI, web page, exporter, checks and report read: immutable snapshots, made by reducer.ts.

import type { AccessLine, LinkConditions } from '../../node/api.ts'
import type { NodeEnd } from '../endings.ts'
import type { SystemNodes, SystemStates } from '../systems/states.ts'

export type NodePhase = 'planned' | 'starting' | 'running' | 'paused' | 'unreachable' | 'stopped' | 'failed'

export interface NodeState {
  readonly name: string
  readonly group: string
  /** Whose program it is; absent: ours. */
  readonly client?: string | undefined
  /** What its program says that it is; absent before it has. */
  readonly version?: string | undefined
  /** What it said in earlier lives, where that was another, oldest first. */
  readonly earlierVersions?: readonly string[] | undefined
  /** Of others' programs: how it puts it itself (BIP14). */
  readonly userAgent?: string | undefined
  /** Where the plan has regions. */
  readonly region: string | undefined
  /** One of the network's hosts; absent where there are none. */
  readonly host?: string | undefined
  /** Its line to the network as it is now, faults included; undefined: it limits nothing. */
  readonly access: AccessLine | undefined
  /** As it was planned. */
  readonly plannedAccess: AccessLine | undefined
  readonly phase: NodePhase
  readonly p2p: string | undefined
  readonly control: string | undefined
  readonly pid: number | undefined
  /** When this life of the node began, ms since the epoch; undefined while it is down. */
  readonly upSinceMs: number | undefined
  readonly peers: number
  /** Nodes of this network that it is connected to, by name, in the order of the network's nodes. */
  readonly peerNames: readonly string[]
  /** Addresses of peers that are no node of this network. */
  readonly strangers: readonly string[]
  /** The side of the partitions in force that it is on, from 0; undefined while nothing splits the network. */
  readonly side: number | undefined
  readonly rssBytes: number
  /** What its control group charges for memory, which its limit holds against it; undefined: it has none of its own. */
  readonly groupBytes: number | undefined
  /** Last exit, when it is down. */
  readonly exit:
    | (NodeEnd & {
        readonly expected: boolean
        readonly lastLines: readonly string[]
      })
    | undefined
  /** What each system keeps of it. */
  readonly systems: SystemNodes
}

/** A machine that runs some of the nodes. */
export interface HostState {
  readonly name: string
  readonly labels: readonly string[]
  /** How far its clock is ahead of ours, and how far that can be wrong; absent before it was asked, and where there is one clock. */
  readonly clock?: { readonly offsetMs: number; readonly errorMs: number }
}

export interface FaultState {
  readonly id: string
  readonly kind: string
  readonly target: string
  readonly detail: string
  /** Somebody's order to a node, from when it went away until it was back: nothing is measured. */
  readonly byHand?: true | undefined
  /** What it splits the network into; undefined for a fault that leaves everybody reachable. */
  readonly sides: readonly (readonly string[])[] | undefined
  readonly fromMs: number
  readonly toMs: number | undefined
  readonly verified: boolean | undefined
  /** It was verified, and later it did not hold; `verified` says whether it does again. */
  readonly lapsed?: true | undefined
  /** Not verified, since these other faults were in the way of its measurement. */
  readonly disturbedBy?: readonly string[] | undefined
  /** Not verified, since there was nothing to measure it by. */
  readonly unmeasured?: true | undefined
  readonly asked: string | undefined
  readonly measured: string | undefined
  /** What it did so far, in a sentence or two; absent: no system has anything to say of it. */
  readonly did?: string | undefined
}

/** A line of the event log that a person reads. */
export interface LogLine {
  readonly seq: number
  readonly timeMs: number
  readonly level: 'info' | 'warn' | 'error'
  readonly node: string | undefined
  readonly text: string
}

/** One direction of a link that is not as planned. */
export interface LinkState {
  readonly from: string
  readonly to: string
  readonly conditions: LinkConditions
  /** Nothing that `from` sends arrives. */
  readonly blocked: boolean
}

export interface NetworkState {
  readonly network: string
  readonly runtime: string
  readonly seed: number
  readonly startedMs: number
  readonly nowMs: number
  /** Real time since the start; absent where the run's own time is the real one. */
  readonly realMs?: number
  /** Simulated time stands when it was told to, by whomever, until it is told to go on; absent where time is real. */
  readonly time?: 'flows' | 'stands'
  /** Simulated time passes so many times as fast as real time, and no faster: somebody looks on. Absent: as fast as the machine can. */
  readonly slowedTo?: number
  readonly phase: 'starting' | 'running' | 'stopping' | 'stopped'
  readonly nodes: readonly NodeState[]
  /** Where the plan has hosts. */
  readonly hosts?: readonly HostState[]
  readonly faults: readonly FaultState[]
  /** Links that are not as planned. At most MAX_LINKS of them are listed. */
  readonly links: readonly LinkState[]
  readonly log: readonly LogLine[]
  /** Names of the systems that its nodes run. */
  readonly runs: readonly string[]
  /** What each system keeps of the network: empty for one that no node runs. */
  readonly systems: SystemStates
}
