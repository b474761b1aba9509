// How long the ledger waits for what. Bitcoin Core's figures are made for a block every 600 s;
// a network with faster blocks cannot be that patient, so they shrink with the block interval.

const CORE_INTERVAL_MS = 600_000

export interface Times {
  /** A `getheaders` without an answer goes to another peer after this. */
  readonly headersResponseMs: number
  /** And to the same one again after this, however fast the blocks come: it depends on the line (Core's HEADERS_RESPONSE_TIME). */
  readonly headersAgainMs: number
  /** A peer with less work than ours is asked for its headers this often. */
  readonly chainSyncMs: number
  /** A block must come within this, and half as much more for each other peer that sends blocks. */
  readonly blockDownloadMs: number
  /** A block that is late by this is asked of another peer as well, if one is idle. */
  readonly blockRetryMs: number
  /** A tip younger than this ends the initial download. */
  readonly initialDownloadMs: number
  /** Mean of the delays between announcements of transactions. */
  readonly trickleInboundMs: number
  readonly trickleOutboundMs: number
  /** New transactions reach the mined template at most this often. */
  readonly templateRefreshMs: number
}

export function timesOf(blockIntervalMs: number): Times {
  const scaled = (coreMs: number, leastMs: number) =>
    Math.min(coreMs, Math.max(leastMs, (coreMs * blockIntervalMs) / CORE_INTERVAL_MS))
  return {
    headersResponseMs: scaled(120_000, 3_000),
    headersAgainMs: 120_000,
    chainSyncMs: scaled(1_200_000, 10_000),
    blockDownloadMs: scaled(600_000, 10_000),
    blockRetryMs: scaled(60_000, 2_000),
    initialDownloadMs: Math.max(600_000, 144 * blockIntervalMs),
    trickleInboundMs: scaled(5_000, 100),
    trickleOutboundMs: scaled(2_000, 50),
    templateRefreshMs: scaled(5_000, 1_000),
  }
}
