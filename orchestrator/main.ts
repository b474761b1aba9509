// The command line: every verb of the table has a door; the code behind it is loaded only when the verb is called.

import { CommanderError } from 'commander'
import { type Door, door, type Verb } from './commands/command.ts'
import { makeProgram } from './commands/program.ts'
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
  content: door(() => import('./commands/content.ts')),
  add: door(() => import('./commands/add.ts')),
  join: door(() => import('./commands/join.ts')),
  start: door(() => import('./commands/start.ts')),
  stop: door(() => import('./commands/stop.ts')),
  kill: door(() => import('./commands/kill.ts')),
  pause: door(() => import('./commands/pause.ts')),
  resume: door(() => import('./commands/resume.ts')),
  test: door(() => import('./commands/test.ts')),
  sweep: door(() => import('./commands/sweep.ts')),
  plot: door(() => import('./commands/plot.ts')),
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
  hosts: door(() => import('./commands/hosts.ts')),
  doctor: door(() => import('./commands/doctor.ts')),
  version: door(() => import('./commands/version.ts')),
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
    const program = makeProgram(async (verb, args, flags) => {
      process.exitCode = await DOORS[verb](args, flags)
    })
    if (argv.length === 0) program.help()
    await program.parseAsync(argv as string[], { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage
    else process.exitCode = report(error, json)
  }
}

await main(process.argv.slice(2))
