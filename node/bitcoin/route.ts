// What a node knows of a command, and of all of them.

import type { MessageSpec } from './wire/table.ts'

export interface Route {
  readonly command: string
  readonly spec: MessageSpec<unknown>
  /** Which one of the node's protocols; undefined for base messages, which the core handles itself. */
  readonly protocol: number | undefined
  /** May come only between `version` and `verack`. */
  readonly handshake: boolean
  /** Its number among the commands, by which its messages are counted. */
  readonly place: number
}

/** All commands of a node. Nodes with the same protocols may share one: it holds nothing of a node's own. */
export interface RouteTable {
  get(command: string): Route | undefined
  /** By place; the first stands for all that are in no table. */
  readonly commands: readonly string[]
  /** Sent between `version` and `verack`, in this order, and taken only there. */
  readonly handshakeCommands: readonly string[]
}
