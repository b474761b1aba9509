// Several simulations at a time, one a process: the parent gives out seeds, each child answers with the figures of one and
// asks for the next. A run that fails, or takes its process with it, is told with its seed; the others go on.

import { type ChildProcess, fork } from 'node:child_process'
import { onAbort } from '../aborts.ts'
import { bundleFile } from '../machine/paths.ts'
import type { ScenarioReport } from '../run/scenario-report.ts'
import type { RunOutcome } from './run.ts'
import { type Answer, type Job, RUNNER_MARK } from './runner.ts'
import type { FailedRun } from './summary.ts'

export interface PoolOptions<J extends Job = Job> {
  /** Drawn as they are needed. */
  readonly jobs: Iterable<J>
  readonly processes: number
  /** Aborted: no further run begins, and those under way are given up. */
  readonly signal: AbortSignal
  readonly onOutcome?: (outcome: RunOutcome, job: J) => void
  readonly onReport?: (report: ScenarioReport) => void
  readonly onFailed: (failed: FailedRun, job: J) => void
}

/** Resolves when every job was done, or `signal` aborted. */
export async function runJobs<J extends Job>(options: PoolOptions<J>): Promise<void> {
  const left = options.jobs[Symbol.iterator]()
  await Promise.all(Array.from({ length: options.processes }, () => work(left, options)))
}

async function work<J extends Job>(left: Iterator<J>, options: PoolOptions<J>): Promise<void> {
  const { signal } = options
  let child: ChildProcess | undefined
  try {
    for (let next = left.next(); !next.done && !signal.aborted; next = left.next()) {
      child ??= fork(bundleFile('netsplit.js'), ['up'], {
        env: { ...process.env, [RUNNER_MARK]: '1' },
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      })
      const answer = await ask(child, next.value, signal)
      if (signal.aborted) return
      if ('outcome' in answer) options.onOutcome?.(answer.outcome, next.value)
      else if ('report' in answer) options.onReport?.(answer.report)
      else options.onFailed(answer.failed, next.value)
      if (!child.connected) child = undefined
    }
  } finally {
    // Idle, it ends when it is let go; in the middle of a run it hears nothing.
    if (signal.aborted) child?.kill('SIGKILL')
    else if (child?.connected) child.disconnect()
  }
}

/** The child's answer; if it ends without one, that is the answer. */
function ask(child: ChildProcess, job: Job, signal: AbortSignal): Promise<Answer> {
  return new Promise(resolve => {
    let lastWords = ''
    const failed = (message: string): Answer => ({ failed: { seed: job.seed, message, died: true } })
    const onMessage = (answer: unknown) => finish(answer as Answer)
    const onExit = (code: number | null, how: string | null) =>
      finish(failed(`its process ended (${how ?? code}) ${lastWords.trim()}`.trim()))
    const onWords = (words: Buffer) => {
      lastWords = `${lastWords}${words}`.slice(-2000)
    }
    const finish = (answer: Answer) => {
      child.off('message', onMessage).off('exit', onExit)
      child.stderr?.off('data', onWords)
      unheard()
      resolve(answer)
    }
    child.on('message', onMessage).on('exit', onExit)
    child.stderr?.on('data', onWords)
    const unheard = onAbort(signal, () => finish(failed('given up')))
    child.send(job)
  })
}
