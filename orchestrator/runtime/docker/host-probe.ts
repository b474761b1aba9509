// A helper on a host for a moment: a container from the node image in the host's own network, or in an overlay, that listens, dials and
// looks as it is told (docker/host-probe.cjs). It ends with its input, so it does not outlive whoever asked.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import type { Container, ContainerCreateOptions } from 'dockerode'
import { type Deferred, deferred } from '../../lanes.ts'
import { packageRoot } from '../../machine/paths.ts'
import { within } from '../../timers.ts'
import { RuntimeError } from '../runtime.ts'
import { type Engine, unless } from './engine.ts'
import { helperSpec } from './helper-spec.ts'
import { doctorLabels } from './labels.ts'

const SCRIPT = 'host-probe.cjs'
const MEMORY_BYTES = 128e6
const PIDS = 64
const START_MS = 30_000
const ANSWER_MS = 30_000
const MOST_WRONG = 300

/** In an overlay: its name, and the address there. */
export interface OverlayPlace {
  readonly network: string
  readonly address: string
}

export interface ProbeWish {
  readonly host: string
  readonly engine: Engine
  readonly image: string
  /** Whoever does not know it gets no answer. */
  readonly word: string
  /** Absent: in the host's own network. */
  readonly overlay?: OverlayPlace
}

export interface HostLook {
  readonly nowMs: number
  readonly freeBytes?: number
  readonly interfaces: readonly {
    readonly name: string
    readonly mtu?: number
    readonly addresses: readonly string[]
  }[]
}

export type Dialled = {
  readonly host: string
  readonly port: number
  readonly timeoutMs: number
} & (
  | {
      readonly protocol: 'tcp'
      /** A helper listens there, which sends back what it gets; else any listener will do. */
      readonly echo: boolean
      /** Of payload beside the word. */
      readonly bytes?: number
    }
  /** Who listens there, a helper, has heard of the tag even where its answer does not come back. No blanks. */
  | { readonly protocol: 'udp'; readonly tag: string }
)

interface Answer {
  readonly id?: number
  readonly ready?: true
  readonly error?: string
}

export class HostProbe {
  readonly #host: string
  readonly #container: Container
  readonly #stream: NodeJS.ReadWriteStream
  readonly #waiting = new Map<number, Deferred<Answer>>()
  readonly #ready: Deferred<void> = deferred()
  readonly #ended: Deferred<void> = deferred()
  /** What has no end of line yet. */
  #said = ''
  /** What is no answer is what went wrong. */
  #wrong = ''
  #asked = 0

  static async start(wish: ProbeWish): Promise<HostProbe> {
    const { docker } = wish.engine
    const container = await docker.createContainer(probeSpec(wish))
    try {
      const attached = { stream: true, stdin: true, stdout: true, stderr: true, hijack: true }
      const stream = await container.attach(attached)
      const probe = new HostProbe(wish, container, stream)
      await container.start()
      const started = Promise.race([probe.#ready.promise.then(() => true), probe.#ended.promise])
      if (await within(started, START_MS)) return probe
      throw new RuntimeError(
        'engine',
        `${wish.host}: the helper did not start: ${(probe.#wrong + probe.#said).trim()}`,
      )
    } catch (error) {
      await unless([404, 409], container.remove({ force: true })).catch(() => {})
      throw error
    }
  }

  private constructor(
    { host, engine: { docker } }: ProbeWish,
    container: Container,
    stream: NodeJS.ReadWriteStream,
  ) {
    this.#host = host
    this.#container = container
    this.#stream = stream
    const output = new PassThrough().on('data', (part: Buffer) => this.#onOutput(part.toString('utf8')))
    docker.modem.demuxStream(stream, output, output)
    const over = () => this.#end()
    stream.once('end', over).once('close', over).on('error', over)
  }

  async look(): Promise<HostLook> {
    return (await this.#ask('look')) as unknown as HostLook
  }

  /** By `port/protocol`: null, or why it could not be opened. */
  async listen(ports: {
    readonly tcp?: readonly number[]
    readonly udp?: readonly number[]
  }): Promise<{ readonly [port: string]: string | null }> {
    const { opened } = (await this.#ask('listen', ports)) as unknown as {
      readonly opened: { readonly [port: string]: string | null }
    }
    return opened
  }

  /** Undefined when it came through, else why not. */
  async dial(wish: Dialled): Promise<string | undefined> {
    const { why } = (await this.#ask('dial', wish)) as unknown as { readonly why: string | null }
    return why ?? undefined
  }

  /** Tags of what has come here by UDP. */
  async heard(): Promise<readonly string[]> {
    return ((await this.#ask('heard')) as unknown as { readonly tags: readonly string[] }).tags
  }

  /** Resolves once it has ended and its removal is under way at least. */
  async close(): Promise<void> {
    this.#stream.end()
    await within(this.#ended.promise, ANSWER_MS)
    await unless([404, 409], this.#container.remove({ force: true })).catch(() => {}) // gc finds it by its label
  }

  async #ask(order: string, what: object = {}): Promise<Answer> {
    const id = ++this.#asked
    const answer = deferred<Answer>()
    this.#waiting.set(id, answer)
    this.#stream.write(`${JSON.stringify({ ...what, id, order })}\n`)
    const ended = this.#ended.promise.then(() => undefined)
    const told = await within(Promise.race([answer.promise, ended]), ANSWER_MS)
    this.#waiting.delete(id)
    if (told && told.error === undefined) return told
    throw new RuntimeError('engine', `${this.#host}: the helper ${told?.error ?? 'does not answer'}`)
  }

  #onOutput(text: string): void {
    const lines = (this.#said + text).split('\n')
    this.#said = lines.pop() ?? ''
    for (const line of lines) {
      const answer = parse(line)
      if (answer?.ready) this.#ready.resolve()
      if (answer?.id !== undefined) this.#waiting.get(answer.id)?.resolve(answer)
      if (!answer) this.#wrong = `${this.#wrong}${line} `.slice(0, MOST_WRONG)
    }
  }

  #end(): void {
    this.#ended.resolve()
  }
}

function parse(line: string): Answer | undefined {
  try {
    return JSON.parse(line) as Answer
  } catch {
    return undefined
  }
}

function probeSpec({ image, word, overlay }: ProbeWish): ContainerCreateOptions {
  const script = readFileSync(join(packageRoot(), 'docker', SCRIPT), 'utf8')
  return {
    ...helperSpec({
      ...{ image, user: '1000:1000', entrypoint: ['node', '-e', script, '--', word] },
      ...{ networkMode: overlay?.network ?? 'host', memoryBytes: MEMORY_BYTES, pids: PIDS },
    }),
    Labels: doctorLabels(),
    ...(overlay && {
      NetworkingConfig: {
        EndpointsConfig: { [overlay.network]: { IPAMConfig: { IPv4Address: overlay.address } } },
      },
    }),
  }
}
