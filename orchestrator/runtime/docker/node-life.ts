// One life of a node: that of its container and, where it is other people's program, of the container of that beside it. The two
// live, stand still and end as one.

import type Docker from 'dockerode'
import type { ContainerCreateOptions } from 'dockerode'
import type { EndCause, NodeEnd } from '../../endings.ts'
import { type Deferred, deferred } from '../../lanes.ts'
import type { RunLimits, RuntimeError } from '../runtime.ts'
import { Beside, type BesideOptions } from './beside.ts'
import { burn } from './burn.ts'
import { ContainerLife } from './container.ts'

export interface NodeLifeOptions {
  readonly docker: Docker
  readonly spec: ContainerCreateOptions
  readonly logFile: string
  /** The engine is heard about this container from now on. */
  readonly watch: (life: ContainerLife) => void
  /** Absent: our own program, in the node's own container. */
  readonly program: Pick<BesideOptions, 'identity' | 'image' | 'limits' | 'cores' | 'node'> | undefined
}

export class NodeLife {
  readonly #docker: Docker
  readonly #own: ContainerLife
  readonly #program: Beside | undefined
  readonly #fallen: Deferred<RuntimeError>
  readonly died: Promise<NodeEnd>
  /** The engine knows nothing of it any more. */
  readonly removed: Promise<unknown>

  /** Made, and not started. */
  static async create(options: NodeLifeOptions): Promise<NodeLife> {
    const { docker, spec, logFile, watch, program } = options
    const fallen = deferred<RuntimeError>()
    const onFell = (why: RuntimeError) => fallen.resolve(why)
    const beside = program && new Beside({ ...program, docker, logFile, watch, onFell })
    const own: ContainerLife = await ContainerLife.create(
      docker,
      spec,
      logFile,
      beside && (ask => beside.onAsk(ask, own)),
    )
    watch(own)
    return new NodeLife(docker, own, beside, fallen)
  }

  private constructor(
    docker: Docker,
    own: ContainerLife,
    program: Beside | undefined,
    fallen: Deferred<RuntimeError>,
  ) {
    this.#docker = docker
    this.#own = own
    this.#program = program
    this.#fallen = fallen
    this.died = own.died.then(death => program?.fell ?? death)
    this.removed = Promise.all([own.removed, program && own.died.then(() => program.follow())])
  }

  /** Of the node's own container. */
  get id(): string {
    return this.#own.id
  }

  get own(): ContainerLife {
    return this.#own
  }

  get ready(): Promise<void> {
    return this.#own.ready
  }

  /** It was asked to end. */
  get expected(): boolean {
    return this.#own.expected && this.#program?.fell === undefined
  }

  /** Its program has ended by itself, or could not be started: the node is of no use. */
  get fallen(): Promise<RuntimeError> {
    return this.#fallen.promise
  }

  async start(): Promise<void> {
    await this.#own.start(this.#docker)
  }

  async kill(): Promise<void> {
    await Promise.all([this.#own.kill(), this.#program?.kill()])
  }

  /** The node has its program ended first. */
  async stop(timeoutMs: number): Promise<void> {
    if (this.#own.paused) await this.unpause()
    await this.#own.stop(timeoutMs)
  }

  /** Ends and removes it, whatever state it is in; `blame`: why, where it is to be told. */
  async remove(blame?: EndCause): Promise<void> {
    await Promise.all([this.#own.remove(blame), this.#program?.follow()])
  }

  /** Both, or none. */
  async pause(): Promise<void> {
    await this.#program?.pause()
    try {
      await this.#own.pause()
    } catch (error) {
      await this.#program?.unpause().catch(() => {})
      throw error
    }
  }

  async unpause(): Promise<void> {
    await this.#own.unpause()
    await this.#program?.unpause()
  }

  /** Of the program, where there is one: what is beside it only looks on. */
  async limit(cpus: number, memoryBytes: number): Promise<void> {
    await this.#limited.limit(cpus, memoryBytes)
  }

  async limits(): Promise<RunLimits> {
    return await this.#limited.limits()
  }

  /** As Runtime.burn. */
  burn(cpuMs: number): Promise<number | undefined> | undefined {
    const program = this.#program?.life
    return program && burn(this.#docker, program.container, cpuMs)
  }

  /** As the container's; of the program beside it, too. */
  letGo(): void {
    this.#program?.life?.letGo()
    this.#own.letGo()
  }

  onRemoved(): void {
    this.#own.onRemoved()
  }

  get #limited(): ContainerLife {
    return this.#program?.life ?? this.#own
  }
}
