// Somebody else's program while a test needs it: started, waited for until it answers, and ended.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { until } from './until.ts'

export class Program {
  readonly #child: ChildProcess
  readonly #exited: Promise<void>
  #log = ''
  #ended: string | undefined

  constructor(command: string, args: readonly string[]) {
    this.#child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', chunk => {
        this.#log = `${this.#log}${chunk}`.slice(-10_000)
      })
    this.#exited = new Promise(resolve => {
      const ends = (why: string) => {
        this.#ended ??= `${command}: ${why}\n${this.#log}`
        resolve()
      }
      this.#child.once('error', error => ends(error.message))
      this.#child.once('close', (code, signal) => ends(`ended with ${code ?? signal}`))
    })
  }

  /** Until the question is not refused any more; throws with its words when it has ended before. */
  async answers(ask: () => Promise<unknown>): Promise<void> {
    await until('the program answers', async () => {
      if (this.#ended) throw new Error(this.#ended)
      return ask().then(
        () => true,
        () => false,
      )
    })
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#exited
  }
}

/** Whether this works here; where it does not, a line says what is not tried, and under CI nothing may be missing. */
export function hasProgram(name: string, command: string, args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' })
    return true
  } catch {
    if (process.env.CI) throw new Error(`${name} is missing`)
    console.warn(`SKIPPED: no ${name} on this machine, it is not tried`)
    return false
  }
}
