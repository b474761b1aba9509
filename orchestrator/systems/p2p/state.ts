// What is kept of peers beyond what every network has: how many connections stand between them.

declare module '../states.ts' {
  interface SystemStates {
    readonly p2p: PeersState
  }
  interface SystemNodes {
    readonly p2p: PeersNode
  }
}

export interface PeersState {
  /** Between nodes of the network, as both ends tell of them. */
  readonly connections: number
}

/** What there is to know of a node's peers every node's state has. */
export type PeersNode = Readonly<Record<string, never>>
