// What is kept of trackers: what they know of swarms.

declare module '../states.ts' {
  interface SystemStates {
    readonly tracker: TrackerState
  }
  interface SystemNodes {
    readonly tracker: TrackerNode
  }
}

/** Of any node; of one that is no tracker, `tracker` alone says something. */
export interface TrackerNode {
  readonly tracker: boolean
  readonly swarms: number
  readonly seeds: number
  readonly leechers: number
  /** In this life. */
  readonly announces: number
  readonly refused: number
}

/** Of the trackers that run: the most that one knows, and what all were asked. */
export interface TrackerState {
  readonly trackers: number
  readonly swarms: number
  readonly peers: number
  readonly announces: number
  readonly refused: number
}
