// How long is waited for what containers do, where few run: `Pace` stretches it.

/** An orderly end of one node, before the engine kills it. */
export const STOP_TIMEOUT_MS = 5_000
/** And of the program beside it: less than its node has. */
export const PROGRAM_STOP_TIMEOUT_MS = 4_000
/** From the engine's answer to its event. */
export const GONE_TIMEOUT_MS = 30_000
/** Of one node, from its container's start to its word that it can be used. */
export const READY_TIMEOUT_MS = 60_000
/** For an answer of the helper that injects faults. */
export const ANSWER_MS = 15_000
