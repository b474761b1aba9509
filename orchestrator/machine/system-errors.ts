// What the system says no with, in words: one table for all who meet such errors, with the one thing to do about each.

import { saysMemory } from '../endings.ts'
import { EXIT, type ExitCode } from '../errors.ts'

interface Meaning {
  readonly what: string
  readonly hint: string
  readonly exitCode: ExitCode
}

const { failure, usage, environment } = EXIT

const MEANINGS = new Map<string, Meaning>(
  Object.entries({
    EMFILE: {
      what: 'this process may have no more files and connections open',
      hint: 'raise the limit (ulimit -n 65536), or run fewer nodes',
      exitCode: environment,
    },
    ENFILE: {
      what: 'this machine has too many files open',
      hint: 'end what you do not need, or run fewer nodes',
      exitCode: environment,
    },
    ENOSPC: { what: 'no space is left on the disk', hint: 'make room and try again', exitCode: failure },
    EDQUOT: { what: 'your share of the disk is used up', hint: 'make room and try again', exitCode: failure },
    EFBIG: {
      what: 'a file may not grow so big here',
      hint: 'raise the limit: ulimit -f unlimited',
      exitCode: failure,
    },
    EIO: { what: 'the disk reports an error', hint: 'look into the system log (dmesg)', exitCode: failure },
    EACCES: {
      what: 'permission denied',
      hint: 'let this user read and write there, or choose another place (--run-dir, XDG_STATE_HOME)',
      exitCode: environment,
    },
    EPERM: {
      what: 'the system does not permit it',
      hint: 'it wants other rights; netsplit doctor says what this user may do',
      exitCode: environment,
    },
    EROFS: {
      what: 'that file system is read-only',
      hint: 'choose another place (--run-dir, XDG_STATE_HOME)',
      exitCode: environment,
    },
    ENOMEM: {
      what: 'this machine has no memory left',
      hint: 'run fewer nodes; netsplit doctor says how many there is room for',
      exitCode: environment,
    },
    EAGAIN: {
      what: 'the system can start no more processes now',
      hint: 'raise the limit (ulimit -u), or run fewer nodes',
      exitCode: environment,
    },
    EADDRINUSE: {
      what: 'another program uses that address',
      hint: 'end it, or have another port',
      exitCode: environment,
    },
    EADDRNOTAVAIL: {
      what: 'this machine has no such address, or no port left',
      hint: 'run fewer nodes, or wait until old connections are gone',
      exitCode: environment,
    },
    ENOENT: { what: 'there is no such file', hint: 'look at the path', exitCode: usage },
    ENOTDIR: { what: 'part of the path is no folder', hint: 'look at the path', exitCode: usage },
    EISDIR: { what: 'it is a folder', hint: 'name a file', exitCode: usage },
    EEXIST: { what: 'it is already there', hint: 'name another, or remove it', exitCode: usage },
    ENAMETOOLONG: { what: 'the path is too long', hint: 'choose a shorter one', exitCode: usage },
    ELOOP: { what: 'the links of the path lead in a circle', hint: 'look at the path', exitCode: usage },
    ETIMEDOUT: {
      what: 'no answer came in time',
      hint: 'the machine may be too busy, or the other side hangs; try again',
      exitCode: failure,
    },
    ECONNREFUSED: {
      what: 'nobody listens there',
      hint: 'it may have ended, or is just starting; netsplit ls shows what runs',
      exitCode: failure,
    },
    ECONNRESET: {
      what: 'the other side broke the connection off',
      hint: 'it may have ended; netsplit ls shows what runs',
      exitCode: failure,
    },
    EPIPE: {
      what: 'the other side reads no more',
      hint: 'it may have ended; netsplit ls shows what runs',
      exitCode: failure,
    },
    ENOTFOUND: { what: 'no machine has that name', hint: 'look at the address', exitCode: environment },
    EHOSTUNREACH: {
      what: 'no way leads to that machine',
      hint: 'look at the address',
      exitCode: environment,
    },
  }),
)

export interface SystemTrouble {
  readonly message: string
  readonly hint: string
  readonly exitCode: ExitCode
}

/** An error of the system, wherever it is in the chain of causes, as a sentence; undefined for any other. */
export function systemTrouble(error: unknown): SystemTrouble | undefined {
  const seen = new Set<unknown>()
  for (let at = error; at instanceof Error && !seen.has(at); at = innermost(at)) {
    seen.add(at)
    const { code = '', path, syscall, address, port, message } = at as SystemError
    const meaning = MEANINGS.get(code)
    if (!meaning && at instanceof RangeError && saysMemory([at.message])) return noMemory(at)
    if (!meaning) continue
    const { what, hint, exitCode } = meaning
    const where = path ?? (address === undefined ? undefined : [address, port].filter(Boolean).join(':'))
    const context = message.startsWith(code) || where !== undefined ? where : message
    const detail = [syscall, code].filter(Boolean).join(' ')
    return { message: `${context === undefined ? '' : `${context}: `}${what} (${detail})`, hint, exitCode }
  }
  return undefined
}

/** V8's own words for memory that it could not have, or addresses: of these WebAssembly wants 10 GB an instance, and hardly any memory. */
function noMemory({ message }: RangeError): SystemTrouble {
  return {
    message: `there is no more memory for this process: ${message}`,
    hint: 'ulimit -v shows whether the shell limits it (WebAssembly needs 10 GB of addresses); otherwise close something',
    exitCode: EXIT.environment,
  }
}

interface SystemError extends NodeJS.ErrnoException {
  readonly address?: string
  readonly port?: number
}

/** Many tries of one connection come as one error. */
function innermost(error: Error): unknown {
  return error instanceof AggregateError ? error.errors[0] : error.cause
}
