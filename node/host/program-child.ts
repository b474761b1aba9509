// Other people's program as a child of this process, which ends with it, however that ends.

import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { Leash } from './leash.ts'
import type { ProgramCommand, ProgramRun } from './program-run.ts'

export class ProgramChild implements ProgramRun {
  readonly #child: ChildProcess
  readonly #leash: Leash | undefined
  readonly #ended: Promise<void>

  constructor({ argv, env, directory }: ProgramCommand, onEnded: (how: string) => void) {
    const [command = '', ...args] = argv
    const child = spawn(command, args, {
      cwd: directory,
      // What it says goes where this node's own log goes.
      stdio: ['ignore', process.stderr.fd, process.stderr.fd],
      env: { ...process.env, ...env },
    })
    this.#child = child
    this.#ended = new Promise(resolve => {
      let told = false
      const ended = (how: string) => {
        if (told) return
        told = true
        this.#leash?.end()
        resolve()
        onEnded(how)
      }
      child.once('exit', (code, signal) => ended(signal ?? `exit code ${code}`))
      child.once('error', error => ended(`it cannot be started: ${(error as NodeJS.ErrnoException).message}`))
    })
    if (child.pid !== undefined) this.#leash = new Leash(child.pid)
  }

  get rssBytes(): number {
    return this.#child.pid === undefined ? 0 : rssBytesOf(this.#child.pid)
  }

  end(): void {
    this.#child.kill('SIGTERM')
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }

  gone(): Promise<void> {
    return this.#ended
  }
}

/** 0 of a process that is gone, and where the system does not tell. */
export function rssBytesOf(pid: number | string, proc = '/proc'): number {
  try {
    const status = readFileSync(`${proc}/${pid}/status`, 'latin1')
    return 1024 * Number(/^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1] ?? 0)
  } catch {
    return 0
  }
}
