// Other people's program in a container beside its node's: started and ended when the node asks for it, never longer there than
// the node; and when it ends by itself, that is told.

import type Docker from 'dockerode'
import { howItEnded, type NodeEnd, remedyFor } from '../../endings.ts'
import type { PlannedNode } from '../../spec/types.ts'
import { RuntimeError } from '../runtime.ts'
import { ContainerLife } from './container.ts'
import { engineError, statusOf } from './engine.ts'
import type { ProgramAsk, ProgramStart } from './program-asks.ts'
import { type ProgramContainerWish, programSpec } from './program-spec.ts'
import { PROGRAM_STOP_TIMEOUT_MS } from './waits.ts'

export interface BesideOptions extends Pick<ProgramContainerWish, 'identity' | 'image' | 'limits' | 'cores'> {
  readonly docker: Docker
  readonly node: PlannedNode
  /** The node's, where what the program says goes, too. */
  readonly logFile: string
  /** The engine is heard about it from now on. */
  readonly watch: (life: ContainerLife) => void
  /** It ended by itself, or could not be started; the node is to end. */
  readonly onFell: (why: RuntimeError) => void
}

export class Beside {
  readonly #options: BesideOptions
  #life: ContainerLife | undefined
  #fell: NodeEnd | undefined
  /** Its node wants it no more. */
  #over = false
  #starting: Promise<void> = Promise.resolve()

  constructor(options: BesideOptions) {
    this.#options = options
  }

  /** Undefined before it is started. */
  get life(): ContainerLife | undefined {
    return this.#life
  }

  /** How it ended by itself, and its node with it. */
  get fell(): NodeEnd | undefined {
    return this.#fell
  }

  onAsk(ask: ProgramAsk, node: ContainerLife): void {
    if (ask === 'end') void this.stop().catch(() => {})
    else if (!this.#life) this.#starting = this.#start(ask, node)
  }

  async stop(): Promise<void> {
    this.#over = true
    await this.#life?.stop(PROGRAM_STOP_TIMEOUT_MS)
  }

  async kill(): Promise<void> {
    this.#over = true
    await this.#life?.kill()
  }

  async pause(): Promise<void> {
    await this.#life?.pause()
  }

  async unpause(): Promise<void> {
    await this.#life?.unpause()
  }

  /** Its node is gone: so is it, and its container once this resolves. */
  async follow(): Promise<void> {
    this.#over = true
    await this.#starting
    const life = this.#life
    if (!life) return
    await life.kill().catch(() => {})
    await life.removed
  }

  async #start(asked: ProgramStart, node: ContainerLife): Promise<void> {
    const { docker, watch, logFile, node: planned, onFell } = this.#options
    try {
      if (this.#over) return
      const spec = programSpec({ ...this.#options, node: planned.name, beside: node.id, asked })
      const life = await ContainerLife.create(docker, spec, logFile)
      this.#life = life
      watch(life)
      void life.died.then(death => this.#onDied(death, node))
      await life.start(docker)
      if (this.#over) await life.kill()
    } catch (error) {
      // A container that never ran does not remove itself.
      const unwanted = this.#over
      this.#over = true
      await this.#life?.remove().catch(() => {})
      this.#life?.onRemoved()
      if (unwanted) return
      onFell(whyNotStarted(this.#options, error))
    }
  }

  async #onDied(death: NodeEnd, node: ContainerLife): Promise<void> {
    await this.#starting
    const expected = this.#over || this.#life?.expected === true || node.expected
    // The kernel ends it before it has done with its node.
    if (expected || !(await node.runs().catch(() => true))) return
    this.#fell = death
    const { node: planned, onFell } = this.#options
    const what = `${planned.client?.name} ended (${howItEnded(death)})`
    onFell(new RuntimeError('node-died', what, [], remedyFor(death)))
  }
}

/** Where the engine found the image, and in it no such program, that can be mended. */
function whyNotStarted({ node, image }: BesideOptions, error: unknown): RuntimeError {
  const refused = engineError(`${node.name}: ${image.name} cannot be started`, error)
  const missing = /exec: .*(not found|no such file|not a directory|permission denied).*/i.exec(
    refused.message,
  )
  if (statusOf(error) === undefined || !missing) return refused
  const why = `${node.name}: ${node.client?.name} is not in ${image.name} (${missing[0]})`
  return new RuntimeError('no-image', why, [], `say with program where it lies in ${image.name}`)
}
