// Limits the processor time of a process where the system gives no way to: stopped and continued, ten times a second.
//
// A helper process does it, so that nothing can leave the node stopped: it lets it go on when its standard input ends,
// which it does however we end, by kill −9 too.

import { type ChildProcess, spawn } from 'node:child_process'
import { ReadyLine } from './ready-line.ts'

const PERIOD_MS = 100
/** What the helper says once it holds the process back. */
const BEGUN = 'begun'

/**
 * The helper; what it needs of the world is a process id and a share. What the process has used, in all its threads, it
 * must wait for, a second at most, with a period in hand: so a late timer or a second thread costs it rest afterwards.
 * Without /proc, the time in which it was let run counts as used.
 */
const HELPER = `
const { readFileSync } = require('node:fs')
const [pid, share, period] = process.argv.slice(1).map(Number)
const TICK_MS = 10 // of user and system time in /proc
const stat = of => readFileSync('/proc/' + of + '/stat', 'latin1').split(') ').at(-1).split(' ')
let told = true
try { stat('self') } catch { told = false }
let halted = false, usedMs = 0, lastMs = performance.now(), restMs = 0
const used = passedMs => told ? (+stat(pid)[11] + +stat(pid)[12]) * TICK_MS : usedMs + (halted ? 0 : passedMs)
const signal = name => { try { process.kill(pid, name) } catch { process.exit() } }
const end = () => { signal('SIGCONT'); process.exit() }
const look = () => {
  const nowMs = performance.now(), passedMs = nowMs - lastMs, nowUsedMs = used(passedMs)
  restMs = Math.min(10 * period, Math.max(-period, restMs + (nowUsedMs - usedMs) / share - passedMs))
  usedMs = nowUsedMs
  lastMs = nowMs
  halted = restMs > 0
  signal(halted ? 'SIGSTOP' : 'SIGCONT')
  setTimeout(turn, Math.ceil(halted ? restMs : period * share))
}
const turn = () => { try { look() } catch { end() } }
process.stdin.on('end', end).on('error', end).resume()
process.on('SIGTERM', end)
try { usedMs = used(0) } catch { end() }
turn()
process.stdout.write('${BEGUN}\\n')
`

export class CpuDuty {
  readonly #pid: number
  readonly #helper: ChildProcess
  readonly #gone: Promise<void>
  /** Resolves when the process is being held back. */
  readonly begun: Promise<void>

  /** Lets the process run for `share` of the time from now on. */
  constructor(pid: number, share: number) {
    this.#pid = pid
    this.#helper = spawn(process.execPath, ['-e', HELPER, `${pid}`, `${share}`, `${PERIOD_MS}`], {
      stdio: ['pipe', 'pipe', 'ignore'],
      detached: true, // the terminal's Ctrl-C is not for it
    })
    this.#helper.stdin?.on('error', () => {})
    this.#gone = new Promise(resolve => {
      this.#helper.once('exit', () => resolve())
      this.#helper.once('error', () => resolve())
    })
    this.begun = new Promise(resolve => {
      const said = new ReadyLine(
        line => line.endsWith(BEGUN) || undefined,
        () => resolve(),
        () => {},
      )
      this.#helper.stdout?.setEncoding('utf8').on('data', (text: string) => said.push(text))
      void this.#gone.then(resolve)
    })
    // Ended by somebody else, it may have left the process stopped.
    void this.#gone.then(() => this.#letGo())
  }

  /** Resolves when the process goes on for good. */
  async end(): Promise<void> {
    this.#helper.stdin?.end()
    await this.#gone
    this.#letGo()
  }

  #letGo(): void {
    if (this.#ended) return
    this.#ended = true
    try {
      process.kill(this.#pid, 'SIGCONT')
    } catch {
      // it has gone
    }
  }

  #ended = false
}
