// Telling one process from another: a pid alone may by now belong to somebody else. What a process keeps for life is the
// boot that it belongs to and how long after it the process began. Never a time of day: a clock that is set, or a machine
// that slept, would make a living process look like another one.

import { type ExecFileSyncOptionsWithStringEncoding, execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/** What a file says of a process, to find it again and no other. */
export interface ProcessIdentity {
  readonly pid: number
  /** Of its start; two processes that ever had one pid have different ones. Undefined where the system does not say. */
  readonly start: string | undefined
}

/** As versions before wrote it: with the time of day, which is good for nothing once the clock was set. */
export interface OldIdentity {
  readonly pid: number
  readonly startedMs: number
}

/** `unknown`: some process has this pid, and nothing proves that it is this one, or another. */
export type Standing = 'alive' | 'gone' | 'unknown'

/** Of old identities: the time of day of a boot has whole seconds. */
const OLD_TOLERANCE_MS = 2_000
/** Linux tells process times in hundredths of a second, whatever the kernel's own tick. */
const TICK_MS = 10

export function identityOf(pid: number): ProcessIdentity {
  return { pid, start: startOf(pid) }
}

/** Undefined if there is no such process, it has ended, or the system does not say. */
export function startOf(pid: number): string | undefined {
  try {
    return process.platform === 'linux' ? fromProc(pid) : fromPs(pid)
  } catch {
    return undefined
  }
}

/** Does this very process still run? */
export function standingOf(identity: ProcessIdentity | OldIdentity): Standing {
  const { pid } = identity
  if (!exists(pid)) return 'gone'
  if ('startedMs' in identity) return oldStanding(identity)
  const start = startOf(pid)
  if (start !== undefined && identity.start !== undefined) return start === identity.start ? 'alive' : 'gone'
  return hasEnded(pid) ? 'gone' : 'unknown'
}

/** What a file says; undefined when that is no identity, of this version or an earlier one. */
export function readIdentity(value: unknown): ProcessIdentity | OldIdentity | undefined {
  const { pid, start, startedMs } = (value ?? {}) as Record<string, unknown>
  // 0 and what is below are whole groups of processes.
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0) return undefined
  if (typeof start === 'string') return { pid, start }
  return typeof startedMs === 'number' ? { pid, startedMs } : { pid, start: undefined }
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

/** The boot's own id (proc_sys_kernel(5)), and ticks since that boot (proc_pid_stat(5), field 22). */
function fromProc(pid: number): string | undefined {
  const { state, ticks } = statOf(pid)
  return hasEndedIn(state) ? undefined : `${bootId()} ${ticks}`
}

function statOf(pid: number): { readonly state: string; readonly ticks: string } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The second field is the program's name in brackets and may hold spaces; count from the last bracket.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return { state: fields[0] ?? '', ticks: fields[19] ?? '' }
}

/** A zombie has ended, and waits for somebody to take note. */
const hasEndedIn = (state: string) => /^[ZXx]/.test(state)

function hasEnded(pid: number): boolean {
  try {
    return process.platform === 'linux' ? hasEndedIn(statOf(pid).state) : hasEndedIn(ps(pid, 'stat'))
  } catch {
    return false
  }
}

let boot: string | undefined

/** The same for as long as this process runs. */
function bootId(): string {
  boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  return boot
}

/**
 * Where there is no /proc: the time of day that the system noted when the process began, which stays what it was when the
 * clock is set, and the boot's own id where there is one (macOS). In whole seconds, so a pid that came round within one
 * second would be taken for the same process; pids come round far more slowly.
 */
function fromPs(pid: number): string | undefined {
  const [, state = '', started] = /^(\S+) +(.+)$/.exec(ps(pid, 'stat', 'lstart')) ?? []
  return started === undefined || hasEndedIn(state) ? undefined : `${bootSession()} ${started}`
}

function bootSession(): string {
  boot ??= sysctl('kern.bootsessionuuid')
  return boot
}

function sysctl(name: string): string {
  try {
    return execFileSync('sysctl', ['-n', name], QUIETLY).trim()
  } catch {
    return '-'
  }
}

function ps(pid: number, ...fields: string[]): string {
  const columns = fields.flatMap(field => ['-o', `${field}=`])
  return execFileSync('ps', [...columns, '-p', String(pid)], QUIETLY).trim()
}

/** In one language and one time zone, whatever the terminal's. */
const QUIETLY: ExecFileSyncOptionsWithStringEncoding = {
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'ignore'],
  env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' },
}

/** A time of day that fits proves the process; one that does not proves nothing, but a command of somebody else's does. */
function oldStanding({ pid, startedMs }: OldIdentity): Standing {
  if (hasEnded(pid)) return 'gone'
  const nowMs = oldStartMs(pid)
  if (nowMs !== undefined && Math.abs(nowMs - startedMs) <= OLD_TOLERANCE_MS) return 'alive'
  const command = commandOf(pid)
  return command === undefined || command.includes('netsplit') ? 'unknown' : 'gone'
}

function oldStartMs(pid: number): number | undefined {
  try {
    if (process.platform !== 'linux') return Date.parse(`${ps(pid, 'lstart')} UTC`) || undefined
    const seconds = /^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1]
    return seconds === undefined ? undefined : Number(seconds) * 1000 + Number(statOf(pid).ticks) * TICK_MS
  } catch {
    return undefined
  }
}

function commandOf(pid: number): string | undefined {
  try {
    return process.platform === 'linux' ? readFileSync(`/proc/${pid}/cmdline`, 'utf8') : ps(pid, 'command')
  } catch {
    return undefined
  }
}
