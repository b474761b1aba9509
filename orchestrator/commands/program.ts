// The command line as the library that reads it wants it told: from the table of verbs, which no verb's code is needed for.

import { Command, Option } from 'commander'
import packageJson from '../../package.json' with { type: 'json' }
import type { ArgsOf, FlagsOf, Verb } from './command.ts'
import { type Usage, VERBS } from './usage.ts'

/** Called with what was typed. */
export type Open = <V extends Verb>(verb: V, args: ArgsOf<V>, flags: FlagsOf<V>) => Promise<void>

export function makeProgram(open: Open): Command {
  const program = new Command('netsplit')
    .description(
      'Launch a proof-of-work test network with one command, break it on purpose, see what happens.',
    )
    .version(packageJson.version, '-V, --version')
    .showSuggestionAfterError()
    .exitOverride()
    .configureHelp({ sortSubcommands: false })
    .addHelpText('after', '\nStart here: netsplit up        More: netsplit <command> --help')
  for (const verb of Object.keys(VERBS) as Verb[]) addVerb(program, verb, open)
  return program
}

function addVerb<V extends Verb>(program: Command, verb: V, open: Open): void {
  const { args, summary, flags, examples = [] }: Usage = VERBS[verb]
  const command = program
    .command(`${verb} ${args}`.trimEnd())
    .summary(summary)
    .description(summary)
    .exitOverride()
  for (const [flag, help] of flags) command.addOption(optionOf(flag, help))
  if (examples.length > 0) command.addHelpText('after', `\nExamples:\n  ${examples.join('\n  ')}`)
  // The library reads the same lines that the types derive from.
  command.action(() => open(verb, command.args as unknown as ArgsOf<V>, command.opts<FlagsOf<V>>()))
}

/** `<...>`: a flag that may be there several times, with one value each; the library would take all words behind it. */
function optionOf(flag: string, help: string): Option {
  const option = new Option(flag, help)
  if (!option.variadic) return option
  option.variadic = false
  return option.argParser((text: string, before: readonly string[] | undefined) => [...(before ?? []), text])
}
