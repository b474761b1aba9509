// libtorrent, driven: a session in a process of its own (libtorrent-driver.py, run by Debian's Python), asked over its stdin.

import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { packageRoot } from '../../orchestrator/machine/paths.ts'
import { until } from './until.ts'

export const PYTHON = '/usr/bin/python3'

export type Version = 'v1' | 'v2' | 'hybrid'

/** What it makes of a file or of a folder. */
export interface Created {
  /** base64 */
  readonly torrent: string
  readonly magnet: string
  readonly hashes: { readonly v1: string | null; readonly v2: string | null }
  readonly pieces: number
}

export interface Verdict {
  readonly name: string
  readonly paths: readonly string[]
  readonly hashes: Created['hashes']
}

export interface TorrentStatus {
  readonly state: string
  readonly name: string
  readonly error: string | null
  readonly metadata: boolean
  readonly pieces: number
  readonly progress: number
  readonly seeding: boolean
  readonly peers: number
  readonly downBytes: number
  readonly upBytes: number
  readonly failedBytes: number
  readonly redundantBytes: number
}

export interface TorrentPeer {
  readonly address: string
  readonly client: string
  /** Where it was heard of: bits of libtorrent's `peer_info.source`. */
  readonly source: number
  readonly pieces: number
  readonly downBytes: number
  readonly upBytes: number
  readonly hashFails: number
}

export type Given = { readonly magnet: string } | { readonly torrent: string }

export interface SessionOptions {
  readonly dht?: boolean
  /** libtorrent's own, over those of the driver. */
  readonly settings?: { readonly [name: string]: string | number | boolean }
}

interface Asked {
  resolve(result: unknown): void
  reject(error: Error): void
}

export class Libtorrent {
  readonly #child: ChildProcess
  readonly #asked = new Map<number, Asked>()
  readonly #exited: Promise<void>
  #port = 0
  #questions = 0
  #log = ''

  private constructor() {
    this.#child = spawn(PYTHON, [join(packageRoot(), 'test/support/libtorrent-driver.py')], {
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    this.#child.stderr?.on('data', chunk => {
      this.#log += chunk
    })
    this.#child.stdin?.on('error', () => {}) // it has ended, which its exit says
    this.#exited = new Promise(resolve => {
      this.#child.once('close', () => {
        this.#ends(new Error(`libtorrent has ended\n${this.#log}`))
        resolve()
      })
      this.#child.once('error', error => {
        this.#ends(error)
        resolve()
      })
    })
    if (this.#child.stdout) createInterface(this.#child.stdout).on('line', line => this.#hears(line))
  }

  /** A session that listens on a free port of the loopback. Whoever starts it stops it. */
  static async start(options: SessionOptions = {}): Promise<Libtorrent> {
    const session = new Libtorrent()
    const { port } = await session.#ask<{ port: number }>('start', options)
    session.#port = port
    return session
  }

  /** Where it listens, for datagrams of its DHT as well. */
  get address(): string {
    return `127.0.0.1:${this.#port}`
  }

  create(asked: {
    readonly path: string
    readonly version: Version
    readonly pieceLength?: number
    readonly trackers?: readonly string[]
    readonly private?: boolean
  }): Promise<Created> {
    return this.#ask('create', asked)
  }

  /** Whether it takes this for a torrent, and what it makes of its paths; rejects where it does not. */
  verdict(torrent: string): Promise<Verdict> {
    return this.#ask('verdict', { torrent })
  }

  async add(
    given: Given,
    folder: string,
    more: { readonly peers?: readonly string[]; readonly pex?: boolean; readonly seed?: boolean } = {},
  ): Promise<LibtorrentTorrent> {
    const { torrent } = await this.#ask<{ torrent: number }>('add', { ...given, folder, ...more })
    return new LibtorrentTorrent((operation, asked) => this.#ask(operation, { torrent, ...asked }))
  }

  /** Bytes a second of all its connections. */
  limit(bytesPerSecond: { readonly up?: number; readonly down?: number }): Promise<unknown> {
    return this.#ask('limit', bytesPerSecond)
  }

  addDhtNode(address: string): Promise<unknown> {
    return this.#ask('dhtnode', { address })
  }

  dht(): Promise<{ readonly running: boolean; readonly nodes: number }> {
    return this.#ask('dht')
  }

  /** What it has said, for whoever wonders. */
  alerts(): Promise<readonly string[]> {
    return this.#ask('alerts')
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#exited
  }

  #ask<T>(op: string, asked: object = {}): Promise<T> {
    const id = ++this.#questions
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { resolve: resolve as (result: unknown) => void, reject })
      this.#child.stdin?.write(`${JSON.stringify({ id, op, ...asked })}\n`)
    })
  }

  #hears(line: string): void {
    const { id, result, error } = JSON.parse(line) as { id: number; result: unknown; error?: string }
    const asked = this.#asked.get(id)
    this.#asked.delete(id)
    if (error === undefined) asked?.resolve(result)
    else asked?.reject(new Error(error))
  }

  #ends(error: Error): void {
    for (const { reject } of this.#asked.values()) reject(error)
    this.#asked.clear()
  }
}

/** One torrent of a session. */
export class LibtorrentTorrent {
  readonly #ask: <T>(op: string, asked?: object) => Promise<T>

  constructor(ask: <T>(op: string, asked?: object) => Promise<T>) {
    this.#ask = ask
  }

  status(): Promise<TorrentStatus> {
    return this.#ask('status')
  }

  peers(): Promise<readonly TorrentPeer[]> {
    return this.#ask('peers')
  }

  connect(address: string): Promise<unknown> {
    return this.#ask('connect', { address })
  }

  announceToDht(): Promise<unknown> {
    return this.#ask('dhtannounce')
  }

  announceToTrackers(): Promise<unknown> {
    return this.#ask('reannounce')
  }

  recheck(): Promise<unknown> {
    return this.#ask('recheck')
  }

  async complete(timeoutMs?: number): Promise<void> {
    await until(
      'libtorrent has all of it',
      async () => {
        const { seeding, error } = await this.status()
        if (error) throw new Error(`libtorrent: ${error}`)
        return seeding
      },
      timeoutMs,
    )
  }
}
