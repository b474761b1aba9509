// What chaos needs of the network it breaks, and what it tells of a fault.

import type { AccessLine } from '../../node/api.ts'
import type { ProgramSaid } from '../clients/program-said.ts'
import type { TestnetEvent } from '../observe/events.ts'
import type { FaultKind, NodeConditions } from './faults.ts'
import type { LinkBoard, LinkChange } from './link-board.ts'
import type { Finding } from './measure.ts'
import type { Cut, Roster } from './partition.ts'
import type { Probed } from './probe.ts'

/** An order to one node. */
export type Order = 'kill' | 'stop' | 'start' | 'pause' | 'resume'

/** What crosses a link ahead of the ping. */
export interface LinkLoad {
  readonly frames: number
  /** Of each frame, without its header. */
  readonly bytes: number
}

export interface Breakable extends Probed {
  roster(): Roster
  readonly planned: ConstructorParameters<typeof LinkBoard>[0]
  /** The longest planned one-way delay, jitter included, in ms. */
  readonly slowestLinkMs: number
  /** The node's line to the network now. Absent: no line limits anything. */
  lineOf?(node: string): AccessLine
  /** Connections that are dialled again when they are lost. */
  kept(): readonly Cut[]
  /** Frozen: its process is there and its links carry nothing. */
  paused(): readonly string[]
  /** Why it cannot have faults of this kind; undefined: it can. */
  cannot(kind: FaultKind): string | undefined
  /** Of the plan: what faults leave open is drawn from it. */
  readonly seed: number
  setLinks(changes: readonly LinkChange[]): Promise<void>
  /** Sends a load from one to the other, which the other passes over, and right behind it a ping. */
  pad(from: string, to: string, load: LinkLoad): Promise<void>
  /** So much a link of this bandwidth lets through at once, before its rate is felt; 0 when that is from the first byte. */
  burstBytes(bandwidthBps: number): number
  /** A lost frame is felt as its retransmission; not so where a real TCP hides it. */
  lossFelt(): boolean
  /** Closes the connections of these pairs at once, from the side of `from`. */
  reset(pairs: readonly Cut[]): Promise<void>
  /** Rejects with UserError when the node cannot be ordered that (it is down, or up, already). */
  order(node: string, order: Order): Promise<void>
  /** What the node is from its next life on; returns what takes that back. Throws UserError for one that cannot become it. */
  become(node: string, to: ProgramSaid): () => void
  /** What its program says that it is: its version, and all that it says; undefined: nothing so far. */
  says(node: string): { readonly version: string; readonly whole: string } | undefined
  /** Puts the machine under a node into these conditions, in this life and the next ones; one that is down gets them when it starts. */
  setNode(node: string, conditions: NodeConditions): Promise<void>
  /** Asks the machine under a running node. */
  readonly machine: Machine
  /** Aborted while its time stands by order, and renewed when it goes on; absent: it never stands. */
  standing?(): AbortSignal
  observe(event: TestnetEvent): void
}

/** How the conditions of a node's machine are measured. */
export interface Machine {
  /** How far its clock is ahead of ours, in ms. */
  clockAheadMs(node: string): Promise<number>
  /** How long it takes to use so much processor time, in ms; undefined: what is limited there can calculate nothing for us. */
  burnMs(node: string, cpuMs: number): Promise<number | undefined>
  /** The memory that it may use, as whoever limits it knows; undefined: no limit is known. */
  memoryBytes(node: string): Promise<number | undefined>
}

export interface InjectOptions {
  /** Names the fault; its kind and a number when absent. */
  readonly id?: string | undefined
  /** It heals by itself after this long, and not before it is measured; absent: when it is healed. */
  readonly forMs?: number | undefined
  /** Called when it is in force, and about to be measured. */
  readonly onBegun?: (() => void) | undefined
  /** Ends the measurement as it stands. */
  readonly signal?: AbortSignal | undefined
  /** Waits for the measurement, however long time stands by order. Default: it is answered at once and measured later. */
  readonly patient?: boolean | undefined
}

/** A fault after its measurement. */
export interface FaultReport extends Finding {
  readonly id: string
  readonly kind: FaultKind
  readonly target: string
  /** Time stands: it is measured when that goes on, and events will tell. */
  readonly pending?: true | undefined
  /** At its end: it had ceased to hold before, and this was found then. */
  readonly lapsed?: Pick<Finding, 'asked' | 'measured'> | undefined
}
