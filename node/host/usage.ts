// What processes that are not this one use of the machine, as the system counts it.

import { readFileSync } from 'node:fs'
import type { ProgramUsage } from '../foreign/program.ts'

/** The kernel's unit for the times of a process, everywhere. */
const TICKS_PER_SECOND = 100

/** Of all of these together; nothing of those that are gone, and where the system does not tell. `proc`: where it does. */
export function usageOf(pids: readonly (number | string)[], proc = '/proc'): ProgramUsage {
  const sum = (read: (pid: number | string) => number) =>
    pids.reduce<number>((all, pid) => all + read(pid), 0)
  return {
    rssBytes: sum(pid => {
      const kB = /^VmRSS:\s*(\d+) kB$/m.exec(text(`${proc}/${pid}/status`))?.[1] ?? 0
      return 1024 * Number(kB)
    }),
    cpuSeconds: sum(pid => ticksIn(text(`${proc}/${pid}/stat`))) / TICKS_PER_SECOND,
  }
}

/** Behind its name, which may hold anything. */
function ticksIn(stat: string): number {
  const [, rest = ''] = /^.*\) (.*)$/s.exec(stat) ?? []
  const [user = 0, system = 0] = rest.split(' ').slice(11, 13).map(Number)
  return user + system
}

function text(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return ''
  }
}
