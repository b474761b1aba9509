// `up --detach` and `start`: the controller goes on in a process of its own. The one that was called waits until the network stands,
// passes on what went wrong if it does not, and leaves.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { say } from '../commands/say.ts'
import { EXIT, type ExitCode, UserError } from '../errors.ts'
import { plural } from '../format.ts'
import { bundleFile, makeFolder } from '../machine/paths.ts'
import type { EndSignals } from '../machine/signals.ts'
import { lastLines } from '../runtime/log-tail.ts'
import type { Plan } from '../spec/types.ts'
import { inWords } from '../terminal/edge.ts'
import { err, outJson } from '../terminal/outlet.ts'

/** Set for the process in the background. */
const MARK = 'NETSPLIT_BACKGROUND'
const LOG = 'controller.log'
const SHOWN_LINES = 20

type Message =
  /** A line of its progress. */
  | { readonly said: string }
  | { readonly ready: true }
  | {
      readonly failed: {
        readonly message: string
        readonly hint?: string | undefined
        readonly exitCode: ExitCode
      }
    }

/** The end of the line to the process that waits for us, when this is the one in the background. */
export interface Parent {
  /** Until it is ready, whoever waits sees what goes on. */
  said(line: string): void
  ready(): void
  failed(error: unknown): void
}

export function parentOf(self: NodeJS.Process): Parent | undefined {
  if (self.env[MARK] === undefined || !self.send) return undefined
  const tell = (message: Message) => {
    if (self.connected) self.send?.(message, () => self.connected && self.disconnect())
  }
  return {
    said: line => {
      const message: Message = { said: line }
      if (self.connected) self.send?.(message, () => {}) // it may have left
    },
    ready: () => tell({ ready: true }),
    failed: error => {
      const { message, hint, exitCode } = inWords(error)
      tell({ failed: { message, hint, exitCode } })
    },
  }
}

/** Before anything runs: whoever waits for the process in the background learns what was wrong with its order. */
export function orTellParent<T>(self: NodeJS.Process, read: () => T): T {
  try {
    return read()
  } catch (error) {
    parentOf(self)?.failed(error)
    throw error
  }
}

export interface Launch {
  /** The arguments of the command that makes the network, without its folder. */
  readonly order: readonly string[]
  readonly plan: Plan
  /** Where it is recorded. */
  readonly directory: string
  readonly json: boolean
}

/** Resolves with the exit code of a signal, or with 0 when the network stands. */
export async function launchInBackground(
  { order, plan, directory, json }: Launch,
  signals: EndSignals,
): Promise<number> {
  makeFolder(directory)
  const child = spawnController(order, directory)
  signals.handle(() => child.kill('SIGTERM'))
  say(`${plan.network} starts in the background, ${plural(plan.nodes.length, 'node')}`)
  const outcome = await Promise.race([answerOf(child), once(child, 'exit').then(() => undefined)])
  if (signals.received && child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  if (signals.received)
    throw new UserError(signals.exitCode(EXIT.failure), `${plan.network} was stopped while it started`)
  if (outcome === undefined || 'failed' in outcome) throw whyFailed(outcome, directory)
  child.unref()
  const { network } = plan
  if (json) outJson({ network, pid: child.pid, nodes: plan.nodes.length, runDirectory: directory })
  else err(`${network} runs in the background: netsplit status ${network}, netsplit down ${network}`)
  return EXIT.ok
}

function spawnController(order: readonly string[], directory: string): ChildProcess {
  // What it says may name what is for its owner only.
  const log = openSync(join(directory, LOG), 'a', 0o600)
  const command = [bundleFile('netsplit.js'), ...order, '--run-dir', directory]
  try {
    return spawn(process.execPath, command, {
      detached: true,
      stdio: ['ignore', log, log, 'ipc'],
      env: { ...process.env, [MARK]: '1' },
    })
  } finally {
    closeSync(log)
  }
}

type Answer = Exclude<Message, { said: string }>

/** Passes its progress on until it comes. */
function answerOf(child: ChildProcess): Promise<Answer> {
  return new Promise(resolve => {
    child.on('message', (message: Message) => {
      if ('said' in message) err(message.said)
      else resolve(message)
    })
  })
}

function whyFailed(outcome: Extract<Answer, { failed: unknown }> | undefined, directory: string): UserError {
  if (!outcome) {
    const lines = lastLines(join(directory, LOG), SHOWN_LINES).map(line => `  | ${line}`)
    return new UserError(EXIT.failure, ['the controller ended while it started', ...lines].join('\n'))
  }
  // Nothing was launched, so there is nothing to keep.
  if (readdirSync(directory).every(name => name === LOG)) rmSync(directory, { recursive: true })
  const { message, hint, exitCode } = outcome.failed
  return new UserError(exitCode, message, hint)
}
