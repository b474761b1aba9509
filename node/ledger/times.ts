// How long the ledger waits for what. Bitcoin Core's figures are made for a block every 600 s;
// a network with faster blocks cannot be that patient, so they shrink with the block interval; never below what its lines take.

import { answerMs, blockMs } from '../core/patience.ts'
import { REQUEST_DELAY_MS, REQUEST_TIMEOUT_MS } from './requests.ts'

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
  /** Who holds up the window for this long is dropped; twice as long with each one (Core's BLOCK_STALLING_TIMEOUT_DEFAULT). */
  readonly stallMs: number
  /** A transaction that does not come within this is asked of another peer. */
  readonly transactionMs: number
  /** So much longer one waits for it whom an attacker may have chosen, or who is busy, or who names it by txid. */
  readonly requestDelayMs: number
  /** A tip younger than this ends the initial download. */
  readonly initialDownloadMs: number
  /** Mean of the delays between announcements of transactions. */
  readonly trickleInboundMs: number
  readonly trickleOutboundMs: number
  /** New transactions reach the mined template at most this often. */
  readonly templateRefreshMs: number
}

export function timesOf(blockIntervalMs: number, roundTripMs?: number, maxTipAgeMs?: number): Times {
  const answered = (ms: number) => answerMs(ms, roundTripMs)
  const scaled = (coreMs: number, leastMs: number) =>
    Math.min(coreMs, Math.max(leastMs, (coreMs * blockIntervalMs) / CORE_INTERVAL_MS))
  return {
    headersResponseMs: answered(scaled(120_000, 3_000)),
    headersAgainMs: answered(120_000),
    chainSyncMs: scaled(1_200_000, 10_000),
    blockDownloadMs: blockMs(scaled(600_000, 10_000), roundTripMs),
    blockRetryMs: answered(scaled(60_000, 2_000)),
    stallMs: answered(2_000),
    transactionMs: answered(REQUEST_TIMEOUT_MS),
    requestDelayMs: scaled(REQUEST_DELAY_MS, 50),
    initialDownloadMs: maxTipAgeMs ?? Math.max(600_000, 144 * blockIntervalMs),
    trickleInboundMs: scaled(5_000, 100),
    trickleOutboundMs: scaled(2_000, 50),
    templateRefreshMs: scaled(5_000, 1_000),
  }
}
