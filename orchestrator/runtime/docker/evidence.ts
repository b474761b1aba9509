// Of what a container died, as far as the engine, the kernel and its own last words tell. Pure.

import { type EndCause, type NodeEnd, saysMemory, stoppedFor } from '../../endings.ts'
import { formatBytes } from '../../format.ts'

/** Shells and engines report a death by signal as 128 + its number. */
const SIGNALS: { readonly [exitCode: number]: string } = {
  129: 'SIGHUP',
  130: 'SIGINT',
  132: 'SIGILL',
  133: 'SIGTRAP',
  134: 'SIGABRT',
  135: 'SIGBUS',
  137: 'SIGKILL',
  139: 'SIGSEGV',
  143: 'SIGTERM',
}
/** With so much of its limit in use it is at its limit: what the kernel counts is a moment old. */
const FULL = 0.9
/** No node of ours comes up in less: measured, 30 MB end it before it mines, and 40 MB do not. */
const LEAST_BYTES = 36e6

export interface Evidence {
  /** NaN: its end was missed. */
  readonly exitCode: number
  /** The engine has told that the kernel took a process of it for its memory. */
  readonly toldOutOfMemory: boolean
  /** Somebody had the engine send it a signal, and it was not us. */
  readonly killedByOthers: boolean
  /** The engine takes no more calls. */
  readonly engineGoes: boolean
  readonly lastLines: readonly string[]
  readonly limitBytes: number | undefined
  readonly limitedByFault: boolean
  /** By the last look at it; undefined: nobody looked. */
  readonly usedBytes: number | undefined
}

/** How it ended, of a container that was not to end. */
export function endOf(evidence: Evidence): NodeEnd {
  const { exitCode, limitBytes, limitedByFault } = evidence
  const signal = SIGNALS[exitCode] ?? null
  const code = signal !== null || Number.isNaN(exitCode) ? null : exitCode
  const cause = causeOf(evidence, signal)
  const limit = cause === 'memory' && limitBytes !== undefined && { limitBytes }
  if (cause === undefined) return { code, signal, ...stoppedFor(code, evidence.lastLines) }
  return { code, signal, cause, ...limit, ...(limit && limitedByFault && { limitedByFault }) }
}

function causeOf(evidence: Evidence, signal: string | null): EndCause | undefined {
  if (Number.isNaN(evidence.exitCode)) return 'unseen'
  if (evidence.toldOutOfMemory) return 'memory'
  if (evidence.killedByOthers) return evidence.engineGoes ? 'engine' : 'outside'
  // Engines do not tell of every one that the kernel takes: not of a container that is gone when they look.
  if (signal === 'SIGKILL' && atItsLimit(evidence)) return 'memory'
  if (evidence.exitCode !== 0 && saysMemory(evidence.lastLines)) return 'memory'
  return undefined
}

function atItsLimit({ limitBytes, usedBytes }: Evidence): boolean {
  if (limitBytes === undefined) return false
  return limitBytes < LEAST_BYTES || (usedBytes !== undefined && usedBytes >= FULL * limitBytes)
}

/** The engine refuses a container, or to run it, since its limit of memory is too low for what begins there. */
export function refusesForMemory(message: string): boolean {
  return /memory limit too low|OOM[- ]?killed|caused OOM|minimum memory limit|unable to set memory limit|cannot allocate memory/i.test(
    message,
  )
}

/** A limit below what is in use already, which runc tells in many words: `it uses 31.2 MB already, and is to have 24 MB`. */
export function tooMuchInUse(message: string): string | undefined {
  const told = /unable to set memory limit to (\d+) \(current usage: (\d+)/.exec(message)
  if (!told) return undefined
  const [, limitBytes, usedBytes] = told
  return `it uses ${formatBytes(Number(usedBytes))} already, and is to have ${formatBytes(Number(limitBytes))}`
}
