// Every call to an engine answers in time, or it is said which one did not: an engine that hangs (stopped, out of disk, waiting
// for its own lock) takes calls and never answers them. And one that is not there says so in the same words whoever calls.

import type Docker from 'dockerode'
import { formatDuration } from '../../format.ts'
import { RuntimeError } from '../runtime.ts'

/** For any call but those below, of an engine that few use; ending a container may take longer by what was asked for. */
export const CALL_MS = 60_000
/** Their answer is their work's end, or comes as the work does: builds, pulls, an image that is read, what a command says. */
const LONG =
  /\/(build|images\/create|images\/load|images\/.+\/get|commit|wait|archive)\b|\/exec\/\w+\/start|^\/events/
const HINT = 'docker ps shows whether it runs'
/** The system's words for nobody there, and Node's for one that hung up. */
const GONE: ReadonlySet<string | undefined> = new Set([
  'ENOENT',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOTCONN',
  'EHOSTUNREACH',
  'ETIMEDOUT',
])

interface Call {
  readonly path: string
  readonly method: string
  readonly options?: { readonly t?: number } | undefined
  abortSignal?: AbortSignal
}

type Answered = (error: unknown, answer?: unknown) => void

/** From now on. `callMs`: asked for each call, since it grows with what the engine has to do. */
export function withPatience(docker: Docker, callMs: () => number = () => CALL_MS): Docker {
  const modem = docker.modem as unknown as { dial(call: Call, answered: Answered): void }
  const { dial } = modem
  modem.dial = function (call, answered) {
    if (LONG.test(call.path))
      return dial.call(this, call, (error, answer) => answered(inWords(error), answer))
    const ms = callMs() + 1000 * (call.options?.t ?? 0)
    const giveUp = new AbortController()
    let over = false
    const timer = setTimeout(() => {
      over = true
      giveUp.abort()
      answered(silent(call, ms))
    }, ms)
    const { abortSignal: theirs } = call
    // Given to the connection, which has it for as long as it is open.
    call.abortSignal = theirs ? AbortSignal.any([theirs, giveUp.signal]) : giveUp.signal
    dial.call(this, call, (error, answer) => {
      clearTimeout(timer)
      if (!over) answered(inWords(error), answer)
    })
  }
  return docker
}

function silent({ method, path }: Call, ms: number): RuntimeError {
  const what = `${method} ${path.replace(/\?.*$/, '').replace(/[0-9a-f]{64}/, id => id.slice(0, 12))}`
  return new RuntimeError(
    'engine',
    `the container engine did not answer ${what} for ${formatDuration(ms)}`,
    [],
    HINT,
  )
}

/** What it answered stays as it is. */
function inWords(error: unknown): unknown {
  const { code, statusCode, message } = (error ?? {}) as NodeJS.ErrnoException & { statusCode?: number }
  if (statusCode !== undefined || !(GONE.has(code) || message === 'socket hang up')) return error
  return new RuntimeError('engine', `the container engine does not answer (${message})`, [], HINT)
}
