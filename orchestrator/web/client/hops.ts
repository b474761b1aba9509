// What way something took between two looks at the network: from whom each node had it. Pure.

export interface Hop {
  readonly from: string
  readonly to: string
  /** Hops before it. */
  readonly depth: number
}

export interface Hops {
  readonly hops: readonly Hop[]
  /** Nodes where it began. */
  readonly mined: readonly string[]
}
