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
  readonly torrents: number
  readonly peers: number
  readonly announces: number
}

/** Of the trackers that run: the most that one knows, and what all were told. */
export interface TrackerState {
  readonly trackers: number
  readonly torrents: number
  readonly peers: number
  readonly announces: number
}
