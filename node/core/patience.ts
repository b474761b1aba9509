// How long a node waits for what has to cross a link and come back. The figures are made for links on earth; where its network's
// links are slower than that, its configuration says how long the slowest round trip takes, and the waits follow from it. Pure.

const DIAL_MS = 5_000
const HANDSHAKE_MS = 60_000
/** SYN and SYN-ACK are one; the rest is for a line that is late. */
const DIAL_ROUND_TRIPS = 1.5
/** The ACK, keys (BIP324), `version` and `verack`, each way. */
const HANDSHAKE_ROUND_TRIPS = 5
/** A question and its answer, behind others that are under way. */
const ANSWER_ROUND_TRIPS = 2

/** A dial that nobody answers fails after this long. */
export function dialTimeoutMs(roundTripMs = 0): number {
  return Math.max(DIAL_MS, DIAL_ROUND_TRIPS * roundTripMs)
}

/** A peer that has not shaken hands by then is dropped. */
export function handshakeTimeoutMs(roundTripMs = 0): number {
  return Math.max(HANDSHAKE_MS, HANDSHAKE_ROUND_TRIPS * roundTripMs)
}

/** A block is a question, and what its compact form lacked another; both may be asked again. */
export function blockMs(usualMs: number, roundTripMs = 0): number {
  return Math.max(usualMs, 2 * ANSWER_ROUND_TRIPS * roundTripMs)
}

/** Nobody is late before an answer can have come. */
export function answerMs(usualMs: number, roundTripMs = 0): number {
  return Math.max(usualMs, ANSWER_ROUND_TRIPS * roundTripMs)
}
