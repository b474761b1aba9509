// What a network asks of one of its nodes, whatever runs it.

import type { LinkLoad } from '../chaos/breakable.ts'
import type { NodeConditions } from '../chaos/faults.ts'
import type { PlannedNode } from '../spec/types.ts'

/** One node through all its lives. */
export interface NetworkNode {
  /** Set: what it is from its next life on. */
  planned: PlannedNode
  readonly name: string
  /** Where it listens for peers. */
  readonly address: string
  /** Where each of its services does; one of them is `address`. */
  readonly addresses: { readonly [service: string]: string }
  readonly running: boolean
  readonly paused: boolean
  readonly tip: string | undefined
  /** Connections whose handshake is done. */
  readonly peers: number
  start(): void | Promise<void>
  stop(how: 'term' | 'kill'): void | Promise<void>
  pause(): void | Promise<void>
  resume(): void | Promise<void>
  rpc(method: string, params: readonly unknown[]): unknown
  /** Addresses that it keeps connected. */
  readonly connect: readonly string[]
  /** Sends a load there that is passed over. */
  pad(address: string, load: LinkLoad): void | Promise<void>
  /** Closes its connections to whoever listens there, without a goodbye. */
  resetPeers(addresses: readonly string[]): void | Promise<void>
  /** The machine that it has from now on, in this life and the next ones. */
  setConditions(conditions: NodeConditions): void | Promise<void>
}
