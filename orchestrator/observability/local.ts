// Prometheus as a program on PATH, for networks of processes. Its data lives and goes with the network's state.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import { createServer } from 'node:net'
import { delimiter, join } from 'node:path'
import type { Target } from './folder.ts'
import { tied } from './lifeline.ts'
import { announce, type Host, type Surroundings } from './observability.ts'

/** `observerUrl`: the controller's, which also serves the observer's metrics. */
export class LocalPrometheus implements Host {
  readonly reader = undefined
  readonly #observerUrl: string
  #child: ChildProcess | undefined

  constructor(observerUrl: string) {
    this.#observerUrl = observerUrl
  }

  async nodeTarget(_node: string, control: string): Promise<Target> {
    return { address: new URL(control).host }
  }

  async observerTarget(): Promise<Target> {
    return { address: new URL(this.#observerUrl).host }
  }

  async start(surroundings: Surroundings): Promise<void> {
    const { folder, signal, say } = surroundings
    const program = onPath('prometheus')
    if (program === undefined) throw new Error('there is no program named prometheus on PATH')
    const port = await freePort()
    if (signal.aborted) return
    const [command = '', ...args] = tied([
      program,
      `--config.file=${join(folder.path, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder.path, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=warn',
    ])
    const child = spawn(command, args, { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
    this.#child = child
    child.once('error', error => say('warn', `no Prometheus: ${error.message}`))
    child.once('exit', code => {
      if (!signal.aborted) say('warn', `Prometheus ended with exit code ${code}`)
    })
    await announce('Prometheus', `http://127.0.0.1:${port}`, '/-/ready', surroundings)
  }

  async close(): Promise<void> {
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const exit = once(child, 'exit')
    child.kill('SIGTERM')
    child.stdin?.destroy()
    await exit
  }
}

function onPath(program: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(folder => folder !== '')
  return folders.map(folder => join(folder, program)).find(isExecutable)
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Prometheus does not say which port it took, so it cannot be left to choose. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port')
  return address.port
}
