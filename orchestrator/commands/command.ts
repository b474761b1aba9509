// What a verb of the command line is given, and what its file exports.

import type { ExitCode } from '../errors.ts'

/** Options as parsed; the verb knows which of its own flags are set. */
export type Options = Readonly<Record<string, string | boolean | undefined>>

/** What a file in `commands/` exports. Data goes to stdout, messages to stderr. */
export interface CommandModule {
  run(args: readonly string[], options: Options): Promise<ExitCode | number>
}
