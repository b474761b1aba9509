// One life of one container: made, listened to from its first byte, started, ready, ended, gone.

import { type Duplex, PassThrough } from 'node:stream'
import type Docker from 'dockerode'
import type { Container, ContainerCreateOptions } from 'dockerode'
import type { EndCause, NodeEnd } from '../../endings.ts'
import { type Deferred, deferred } from '../../lanes.ts'
import { pause } from '../../network/node-client.ts'
import { within } from '../../timers.ts'
import { appendToLog } from '../log-file.ts'
import { lastLines } from '../log-tail.ts'
import { parseReady, ReadyLine } from '../ready-line.ts'
import type { RunLimits } from '../runtime.ts'
import { statusOf, unless } from './engine.ts'
import { takesCalls } from './engine-alive.ts'
import { endOf } from './evidence.ts'
import { type ProgramAsk, ProgramAsks } from './program-asks.ts'

/** What the container still said may be on its way when the engine tells of its end, but not for long. */
const LAST_WORDS_MS = 5_000
/**
 * The engine tells of memory that ran out in an event of its own, about when it tells of the end and before it has removed
 * the container: no longer than this after that, and in all.
 */
const OOM_EVENT_MS = 300
const OOM_MOST_MS = 5_000
const SIGKILL_CODE = 137
/** Of its log, in which it may say what it lacked. */
const LAST_LINES = 50
/** On a busy machine the kernel may not catch every thread in time; the engine (runc on cgroup v1) then gives up soon. */
const FREEZE_ATTEMPTS = 20
const FREEZE_AGAIN_MS = 100
const SECOND_NS = 1e9

export class ContainerLife {
  readonly container: Container
  readonly #docker: Docker
  /** It was asked to end. */
  expected = false
  paused = false
  /** By the last look at it, as its limit counts memory. */
  usedBytes: number | undefined
  #limitBytes: number | undefined
  /** As it was made. */
  readonly #plannedBytes: number | undefined
  /** Why we end it, where that is not how nodes end. */
  #blame: EndCause | undefined
  /** Somebody had the engine send it a signal. */
  #killedByOthers = false
  readonly #logFile: string
  readonly #ready: Deferred<void> = deferred()
  readonly #said: ReadyLine<{ readonly ready: boolean }>
  readonly #asks: ProgramAsks | undefined
  /** Of the stream that it is listened to by now: nothing more comes over it. */
  #logged: Deferred<void> = deferred()
  readonly #outOfMemory: Deferred<true> = deferred()
  readonly #died: Deferred<NodeEnd> = deferred()
  readonly #removed: Deferred<void> = deferred()
  #stream: NodeJS.ReadWriteStream | undefined
  #ending = false
  /** With which it was lost. */
  #host: string | undefined

  /** `onAsk`: a program is to run beside it, and it asks for that. */
  static async create(
    docker: Docker,
    spec: ContainerCreateOptions,
    logFile: string,
    onAsk?: (ask: ProgramAsk) => void,
  ): Promise<ContainerLife> {
    const container = await docker.createContainer(spec)
    return new ContainerLife(docker, container, spec.HostConfig?.Memory, logFile, onAsk)
  }

