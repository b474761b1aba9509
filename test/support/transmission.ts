// Transmission, driven: its daemon with a folder of its own, asked by its RPC. It knows version 1 alone, and reads no
// hybrid (3.00). It does not dial the loopback (it takes 127/8 for nobody's address): it is dialled.

import { join } from 'node:path'
import { freePort } from '../../node/host/inner.ts'
import { Program } from './other-program.ts'
import { until } from './until.ts'

const FIELDS = ['percentDone', 'status', 'errorString', 'downloadedEver', 'uploadedEver', 'corruptEver']
const SEEDING = 6

interface Reported {
  readonly percentDone: number
  readonly status: number
  readonly errorString: string
  readonly corruptEver: number
  readonly uploadedEver: number
}

export class Transmission {
  readonly address: string
  readonly #program: Program
  readonly #url: string
  #session = ''

  private constructor(program: Program, peerPort: number, rpcPort: number) {
    this.#program = program
    this.address = `127.0.0.1:${peerPort}`
    this.#url = `http://127.0.0.1:${rpcPort}/transmission/rpc`
  }

  /** `folder`: for what it keeps, content included. */
  static async start(folder: string): Promise<Transmission> {
    const [peerPort, rpcPort] = [await freePort(), await freePort()]
    const places = ['-g', join(folder, 'config'), '-w', join(folder, 'content')]
    const ports = ['-P', `${peerPort}`, '-p', `${rpcPort}`, '-i', '127.0.0.1', '-r', '127.0.0.1']
    const manners = ['-f', '-T', '-O', '-Y', '--no-utp', '-M', '-et', '-GSR', '-C']
    const program = new Program('transmission-daemon', [...places, ...ports, ...manners])
    const transmission = new Transmission(program, peerPort, rpcPort)
    await program.answers(() => transmission.#call('session-get'))
    return transmission
  }

  /** `folder`: where content lies, or is to lie. */
  async add(
    given: { readonly magnet: string } | { readonly torrent: string },
    folder: string,
  ): Promise<number> {
    const what = 'magnet' in given ? { filename: given.magnet } : { metainfo: given.torrent }
    const added = await this.#call<{ 'torrent-added': { id: number } }>('torrent-add', {
      ...what,
      'download-dir': folder,
      paused: false,
    })
    return added['torrent-added'].id
  }

  async complete(id: number, timeoutMs?: number): Promise<Reported> {
    const done = async () => {
      const now = await this.status(id)
      if (now.errorString !== '') throw new Error(`transmission: ${now.errorString}`)
      return now.percentDone === 1 && now.status === SEEDING && now
    }
    return until('transmission has all of it', done, timeoutMs)
  }

  async status(id: number): Promise<Reported> {
    const { torrents } = await this.#call<{ torrents: Reported[] }>('torrent-get', {
      ids: [id],
      fields: FIELDS,
    })
    const [found] = torrents
    if (!found) throw new Error(`transmission has no torrent ${id}`)
    return found
  }

  stop(): Promise<void> {
    return this.#program.stop()
  }

  /** The first answer to each session is a refusal that names the session (its guard against other sites' pages). */
  async #call<T>(method: string, asked: object = {}): Promise<T> {
    const answer = await fetch(this.#url, {
      method: 'POST',
      headers: { 'x-transmission-session-id': this.#session },
      body: JSON.stringify({ method, arguments: asked }),
    })
    if (answer.status === 409) {
      this.#session = answer.headers.get('x-transmission-session-id') ?? ''
      return this.#call(method, asked)
    }
    const { result, arguments: found } = (await answer.json()) as { result: string; arguments: T }
    if (result !== 'success') throw new Error(`transmission, ${method}: ${result}`)
    return found
  }
}
