// How nodes end, in words: once, for events, screens, checks, reports and errors. Pure.

import { formatBytes } from './format.ts'

/**
 * Why a node ended, where more is known of it than a code or a signal.
 * - `memory`: it wanted more than it may have, or than there is
 * - `silent`: it did not answer in time while it started, so we ended it
 * - `engine`: the container engine went, and it with that
 * - `host`: the host that it was on was lost
 * - `unseen`: it was gone when the container engine answered again
 * - `outside`: somebody else had the container engine end it
 * - `stopped`: it went down in order, and not for us; `why` is what it said
 */
export type EndCause = 'memory' | 'silent' | 'engine' | 'host' | 'unseen' | 'outside' | 'stopped'

export interface NodeEnd {
  readonly code: number | null
  readonly signal: string | null
  /** Absent: nobody knows more. */
  readonly cause?: EndCause | undefined
  /** The one that was lost. */
  readonly host?: string | undefined
  /** The memory that it could have, where that was limited. */
  readonly limitBytes?: number | undefined
  /** By a fault in force, and not by its spec. */
  readonly limitedByFault?: true | undefined
  /** For what it stopped, in its own words. */
  readonly why?: string | undefined
}

/** `exit code 1`, `SIGKILL`, `out of memory`: for a parenthesis. */
export function howItEnded(end: NodeEnd): string {
  switch (end.cause) {
    case 'memory':
      return 'out of memory'
    case 'silent':
      return 'it did not answer in time'
    case 'engine':
      return 'lost with the container engine'
    case 'host':
      return `lost with ${end.host ?? 'its host'}`
    case 'unseen':
      return 'while the container engine did not answer'
    case 'outside':
      return `by the container engine’s own tools, ${bare(end)}`
    case 'stopped':
      return `it stopped: ${end.why}`
    default:
      return bare(end)
  }
}

/** The one thing to do about it, where there is one. */
export function remedyFor({ cause, host, limitBytes, limitedByFault }: NodeEnd): string | undefined {
  if (cause === 'host') return `netsplit start brings it back once ${host ?? 'its host'} is there again`
  if (cause === 'engine') return 'netsplit start brings it back once the engine runs again'
  if (cause !== 'memory') return undefined
  if (limitBytes === undefined) return 'launch fewer nodes, or give the machine more memory'
  const limit = formatBytes(limitBytes)
  return limitedByFault ? `a fault limits it to ${limit}` : `raise limits.memory, ${limit} now`
}

/** The same with what to do: `out of memory; raise limits.memory, 20 MB now`. */
export function endInWords(end: NodeEnd): string {
  const remedy = remedyFor(end)
  return remedy === undefined ? howItEnded(end) : `${howItEnded(end)}; ${remedy}`
}

/** As a log says it of a node that was not to end: `died with exit code 1`. */
export function diedInWords(end: NodeEnd): string {
  if (end.cause === 'memory') return `ran ${endInWords(end)}`
  if (end.cause === 'outside' || end.cause === 'unseen') return `ended ${howItEnded(end)}`
  if (end.cause === 'stopped') return `stopped by itself: ${end.why}`
  if (end.cause !== undefined) return endInWords(end)
  return end.signal === null ? `died with ${bare(end)}` : `killed by ${end.signal}`
}

/** Programs of all kinds, as they say that they could have no more memory: V8 and its WebAssembly, the C++ of stores, the system. */
const SAYS_MEMORY = [
  'heap out of memory',
  'Fatal process out of memory',
  'Fatal process OOM',
  'ERR_WORKER_OUT_OF_MEMORY',
  'Array buffer allocation failed',
  'WebAssembly.Memory(): could not allocate memory',
  'Out of memory: Cannot allocate Wasm memory',
  'std::bad_alloc',
  'Error: Out of memory. Terminating.',
  'Cannot allocate memory',
  'ENOMEM',
  'MemoryError',
] as const

/** What it said last tells that memory was what it lacked. */
export function saysMemory(lastLines: readonly string[]): boolean {
  return lastLines.some(line => SAYS_MEMORY.some(words => line.includes(words)))
}

/** As a node of ours says it when it goes down in order. */
const STOPPING = / stopping: (.+)$/

/** Why it went down in order, in its own words: a signal of somebody else, a controller that it did not hear. */
export function stoppedFor(code: number | null, lastLines: readonly string[]): Partial<NodeEnd> {
  if (code !== 0) return {}
  const why = lastLines.flatMap(line => STOPPING.exec(line)?.[1] ?? []).at(-1)
  return why === undefined ? {} : { cause: 'stopped', why }
}

function bare({ code, signal }: NodeEnd): string {
  return signal ?? (code === null ? 'nobody saw how' : `exit code ${code}`)
}
