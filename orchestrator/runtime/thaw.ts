// Lets a frozen process go on when we end, however we end: frozen, it could not notice that its controller has gone, and
// would stay for good. A helper waits for the end of its standard input, which the system closes with us.

import { type ChildProcess, spawn } from 'node:child_process'

const SCRIPT = 'cat >/dev/null; kill -CONT "$0"'

export class Thaw {
  readonly #helper: ChildProcess

  constructor(pid: number) {
    this.#helper = spawn('sh', ['-c', SCRIPT, `${pid}`], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true, // the terminal's Ctrl-C is not for it
    })
    this.#helper.stdin?.on('error', () => {})
    this.#helper.on('error', () => {}) // without a shell there is no help, and a node that stays frozen
  }

  /** It is not frozen any more, or not there. */
  end(): void {
    this.#helper.kill('SIGKILL')
  }
}
