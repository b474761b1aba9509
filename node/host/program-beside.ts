// Other people's program beside this process, in a container of its own: whoever runs this one starts and ends it, when a line
// on our standard output asks for it, and tells us should it end by itself. The two share their process numbers, of which ours
// has the first: the kernel ends the program with us, however we end.

import { readdirSync, readFileSync } from 'node:fs'
import type { ProgramUsage } from '../foreign/program.ts'
import type { ProgramCommand, ProgramRun } from './program-run.ts'
import { usageOf } from './usage.ts'

const LOOK_MS = 50

export class ProgramBeside implements ProgramRun {
  readonly #say: (line: string) => void
  readonly #proc: string
  #waited = false

  /** `say` reaches whoever runs this process. `proc`: where the system tells of processes. */
  constructor({ argv, env }: ProgramCommand, say: (line: string) => void, proc = '/proc') {
    this.#say = say
    this.#proc = proc
    say(JSON.stringify({ program: { argv, env } }))
  }

  get usage(): ProgramUsage {
    return usageOf(this.#processes(), this.#proc)
  }

  end(): void {
    this.#say(JSON.stringify({ program: 'end' }))
  }

  kill(): void {
    this.#waited = true
  }

  async gone(): Promise<void> {
    while (!this.#waited && this.#processes().length > 0)
      await new Promise(resolve => setTimeout(resolve, LOOK_MS))
  }

  /** Those of another container: they are in other control groups than we are. */
  #processes(): readonly string[] {
    const own = this.#cgroupOf('self')
    return readdirSync(this.#proc).filter(name => {
      if (!/^\d+$/.test(name)) return false
      const theirs = this.#cgroupOf(name)
      return theirs !== undefined && theirs !== own
    })
  }

  /** Undefined of a process that is gone. */
  #cgroupOf(pid: string): string | undefined {
    try {
      return readFileSync(`${this.#proc}/${pid}/cgroup`, 'latin1')
    } catch {
      return undefined
    }
  }
}
