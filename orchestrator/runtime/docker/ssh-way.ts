// A way to an engine behind SSH: the system's own ssh carries a socket of this machine to the engine's socket over there. So the
// user's configuration, keys and known hosts hold, one connection serves however many streams, and the other machine needs no program
// of Docker's. It ends with us, however we end, and is made anew when it breaks.

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pause } from '../../network/node-client.ts'

const ENGINE_SOCKET = '/var/run/docker.sock'
const CONNECT_S = 10
/** From the start of ssh to its first word: connecting, and whatever the other machine does when somebody logs in. */
const READY_MS = 30_000
/** A connection over which nothing comes any more is given up after three of these. */
const ALIVE_S = 5
const AGAIN_MS = [250, 1_000, 2_000, 5_000] as const
const SAID_BYTES = 4_096

/** One an address: engines are asked for by many. */
const ways = new Map<string, Promise<SshWay>>()
/** Whatever they lead to, they end with us. */
const begun = new Set<SshWay>()
process.once('exit', () => {
  for (const way of begun) way.close()
})

/** `ssh://user@host:port/path/of/the/socket`; all but the host may be absent. Rejects with what ssh said. */
export function sshWay(address: string): Promise<SshWay> {
  const way = ways.get(address) ?? SshWay.open(address)
  ways.set(address, way)
  way.catch(() => ways.delete(address))
  return way
}

export class SshWay {
  readonly socketPath: string
  readonly #address: string
  readonly #folder: string
  #ssh: ChildProcess | undefined
  #closed = false

  static async open(address: string): Promise<SshWay> {
    const way = new SshWay(address)
    try {
      await way.#connect()
    } catch (error) {
      way.close()
      throw error
    }
    void way.#keep()
    return way
  }

  private constructor(address: string) {
    this.#address = address
    this.#folder = mkdtempSync(join(tmpdir(), 'netsplit-ssh-'))
    this.socketPath = join(this.#folder, 'engine.sock')
    begun.add(this)
  }

  close(): void {
    this.#closed = true
    begun.delete(this)
    ways.delete(this.#address)
    this.#ssh?.kill()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /** Resolves once the socket leads there. */
  #connect(): Promise<void> {
    const ssh = spawn('ssh', sshArguments(this.#address, this.socketPath), { stdio: 'pipe' })
    this.#ssh = ssh
    // Nobody waits for it: it ends when its input does, which is when we end.
    ssh.unref()
    for (const stream of ssh.stdio) (stream as { unref?: () => void } | null)?.unref?.()
    ssh.stdin.on('error', () => {})
    let said = ''
    ssh.stderr.on('data', (part: Buffer) => {
      said = (said + part.toString('utf8')).slice(-SAID_BYTES)
    })
    return new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => {
        reject(new Error(`ssh did not get through within ${READY_MS / 1000} s`))
        ssh.kill()
      }, READY_MS).unref()
      ssh.once('close', () => clearTimeout(late))
      ssh.stdout.once('data', () => {
        clearTimeout(late)
        resolve()
      })
      ssh.once('error', ({ message }) => reject(new Error(`ssh cannot be started: ${message}`)))
      ssh.once('close', code => reject(new Error(lastLine(said) ?? `ssh ended with exit code ${code}`)))
    })
  }

  async #keep(): Promise<void> {
    while (!this.#closed) {
      await ended(this.#ssh)
      for (let attempt = 0; !this.#closed; attempt++) {
        await pause(AGAIN_MS[Math.min(attempt, AGAIN_MS.length - 1)] as number)
        if (this.#closed) return
        rmSync(this.socketPath, { force: true })
        const back = await this.#connect().then(
          () => true,
          () => false,
        )
        if (back) break
      }
    }
  }
}

/** For ssh: it asks nobody anything, and says a word when the socket is there. */
export function sshArguments(address: string, socketPath: string): string[] {
  const { hostname, port, username, pathname } = new URL(address)
  const options = {
    BatchMode: 'yes',
    ConnectTimeout: CONNECT_S,
    ExitOnForwardFailure: 'yes',
    ServerAliveInterval: ALIVE_S,
    ServerAliveCountMax: 3,
    StreamLocalBindMask: '0177',
  }
  return [
    ...Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]),
    ...['-T', '-L', `${socketPath}:${pathname.length > 1 ? pathname : ENGINE_SOCKET}`],
    ...(port ? ['-p', port] : []),
    ...(username ? ['-l', decodeURIComponent(username)] : []),
    ...['--', hostname, 'echo ready; exec cat'],
  ]
}

function ended(process: ChildProcess | undefined): Promise<unknown> {
  if (!process || process.exitCode !== null || process.signalCode !== null) return Promise.resolve()
  return new Promise(resolve => process.once('close', resolve))
}

function lastLine(text: string): string | undefined {
  return text.trim().split('\n').at(-1)?.trim() || undefined
}
