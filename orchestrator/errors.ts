// Exit codes and the error that carries one to the CLI's edge.

/**
 * 0 ok; 1 internal or runtime failure; 2 usage or spec error; 3 a check failed; 4 the environment lacks something;
 * 129, 130, 141, 143: ended by SIGHUP, SIGINT, SIGPIPE (nobody reads its output), SIGTERM, as shells count it.
 */
export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 2,
  check: 3,
  environment: 4,
  hangup: 129,
  interrupted: 130,
  unread: 141,
  terminated: 143,
} as const
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** An error the user can act on: printed without a stack, then the process ends with `exitCode`. */
export class UserError extends Error {
  override readonly name = 'UserError'
  readonly exitCode: ExitCode
  /** What to do next, one line; printed after the message. */
  readonly hint: string | undefined
  constructor(exitCode: ExitCode, message: string, hint?: string) {
    super(message)
    this.exitCode = exitCode
    this.hint = hint
  }
}
