// Other people's program as a child of this process, which ends with it, however that ends.

import { type ChildProcess, spawn } from 'node:child_process'
import type { ProgramUsage } from '../foreign/program.ts'
import { Leash } from './leash.ts'
import type { ProgramCommand, ProgramRun } from './program-run.ts'
import { usageOf } from './usage.ts'

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

  get usage(): ProgramUsage {
    return usageOf(this.#child.pid === undefined ? [] : [this.#child.pid])
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
