// The command line as its users have it: dist/netsplit.js in a process of its own, with a state directory of its own.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { bundleFile } from '../../orchestrator/machine/paths.ts'
import { temporaryDirectory } from './node-config.ts'
import { QUICK } from './real-network.ts'
import { until } from './until.ts'

export interface Outcome {
  readonly code: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
}

/** A terminal of its own: a folder with a quick netsplit.yaml, and networks that no other test sees. */
export class Desk {
  readonly folder = temporaryDirectory()
  readonly #state = temporaryDirectory()
  readonly #running = new Set<Command>()

  readonly #program: string

  /** `program`: of a build of its own. */
  constructor(yaml = QUICK, program = bundleFile('netsplit.js')) {
    this.#program = program
    writeFileSync(join(this.folder, 'netsplit.yaml'), yaml)
    // Registered after the folders, so it runs before they are removed.
    onTestFinished(() => this.#sweep())
  }

  /** Runs a command to its end. */
  run(...args: string[]): Promise<Outcome> {
    return this.start(...args).ended
  }

  /** Runs a command to its end in a shell that has done something before. */
  shell(before: string, ...args: string[]): Promise<Outcome> {
    return this.#start(args, ['sh', '-c', `${before}; exec "$@"`, 'sh']).ended
  }

  /** Starts a command that goes on. */
  start(...args: string[]): Command {
    return this.#start(args, [])
  }

  #start(args: string[], around: string[]): Command {
    const env = { ...process.env, XDG_STATE_HOME: this.#state, NO_COLOR: '1' }
    const [program = '', ...rest] = [...around, process.execPath, this.#program, ...args]
    const child = spawn(program, rest, {
      cwd: this.folder,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const command = new Command(args.join(' '), child)
    this.#running.add(command)
    void command.ended.then(() => this.#running.delete(command))
    return command
  }

  /** Runs a line of the shell to its end; `$NETSPLIT` in it is the command: with real pipes. */
  line(text: string): Promise<Outcome> {
    const around = ['bash', '-c', `NETSPLIT="$*"; set -o pipefail; ${text}`, 'bash']
    return this.#start([], around).ended
  }

  /** Starts `up` and waits until its network stands. */
  async up(...args: string[]): Promise<Command> {
    const command = this.start('up', ...args)
    await command.says('the network stands')
    return command
  }

  /** Runs a command that must succeed, and reads its JSON document. */
  async ask(...args: string[]): Promise<unknown> {
    const { code, stdout, stderr } = await this.run(...args, '--json')
    if (code !== 0) throw new Error(`netsplit ${args.join(' ')}: exit code ${code}\n${stdout}${stderr}`)
    return JSON.parse(stdout)
  }

  /** Names below the state directory: live networks, and what was left behind. */
  state(): string[] {
    const folder = join(this.#state, 'netsplit')
    return existsSync(folder) ? readdirSync(folder) : []
  }

  /** The state directory of one of its networks. */
  stateOf(network: string): string {
    return join(this.#state, 'netsplit', network)
  }

  /** Every process of this desk's networks (their configuration lies in its state directory). */
  nodes(): number[] {
    return readdirSync('/proc')
      .filter(name => /^\d+$/.test(name))
      .filter(pid => read(`/proc/${pid}/cmdline`).includes(this.#state))
      .map(Number)
  }

  /** Processes of this desk's networks that have this in their environment. */
  processesWith(text: string): number[] {
    const environ = (pid: string) => read(`/proc/${pid}/environ`)
    return readdirSync('/proc')
      .filter(name => /^\d+$/.test(name))
      .filter(pid => environ(pid).includes(`XDG_STATE_HOME=${this.#state}`) && environ(pid).includes(text))
      .map(Number)
  }

  /** Run directories in the folder. */
  runs(): string[] {
    const folder = join(this.folder, 'netsplit-runs')
    return existsSync(folder) ? readdirSync(folder).map(name => join(folder, name)) : []
  }

  async #sweep(): Promise<void> {
    for (const command of this.#running) command.signal('SIGTERM')
    for (const { network } of (await this.ask('ls')) as { network: string }[]) await this.run('down', network)
    await Promise.all([...this.#running].map(command => command.ended))
    await this.run('gc')
  }
}

export class Command {
  readonly ended: Promise<Outcome>
  readonly #name: string
  readonly #child: ChildProcess
  #stdout = ''
  #stderr = ''

  constructor(name: string, child: ChildProcess) {
    this.#name = name
    this.#child = child
    child.stdout?.setEncoding('utf8').on('data', text => {
      this.#stdout += text
    })
    child.stderr?.setEncoding('utf8').on('data', text => {
      this.#stderr += text
    })
    this.ended = once(child, 'close').then(([code, signal]) => ({
      code,
      signal,
      stdout: this.#stdout,
      stderr: this.#stderr,
    }))
  }

  get pid(): number {
    return this.#child.pid as number
  }

  /** What it has printed on stdout so far. */
  get stdout(): string {
    return this.#stdout
  }

  /** Waits until this text has appeared on stdout or stderr. */
  async says(text: string): Promise<void> {
    await until(`netsplit ${this.#name} says ${JSON.stringify(text)}`, () => {
      const all = this.#stdout + this.#stderr
      if (all.includes(text)) return true
      if (this.#child.exitCode !== null) throw new Error(`it ended with ${this.#child.exitCode}:\n${all}`)
      return false
    })
  }

  /** Nobody reads its stderr any more, as behind `2>&1 | head`. */
  deafen(): void {
    this.#child.stderr?.destroy()
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return '' // it has ended meanwhile
  }
}
