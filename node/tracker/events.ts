// What a tracker tells of: what peers ask for, and not each question.

export type TrackerEvent =
  /** Somebody asks for this content, and nobody had. `infoHash`: 20 bytes in hex. */
  | { readonly type: 'tracker/swarm'; readonly infoHash: string; readonly address: string }
  /** It turned somebody away because it holds as much as it may; once until there is room again. */
  | { readonly type: 'tracker/full'; readonly why: string }

/** The service's part of /health. */
export interface TrackerHealth {
  readonly swarms: number
  readonly seeds: number
  readonly leechers: number
  /** In this life. */
  readonly announces: number
  readonly refused: number
}
