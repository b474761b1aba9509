// Ends a process when this one does, however this one ends (kill −9 too): a helper waits for the end of its standard input, which
// the system closes with us.

import { type ChildProcess, spawn } from 'node:child_process'

/** For a shell: ends the process that it is given when its input ends. */
export const LEASH = 'cat >/dev/null; kill -KILL "$0" 2>/dev/null'

export class Leash {
  readonly #helper: ChildProcess

  constructor(pid: number) {
    this.#helper = spawn('sh', ['-c', LEASH, `${pid}`], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    })
    this.#helper.stdin?.on('error', () => {})
    this.#helper.on('error', () => {})
  }

  /** The process is gone: its number may soon be another's. */
  end(): void {
    this.#helper.kill('SIGKILL')
  }
}
