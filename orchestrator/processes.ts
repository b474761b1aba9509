// Telling one process from another: a pid alone may by now belong to somebody else, a pid with its start time does not.

import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/** Linux counts process times in hundredths of a second, whatever the kernel's own tick. */
const TICK_MS = 10
/** The boot time that /proc gives has whole seconds and may move by one when the clock is set. */
const TOLERANCE_MS = 2_000

/** When the process started, ms since the epoch; undefined if there is none or the system does not say. */
export function startTimeOf(pid: number): number | undefined {
  try {
    return process.platform === 'linux' ? fromProc(pid) : fromPs(pid)
  } catch {
    return undefined
  }
}

/** Does the process that had this pid at that start time still run? */
export function isAlive(pid: number, startedMs: number): boolean {
  if (!exists(pid)) return false
  const started = startTimeOf(pid)
  return started === undefined || Math.abs(started - startedMs) <= TOLERANCE_MS
}

/** Files and sockets that a process holds open; undefined where the system, or its rights, do not tell. */
export function descriptorsOf(pid: number | undefined): number | undefined {
  if (pid === undefined) return undefined
  try {
    return readdirSync(`/proc/${pid}/fd`).length
  } catch {
    return undefined
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // It is there, but belongs to another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function fromProc(pid: number): number | undefined {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The second field is the program's name in brackets and may hold spaces; count from the last bracket.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (fields[0] === 'Z') return 0 // a zombie has ended; no start time matches it
  const boot = /^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1]
  return boot === undefined ? undefined : Number(boot) * 1000 + Number(fields[19]) * TICK_MS
}

function fromPs(pid: number): number | undefined {
  const text = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' })
  const ms = Date.parse(text.trim())
  return Number.isNaN(ms) ? undefined : ms
}
