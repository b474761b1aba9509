// Images that go from one engine to others without a registry: saved once, read by all that lack it as fast as the slowest takes it.

import { PassThrough } from 'node:stream'
import type Docker from 'dockerode'
import { formatBytes } from '../../format.ts'
import { RuntimeError } from '../runtime.ts'
import { unnamed } from './client.ts'
import { engineError } from './engine.ts'
import { hasImage } from './image.ts'

/** Between two words about one that is on its way. */
const SAY_MS = 3_000

/** An engine by the name of its host. */
export interface NamedEngine {
  readonly name: string
  readonly docker: Docker
}

/** Gives the image to those of `to` that have none of its name. RuntimeError says which of them did not take it. */
export async function shipImage(
  from: NamedEngine,
  to: readonly NamedEngine[],
  image: string,
  say: (message: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  const had = await Promise.all(to.map(({ docker }) => hasImage(docker, image)))
  const lacking = to.filter((_, i) => !had[i])
  if (lacking.length === 0) return
  const startedMs = performance.now()
  const names = lacking.map(({ name }) => name).join(', ')
  say(`sending ${image} from ${from.name} to ${names}`)
  const bytes = await send(from, lacking, image, say, signal)
  const took = ((performance.now() - startedMs) / 1000).toFixed(1)
  say(`sent ${image} to ${names}: ${formatBytes(bytes)} each in ${took} s`)
}

async function send(
  from: NamedEngine,
  to: readonly NamedEngine[],
  image: string,
  say: (message: string) => void,
  signal: AbortSignal | undefined,
): Promise<number> {
  const saved = await save(from, image)
  const loads = to.map(engine => new Load(engine, image, signal))
  let bytes = 0
  let saidMs = performance.now()
  try {
    for await (const part of saved as AsyncIterable<Buffer>) {
      if (signal?.aborted) throw new Error('nobody waits for it any more')
      await Promise.all(loads.map(load => load.write(part)))
      // One that has failed is told of below; the others still get theirs.
      if (loads.every(({ failed }) => failed)) break
      bytes += part.length
      if (performance.now() - saidMs < SAY_MS) continue
      saidMs = performance.now()
      say(`sending ${image}: ${formatBytes(bytes)}`)
    }
  } catch (error) {
    for (const load of loads) load.giveUp(error as Error)
    await Promise.allSettled(loads.map(load => load.end()))
    throw failure(from.name, `${image} cannot be sent`, error)
  }
  const ends = await Promise.allSettled(loads.map(load => load.end()))
  const fell = ends.find(end => end.status === 'rejected')
  if (fell) throw fell.reason
  return bytes
}

async function save({ name, docker }: NamedEngine, image: string): Promise<NodeJS.ReadableStream> {
  try {
    return await docker.getImage(image).get()
  } catch (error) {
    throw failure(name, `${image} cannot be read`, error)
  }
}

/** What goes into one engine. */
class Load {
  readonly #input = new PassThrough()
  readonly #done: Promise<void>
  readonly #name: string
  readonly #image: string
  failed = false

  constructor({ name, docker }: NamedEngine, image: string, signal: AbortSignal | undefined) {
    this.#name = name
    this.#image = image
    this.#done = this.#load(docker, signal)
    this.#done.catch(() => {
      this.failed = true
      this.#input.destroy()
    })
    this.#input.on('error', () => {}) // told by `end`
  }

  /** Resolves when there is room for more, or nothing goes there any more. */
  async write(part: Buffer): Promise<void> {
    if (this.failed || this.#input.write(part)) return
    await new Promise<void>(resolve => {
      const goOn = () => {
        this.#input.off('drain', goOn).off('close', goOn)
        resolve()
      }
      this.#input.once('drain', goOn).once('close', goOn)
    })
  }

  giveUp(error: Error): void {
    this.#input.destroy(error)
  }

  async end(): Promise<void> {
    this.#input.end()
    await this.#done
  }

  async #load(docker: Docker, signal: AbortSignal | undefined): Promise<void> {
    try {
      const answer = await docker.loadImage(this.#input, signal && { abortSignal: signal })
      await new Promise<void>((resolve, reject) =>
        docker.modem.followProgress(answer, (error, lines: readonly { readonly error?: string }[]) => {
          const said = error?.message ?? lines.find(line => line.error !== undefined)?.error
          if (said === undefined) resolve()
          else reject(new Error(said))
        }),
      )
    } catch (error) {
      throw failure(this.#name, `${this.#image} cannot be loaded`, error)
    }
  }
}

/** The host comes first, once: its client may have named it already. */
function failure(host: string, what: string, error: unknown): RuntimeError {
  const { code, message } = engineError(what, error)
  return new RuntimeError(code, `${host}: ${unnamed(message, host)}`)
}
