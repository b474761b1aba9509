// A node's line to the network: what it sends and what it receives goes over one line a direction, whatever connections and
// ports it is for. What a pair's link has (link.ts) comes on top. Pure.

/** Bits per second of each direction; 0 = unlimited. */
export interface AccessLine {
  readonly upBps: number
  readonly downBps: number
}

/** A line that limits nothing. */
export const OPEN_LINE: AccessLine = { upBps: 0, downBps: 0 }
