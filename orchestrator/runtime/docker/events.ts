// The engine's event stream for one run: who died, of what, who is gone. Watches the engine itself, too: when the stream
// breaks it says so, comes back with growing pauses, and lets the caller look what happened meanwhile.

import type { Readable } from 'node:stream'
import type Docker from 'dockerode'
import { linesOf } from '../../machine/http.ts'
import { pause } from '../../network/node-client.ts'
import { withLabels } from './labels.ts'

/** An engine that hangs takes the question and never answers. */
const OPEN_MS = 30_000
const RETRY_MS = [100, 250, 500, 1_000, 2_000, 5_000] as const

/** Docker's word for a container that is no more, and podman's. */
const GONE: readonly string[] = ['destroy', 'remove']

export interface EngineWatcher {
  /** The main process has ended. */
  onDied(container: string, exitCode: number): void
  onOutOfMemory(container: string): void
  /** The engine sends it a signal, for whoever asked it to, or since it ends itself. */
  onKilled(container: string): void
  onRemoved(container: string): void
  /** The engine does not answer any more. */
  onLost(why: string): void
  /** It answers again; events were missed. */
  onBack(): Promise<void>
}

export class EngineEvents {
  readonly #docker: Docker
  readonly #filters: { readonly [label: string]: string }
  readonly #watcher: EngineWatcher
  readonly #end = new AbortController()
  #open: Readable | undefined

  constructor(docker: Docker, labels: { readonly [label: string]: string }, watcher: EngineWatcher) {
    this.#docker = docker
    this.#filters = labels
    this.#watcher = watcher
  }

  /** Resolves when nothing that happens from now on is missed. */
  async open(): Promise<void> {
    const stream = await this.#stream()
    void this.#follow(stream)
  }

  close(): void {
    this.#end.abort()
  }

  /** Nothing comes over it any more, though it is open: from now on as if it had ended. */
  breakOff(why: string): void {
    this.#open?.destroy(new Error(why))
  }

  async #stream(): Promise<Readable> {
    const late = new AbortController()
    const timer = setTimeout(() => late.abort(), OPEN_MS)
    const asking = this.#docker.getEvents({
      filters: { ...withLabels(this.#filters), type: ['container'], event: ['die', 'oom', 'kill', ...GONE] },
      // Given to the connection, which has it for as long as it is open.
      abortSignal: AbortSignal.any([this.#end.signal, late.signal]),
    })
    const stream = (await asking.finally(() => clearTimeout(timer))) as Readable
    // It ends with an error when we close it.
    stream.on('error', () => {})
    this.#open = stream
    return stream
  }

  async #follow(first: Readable): Promise<void> {
    const { signal } = this.#end
    for (let stream = first; ; ) {
      const why = await this.#read(stream)
      if (signal.aborted) return
      this.#watcher.onLost(why)
      const next = await this.#reopen()
      if (!next) return
      stream = next
      await this.#watcher.onBack().catch(() => {}) // it is away again, and will be back again
    }
  }

  async #read(stream: Readable): Promise<string> {
    try {
      for await (const line of linesOf(stream)) this.#tell(line)
      return 'it closed its event stream'
    } catch (error) {
      return (error as Error).message
    }
  }

  async #reopen(): Promise<Readable | undefined> {
    const { signal } = this.#end
    for (let attempt = 0; !signal.aborted; attempt++) {
      await pause(RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)] as number, signal)
      try {
        if (!signal.aborted) return await this.#stream()
      } catch {
        // Not yet.
      }
    }
    return undefined
  }

  #tell(line: string): void {
    if (line === '') return
    const { Action, Actor } = JSON.parse(line) as EngineEvent
    if (Action === 'die') this.#watcher.onDied(Actor.ID, Number(Actor.Attributes?.exitCode ?? Number.NaN))
    else if (Action === 'oom') this.#watcher.onOutOfMemory(Actor.ID)
    else if (Action === 'kill') this.#watcher.onKilled(Actor.ID)
    else if (GONE.includes(Action)) this.#watcher.onRemoved(Actor.ID)
  }
}

interface EngineEvent {
  readonly Action: string
  readonly Actor: { readonly ID: string; readonly Attributes?: { readonly exitCode?: string } }
}