  private constructor(
    docker: Docker,
    container: Container,
    limitBytes: number | undefined,
    logFile: string,
    onAsk?: (ask: ProgramAsk) => void,
  ) {
    this.#docker = docker
    this.container = container
    this.#limitBytes = limitBytes
    this.#plannedBytes = limitBytes
    this.#logFile = logFile
    this.#said = new ReadyLine(
      line => parseReady<{ ready: boolean }>(line, ({ ready }) => ready === true),
      () => this.#ready.resolve(),
      text => this.#log(text),
    )
    this.#asks = onAsk && new ProgramAsks(onAsk, text => this.#said.push(text))
  }

  get id(): string {
    return this.container.id
  }

  /** Its node has said that it can be used. */
  get ready(): Promise<void> {
    return this.#ready.promise
  }

  /** How it ended, once all that it said is in its log. */
  get died(): Promise<NodeEnd> {
    return this.#died.promise
  }

  /** The engine knows it no more. */
  get removed(): Promise<void> {
    return this.#removed.promise
  }

  async start(docker: Docker): Promise<void> {
    // Before the start, so that no word is lost; the engine's log driver keeps a bounded copy of its own.
    const stream = await this.container.attach({ stream: true, stdout: true, stderr: true })
    this.#listen(docker, stream)
    await this.container.start()
  }

  /** For an engine that came back: listens again, from now on. A stream that outlasted the silence would say all of it twice. */
  async listenAgain(docker: Docker): Promise<void> {
    const stream = await this.container.attach({ stream: true, stdout: true, stderr: true })
    ;(this.#stream as Duplex | undefined)?.destroy()
    this.#listen(docker, stream)
  }

  async kill(): Promise<void> {
    this.expected = true
    await this.#thaw()
    await unless([404, 409], this.container.kill()) // it has ended already
  }

  async stop(timeoutMs: number): Promise<void> {
    this.expected = true
    await this.#thaw()
    await unless([304, 404, 409], this.container.stop({ t: Math.ceil(timeoutMs / 1000) }))
  }

  /** Ends and removes it, whatever state it is in; `blame`: why, where it is to be told. */
  async remove(blame?: EndCause): Promise<void> {
    this.expected = true
    this.#blame ??= blame
    await unless([404, 409], this.container.remove({ force: true }))
  }

  async pause(): Promise<void> {
    for (let attempt = 1; !this.paused; attempt++)
      try {
        await this.container.pause()
        this.paused = true
      } catch (error) {
        if (attempt === FREEZE_ATTEMPTS || !isBusy(error)) throw error
        await pause(FREEZE_AGAIN_MS)
      }
  }

  async unpause(): Promise<void> {
    await this.container.unpause()
    this.paused = false
  }

  /** From now on, to the end of this life. */
  async limit(cpus: number, memoryBytes: number): Promise<void> {
    const NanoCpus = Math.round(cpus * SECOND_NS)
    await this.container.update({ NanoCpus, Memory: memoryBytes, MemorySwap: memoryBytes })
    this.#limitBytes = memoryBytes
  }

  /** What the engine gives, and the memory that the kernel really keeps it to. */
  async limits(): Promise<RunLimits> {
    const [{ HostConfig }, { memory_stats }] = await Promise.all([
      this.container.inspect(),
      this.container.stats({ stream: false, 'one-shot': true }),
    ])
    return { cpus: (HostConfig.NanoCpus ?? 0) / SECOND_NS || undefined, memoryBytes: memory_stats.limit }
  }

  /** Whether the engine has it running, paused or not. */
  async runs(): Promise<boolean> {
    try {
      return (await this.container.inspect()).State.Running
    } catch (error) {
      if (statusOf(error) === 404) return false
      throw error
    }
  }

  // What the engine tells

  onOutOfMemory(): void {
    this.#outOfMemory.resolve(true)
  }

  /** Somebody has the engine send it a signal; what we have sent ourselves is no news. */
  onKilled(): void {
    if (!this.expected) this.#killedByOthers = true
  }

  onDied(exitCode: number): void {
    if (this.#ending) return
    this.#ending = true
    void this.#end(exitCode)
  }

  onRemoved(): void {
    this.#removed.resolve()
    // Its end was missed.
    this.onDied(Number.NaN)
  }

  /** The engine does not answer any more, and we end: what it would tell is not waited for. */
  letGo(): void {
    ;(this.#stream as Duplex | undefined)?.destroy()
    this.expected = true
    this.onRemoved()
  }

  /** Its host is lost, and it with that. */
  loseHost(host: string): void {
    this.#host ??= host
    ;(this.#stream as Duplex | undefined)?.destroy()
    this.#logged.resolve() // nothing comes any more
    this.onRemoved()
  }

  async #end(exitCode: number): Promise<void> {
    await within(this.#logged.promise, LAST_WORDS_MS)
    const { expected } = this
    const killed = exitCode === SIGKILL_CODE && !expected && !this.#killedByOthers
    const limitBytes = this.#limitBytes
    const end = endOf({
      exitCode,
      toldOutOfMemory: killed && (await this.#ranOutOfMemory()),
      killedByOthers: this.#killedByOthers,
      engineGoes: this.#killedByOthers && !(await takesCalls(this.#docker)),
      lastLines: lastLines(this.#logFile, LAST_LINES),
      limitBytes,
      limitedByFault: limitBytes !== this.#plannedBytes,
      usedBytes: this.usedBytes,
    })
    const { code, signal } = end
    const host = this.#host
    const lost = host !== undefined && { code, signal, cause: 'host' as const, host }
    const ours = expected && { code, signal, ...(this.#blame && { cause: this.#blame }) }
    this.#died.resolve(lost || ours || end)
  }

  async #ranOutOfMemory(): Promise<boolean> {
    const told = this.#outOfMemory.promise
    const notTold = within(this.removed, OOM_MOST_MS).then(() => within(told, OOM_EVENT_MS))
    return (await Promise.race([told, notTold])) === true
  }

  /** A frozen process hears no signal. */
  async #thaw(): Promise<void> {
    if (!this.paused) return
    this.paused = false
    await unless([304, 404, 409, 500], this.container.unpause())
  }

  #listen(docker: Docker, stream: NodeJS.ReadWriteStream): void {
    this.#stream = stream
    const logged = deferred<void>()
    this.#logged = logged
    const stdout = new PassThrough().on('data', (part: Buffer) =>
      (this.#asks ?? this.#said).push(part.toString('utf8')),
    )
    const stderr = new PassThrough().on('data', (part: Buffer) => this.#log(part))
    docker.modem.demuxStream(stream, stdout, stderr)
    const over = () =>
      setImmediate(() => {
        this.#asks?.end()
        this.#said.end()
        logged.resolve()
      })
    stream.once('end', over).once('close', over).once('error', over)
  }

  #log(part: Buffer | string): void {
    appendToLog(this.#logFile, part)
  }
}

function isBusy(error: unknown): boolean {
  return /unable to freeze/.test((error as { message?: string }).message ?? '')
}
