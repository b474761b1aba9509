// aria2, driven: a process that is asked by its RPC. It knows version 1 alone, and nobody can tell it of a peer but a tracker, the
// hash table or another peer: it is dialled.

import { freePort } from '../../node/host/inner.ts'
import { Program } from './other-program.ts'
import { until } from './until.ts'

interface Reported {
  readonly status: string
  readonly totalLength: string
  readonly completedLength: string
  readonly uploadLength: string
  readonly seeder?: string
  readonly errorMessage?: string
  /** Of a magnet link: what took its place when it had the info. */
  readonly followedBy?: readonly string[]
}

export class Aria2 {
  readonly address: string
  readonly #program: Program
  readonly #url: string

  private constructor(program: Program, port: number, rpcPort: number) {
    this.#program = program
    this.address = `127.0.0.1:${port}`
    this.#url = `http://127.0.0.1:${rpcPort}/jsonrpc`
  }

  static async start(folder: string): Promise<Aria2> {
    const [port, rpcPort] = [await freePort(), await freePort()]
    const program = new Program('aria2c', [
      ...['--no-conf', '--quiet', '--enable-rpc', `--rpc-listen-port=${rpcPort}`, `--listen-port=${port}`],
      ...[
        '--enable-dht=false',
        '--enable-dht6=false',
        '--bt-enable-lpd=false',
        '--disable-ipv6',
        `--dir=${folder}`,
      ],
      ...['--seed-ratio=0', '--check-integrity', '--file-allocation=none', '--max-overall-upload-limit=0'],
      ...['--bt-tracker-interval=1', '--allow-overwrite'],
    ])
    const aria2 = new Aria2(program, port, rpcPort)
    await program.answers(() => aria2.#call('getVersion'))
    return aria2
  }

  add(given: { readonly magnet: string } | { readonly torrent: string }, folder: string): Promise<string> {
    if ('magnet' in given) return this.#call('addUri', [given.magnet], { dir: folder })
    return this.#call('addTorrent', given.torrent, [], { dir: folder })
  }

  /** `id`: as `add` gave it. */
  async complete(id: string, timeoutMs?: number): Promise<Reported> {
    const done = async () => {
      let now = await this.status(id)
      if (now.followedBy?.[0]) now = await this.status(now.followedBy[0])
      if (now.status === 'error') throw new Error(`aria2: ${now.errorMessage}`)
      return now.seeder === 'true' && now
    }
    return until('aria2 has all of it', done, timeoutMs)
  }

  status(id: string): Promise<Reported> {
    return this.#call('tellStatus', id)
  }

  stop(): Promise<void> {
    return this.#program.stop()
  }

  async #call<T>(method: string, ...params: readonly unknown[]): Promise<T> {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: `aria2.${method}`, params })
    const answer = await (await fetch(this.#url, { method: 'POST', body })).json()
    const { result, error } = answer as { result: T; error?: { message: string } }
    if (error) throw new Error(`aria2, ${method}: ${error.message}`)
    return result
  }
}
