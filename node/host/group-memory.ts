// What a control group of the kernel charges for memory, as it counts towards the group's limit: `docker stats` shows the same.
// In a container that is what the container uses, read where the kernel shows a container its own group.

import { readFileSync } from 'node:fs'

const ROOT = '/sys/fs/cgroup'

/** Of version 2, and of version 1: what is charged, and the files that it could drop at once. */
const PLACES = [
  { used: 'memory.current', counts: 'memory.stat', inactive: /^inactive_file (\d+)$/m },
  {
    used: 'memory/memory.usage_in_bytes',
    counts: 'memory/memory.stat',
    inactive: /^total_inactive_file (\d+)$/m,
  },
] as const

/** Undefined where the kernel shows no group. */
export function groupMemory(root = ROOT): number | undefined {
  for (const { used, counts, inactive } of PLACES) {
    const usedBytes = Number(text(`${root}/${used}`) || Number.NaN)
    if (Number.isNaN(usedBytes)) continue
    const droppable = Number(inactive.exec(text(`${root}/${counts}`))?.[1] ?? 0)
    return droppable < usedBytes ? usedBytes - droppable : usedBytes
  }
  return undefined
}

function text(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return ''
  }
}
