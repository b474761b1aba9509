// A line of the command line up to the door: what the verb's own file makes of it. Nothing runs.

import type { ArgsOf, FlagsOf, Verb } from '../../orchestrator/commands/command.ts'
import { makeProgram } from '../../orchestrator/commands/program.ts'

export interface Typed {
  readonly verb: Verb
  readonly args: readonly string[]
  readonly flags: { readonly [flag: string]: string | boolean | readonly string[] | undefined }
}

/** As the library reads it. */
export function typed(words: readonly string[]): Typed {
  let found: Typed | undefined
  const program = makeProgram(async (verb, args, flags) => {
    found = { verb, args: args as readonly string[], flags }
  })
  for (const command of program.commands) command.configureOutput({ writeErr: () => {} })
  program.parse(words, { from: 'user' })
  if (!found) throw new Error(`no verb is called by ${words.join(' ')}`)
  return found
}

export async function requestOf({ verb, args, flags }: Typed): Promise<unknown> {
  const { read } = await import(`../../orchestrator/commands/${verb}.ts`)
  return (read as (args: ArgsOf<Verb>, flags: FlagsOf<Verb>) => unknown)(args as ArgsOf<Verb>, flags)
}
