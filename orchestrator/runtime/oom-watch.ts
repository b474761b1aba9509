// Whether the kernel has just killed processes of this machine for their memory. It tells nobody whom it took, but it counts
// them (proc(5), /proc/vmstat): a SIGKILL that nobody of ours sent, while the count rose, was that.

import { readFileSync } from 'node:fs'

const LOOK_MS = 1_000

export class OomWatch {
  readonly #file: string
  readonly #timer: NodeJS.Timeout
  /** By the last look and the one before. */
  #last: number
  #before: number

  constructor(file = '/proc/vmstat', lookMs = LOOK_MS) {
    this.#file = file
    this.#last = this.#read()
    this.#before = this.#last
    this.#timer = setInterval(() => {
      this.#before = this.#last
      this.#last = this.#read()
    }, lookMs).unref()
  }

  /** It took some since the look before the last: within two seconds. */
  get rose(): boolean {
    return this.#read() > this.#before
  }

  close(): void {
    clearInterval(this.#timer)
  }

  /** 0 where the kernel does not count. */
  #read(): number {
    try {
      return Number(/^oom_kill (\d+)$/m.exec(readFileSync(this.#file, 'latin1'))?.[1] ?? 0)
    } catch {
      return 0
    }
  }
}
