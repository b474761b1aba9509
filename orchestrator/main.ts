// The command line: every verb of the table has a door; the code behind it is loaded only when the verb is called.

import { Command, CommanderError, Option } from 'commander'
import packageJson from '../package.json' with { type: 'json' }
import { type ArgsOf, type Door, door, type FlagsOf, type Verb } from './commands/command.ts'
import { type Usage, VERBS } from './commands/usage.ts'
import { EXIT } from './errors.ts'
import { STDERR, STDOUT } from './machine/readers.ts'
import { tellUnread } from './machine/signals.ts'
import { checkNodeVersion, report } from './terminal/edge.ts'

const DOORS: { readonly [V in Verb]: Door<V> } = {
  up: door(() => import('./commands/up.ts')),
  init: door(() => import('./commands/init.ts')),
  plan: door(() => import('./commands/plan.ts')),
  ls: door(() => import('./commands/ls.ts')),
  status: door(() => import('./commands/status.ts')),
  logs: door(() => import('./commands/logs.ts')),
  rpc: door(() => import('./commands/rpc.ts')),
  add: door(() => import('./commands/add.ts')),
  start: door(() => import('./commands/start.ts')),
  stop: door(() => import('./commands/stop.ts')),
  kill: door(() => import('./commands/kill.ts')),
  pause: door(() => import('./commands/pause.ts')),
  resume: door(() => import('./commands/resume.ts')),
  test: door(() => import('./commands/test.ts')),
  fuzz: door(() => import('./commands/fuzz.ts')),
  replay: door(() => import('./commands/replay.ts')),
  shrink: door(() => import('./commands/shrink.ts')),
  chaos: door(() => import('./commands/chaos.ts')),
  heal: door(() => import('./commands/heal.ts')),
  time: door(() => import('./commands/time.ts')),
  faults: door(() => import('./commands/faults.ts')),
  dash: door(() => import('./commands/dash.ts')),
  down: door(() => import('./commands/down.ts')),
  report: door(() => import('./commands/report.ts')),
  compare: door(() => import('./commands/compare.ts')),
  gc: door(() => import('./commands/gc.ts')),
  doctor: door(() => import('./commands/doctor.ts')),
  version: door(() => import('./commands/version.ts')),
}

function makeProgram(done: (code: number) => void): Command {
  const program = new Command('netsplit')
    .description(
      'Launch a proof-of-work test network with one command, break it on purpose, see what happens.',
    )
    .version(packageJson.version, '-V, --version')
    .showSuggestionAfterError()
    .exitOverride()
    .configureHelp({ sortSubcommands: false })
    .addHelpText('after', '\nStart here: netsplit up        More: netsplit <command> --help')
  for (const verb of Object.keys(VERBS) as Verb[]) addVerb(program, verb, done)
  return program
}

function addVerb<V extends Verb>(program: Command, verb: V, done: (code: number) => void): void {
  const { args, summary, flags, examples = [] }: Usage = VERBS[verb]
  const command = program
    .command(`${verb} ${args}`.trimEnd())
    .summary(summary)
    .description(summary)
    .exitOverride()
  for (const [flag, help] of flags) command.addOption(new Option(flag, help))
  if (examples.length > 0) command.addHelpText('after', `\nExamples:\n  ${examples.join('\n  ')}`)
  command.action(async () => {
    // The library reads the same lines that the types derive from.
    done(await DOORS[verb](command.args as unknown as ArgsOf<V>, command.opts<FlagsOf<V>>()))
  })
}

async function main(argv: readonly string[]): Promise<void> {
  process.exitCode = EXIT.ok
  // A reader that goes away (`| head`) is not an error; what runs ends in order.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return tellUnread(STDOUT) || process.exit(EXIT.ok)
    // Whatever it was, whoever asked does not have it.
    const exitCode = report(error, false)
    process.on('exit', () => {
      process.exitCode = exitCode
    })
  })
  // There is nobody to tell. A full disk under a log ends the log.
  process.stderr.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') tellUnread(STDERR)
  })
  const json = argv.includes('--json')
  process.on('uncaughtException', error => process.exit(report(error, json)))
  try {
    checkNodeVersion(process.versions.node)
    const program = makeProgram(code => {
      process.exitCode = code
    })
    if (argv.length === 0) program.help()
    await program.parseAsync(argv as string[], { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage
    else process.exitCode = report(error, json)
  }
}

await main(process.argv.slice(2))
