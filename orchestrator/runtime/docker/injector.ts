// The helper that injects faults beside a node: a container from the same image in the node's network namespace, and the only
// one that holds NET_ADMIN there. It runs the scripts that come over its standard input and ends with it, so it does not
// outlive the controller.

import { type Duplex, PassThrough } from 'node:stream'
import type Docker from 'dockerode'
import type { ContainerCreateOptions } from 'dockerode'
import { type Deferred, deferred } from '../../lanes.ts'
import { after, within } from '../../timers.ts'
import { RuntimeError } from '../runtime.ts'
import { TMPFS } from './container-spec.ts'
import { unless } from './engine.ts'
import { helperSpec } from './helper-spec.ts'
import { type Identity, labelsOf, objectName } from './labels.ts'

/** Scripts come and answers go with a NUL behind each: an exit code, then what was said. */
const LOOP = `while IFS= read -r -d '' script; do said=$(bash -c "$script" 2>&1); printf '%s\\0%s\\0' "$?" "$said"; done`
const MEMORY_BYTES = 64e6
const PIDS = 32

export interface InjectorWish {
  readonly identity: Identity
  readonly image: string
  readonly node: string
  /** The container whose network it enters. */
  readonly beside: string
  /** So long an answer is waited for. */
  readonly answerMs: number
}

export class Injector {
  readonly #stream: NodeJS.ReadWriteStream
  /** Whoever waits for an answer, in order. */
  readonly #waiting: Deferred<string>[] = []
  readonly #answerMs: number
  #said = ''
  #ended = false

  static async start(docker: Docker, wish: InjectorWish): Promise<Injector> {
    const container = await docker.createContainer(injectorSpec(wish))
    try {
      const attached = { stream: true, stdin: true, stdout: true, stderr: true, hijack: true }
      const injector = new Injector(docker, await container.attach(attached), wish.answerMs)
      await container.start()
      return injector
    } catch (error) {
      await unless([404, 409], container.remove({ force: true })).catch(() => {})
      throw error
    }
  }

  private constructor(docker: Docker, stream: NodeJS.ReadWriteStream, answerMs: number) {
    this.#stream = stream
    this.#answerMs = answerMs
    const output = new PassThrough().on('data', (part: Buffer) => this.#onOutput(part.toString('utf8')))
    docker.modem.demuxStream(stream, output, output)
    const over = () => this.#end()
    stream.once('end', over).once('close', over).on('error', over)
  }

  get ended(): boolean {
    return this.#ended
  }

  /** Runs a shell script there; resolves with what it said. RuntimeError when it failed. */
  async run(script: string): Promise<string> {
    const answer = deferred<string>()
    this.#waiting.push(answer)
    if (this.#ended) this.#end()
    else this.#stream.write(`${script}\0`)
    const said = await within(answer.promise, this.#answerMs)
    if (said !== undefined) return said
    this.close()
    throw new RuntimeError('engine', `the fault helper did not answer within ${this.#answerMs / 1000} s`)
  }

  /** It goes once its input has ended, and its container with it. */
  close(): void {
    this.#ended = true
    this.#stream.end()
    // An engine that hangs does not close its end.
    after(this.#answerMs, () => (this.#stream as Duplex).destroy(), { idle: true })
  }

  #onOutput(text: string): void {
    this.#said += text
    for (;;) {
      const [code, said, ...rest] = this.#said.split('\0')
      if (said === undefined || rest.length === 0) return
      this.#said = rest.join('\0')
      const answer = this.#waiting.shift()
      if (code === '0') answer?.resolve(said)
      else answer?.reject(new RuntimeError('engine', `the fault helper failed: ${said.trim()}`))
    }
  }

  #end(): void {
    this.#ended = true
    for (const answer of this.#waiting.splice(0))
      answer.reject(new RuntimeError('engine', 'the fault helper has ended'))
  }
}

function injectorSpec({ identity, image, node, beside }: InjectorWish): ContainerCreateOptions {
  const spec = helperSpec({
    ...{ image, user: '0:0', entrypoint: ['bash', '-c', LOOP], networkMode: `container:${beside}` },
    ...{ memoryBytes: MEMORY_BYTES, pids: PIDS },
  })
  return {
    ...spec,
    name: objectName(identity, `${node}-faults`),
    Labels: { ...labelsOf(identity, 'injector') },
    HostConfig: {
      ...spec.HostConfig,
      CapAdd: ['NET_ADMIN'],
      // A here-document is a file in /tmp.
      Tmpfs: { '/tmp': TMPFS },
    },
  }
}
