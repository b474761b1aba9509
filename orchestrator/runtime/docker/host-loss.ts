// A host that is lost: its engine has not answered for as long as nodes go on without their controller. Those that it had are gone
// then, or about to be; they are told to be lost with it, and the run goes on.
//
// What comes over a network may cease without an end: so its engine is asked now and then whether it is there.

import { plural } from '../../format.ts'
import { pause } from '../../network/node-client.ts'
import type { RuntimeOptions } from '../runtime.ts'
import type { ContainerLife } from './container.ts'

/** Where nodes go on for ever. */
const DEFAULT_MS = 30_000
const ASK_MS = 5_000
/** A busy one may be late once. */
const MOST_SILENT = 2

/** Containers that the engine is heard about, and whose they are; the network's own have no node. */
export type Lives = Map<string, { readonly life: ContainerLife; readonly node?: string }>

export interface HostLossOptions {
  readonly host: string
  /** 0 means never. */
  readonly heartbeatTimeoutMs: number
  readonly lives: Lives
  /** Its engine takes calls. */
  readonly answers: () => Promise<boolean>
  /** It does not, though nothing else says so. */
  readonly onSilent: () => void
  readonly onNote: NonNullable<RuntimeOptions['onNote']>
}

/** A host that has come back still has what it had for a moment: the names of its containers, and their addresses in the overlay. */
const SETTLING = /is already in use by container|attaching to network failed/
const SETTLED_TRIES = 5
const SETTLED_MS = 1_000

/** Starts what may be in the way of itself. */
export async function onceSettled<T>(start: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++)
    try {
      return await start()
    } catch (error) {
      if (tries === SETTLED_TRIES || !SETTLING.test((error as Error).message)) throw error
      await pause(SETTLED_MS)
    }
}

export class HostLoss {
  readonly #options: HostLossOptions
  readonly #asking: NodeJS.Timeout
  #silent = 0
  /** How often it has gone or come. */
  #turns = 0
  #timer: NodeJS.Timeout | undefined
  #lost = false

  constructor(options: HostLossOptions) {
    this.#options = options
    this.#asking = setInterval(() => void this.#ask(), ASK_MS).unref()
  }

  /** Its engine does not answer from now on. */
  begin(): void {
    this.#turns++
    const afterMs = this.#options.heartbeatTimeoutMs || DEFAULT_MS
    this.#timer ??= setTimeout(() => this.#lose(), afterMs).unref()
  }

  /** It answers again. Whether it was lost meanwhile. */
  end(): boolean {
    this.#turns++
    this.#silent = 0
    clearTimeout(this.#timer)
    this.#timer = undefined
    const lost = this.#lost
    this.#lost = false
    return lost
  }

  /** Nobody wants to know any more. */
  close(): void {
    clearInterval(this.#asking)
    clearTimeout(this.#timer)
  }

  async #ask(): Promise<void> {
    if (this.#timer) return // known
    const turns = this.#turns
    const answers = await this.#options.answers()
    // What was asked before it went says nothing of it since it is back.
    if (turns !== this.#turns) return
    this.#silent = answers ? 0 : this.#silent + 1
    if (this.#silent < MOST_SILENT) return
    this.#silent = 0
    this.#options.onSilent()
  }

  #lose(): void {
    const { host, lives, onNote } = this.#options
    this.#lost = true
    const lost = [...lives]
    const nodes = new Set(lost.flatMap(([, { node }]) => node ?? []))
    const which =
      nodes.size > 0 ? `, and ${plural(nodes.size, 'node')} with it: ${[...nodes].join(', ')}` : ''
    onNote('error', `the host is lost${which}`)
    for (const [id, { life }] of lost) {
      lives.delete(id)
      life.loseHost(host)
    }
  }
}
