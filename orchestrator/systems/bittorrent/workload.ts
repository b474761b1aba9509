// Contents come into a network as people bring them: each is made at those who have it first, and its magnet link is given to those
// who want it as they come. Nothing of this is in the plan but the description.

import { createRandom, type Random } from '../../spec/random.ts'
import { randomGapMs } from '../ledger/payments.ts'
import type { Workload, WorkloadStage } from '../workload.ts'
import { type PlannedContent, plannedOf } from './plan.ts'
import type { Made, SwarmOrder } from './told.ts'

/** Who is away, or was not ready, is asked again after so long. */
const AGAIN_MS = 1_000

export function shareContents(stage: WorkloadStage): Workload {
  const sharings = plannedOf(stage.plan).content.map(content => new Sharing(content, stage))
  let begun = false
  return {
    start: () => {
      if (begun) return
      begun = true
      for (const sharing of sharings) sharing.begin()
    },
    stop: () => {
      for (const sharing of sharings) sharing.stop()
    },
  }
}

/** What makes a content at a node whose bytes come of the seed. */
export function seedOf(seed: number, name: string): string {
  return `netsplit ${seed} content ${name}`
}

class Sharing {
  readonly #content: PlannedContent
  readonly #stage: WorkloadStage
  readonly #random: Random
  /** Tasks that are planned. */
  readonly #waiting = new Set<() => void>()
  /** Who was told to get it, or has it. */
  readonly #told = new Set<string>()
  #made: Made | undefined
  #stopped = false

  constructor(content: PlannedContent, stage: WorkloadStage) {
    this.#content = content
    this.#stage = stage
    this.#random = createRandom(`netsplit ${stage.plan.seed} content ${content.name}`).fork('arrivals')
  }

  begin(): void {
    for (const node of this.#content.on) {
      this.#told.add(node)
      this.#untilDone(node, () => this.#make(node))
    }
  }

  stop(): void {
    this.#stopped = true
    for (const cancel of this.#waiting) cancel()
    this.#waiting.clear()
  }

  async #make(node: string): Promise<void> {
    const { name, pieceLength, version, from, files } = this.#content
    const bytes =
      from === undefined ? { generate: { seed: seedOf(this.#stage.plan.seed, name), files } } : { from }
    const asked = [{ name, pieceLength, version, ...bytes }]
    const made = (await this.#stage.rpc(node, 'createtorrent', asked)) as Made
    const apart = this.#content.arrivePerSecond !== undefined
    const { content, magnet, pieces, bytes: length } = made
    this.#say({
      type: 'bittorrent/shared',
      data: { node, content, name, magnet, bytes: length, pieces, pieceLength, ...(apart && { apart }) },
    })
    if (this.#made || this.#stopped) return
    this.#made = made
    this.#arrive(this.#content.for)
    this.#later(AGAIN_MS, () => this.#welcome())
  }

  /** All together, or the first now and each of the others a drawn time after the one before it. */
  #arrive(nodes: readonly string[]): void {
    const { arrivePerSecond } = this.#content
    let afterMs = 0
    for (const node of nodes) {
      this.#told.add(node)
      if (afterMs === 0) this.#tell(node)
      else this.#later(afterMs, () => this.#tell(node))
      if (arrivePerSecond !== undefined) afterMs += randomGapMs(this.#random, arrivePerSecond)
    }
  }

  /** Those who joined a group that wants it. */
  #welcome(): void {
    const { groups } = this.#content
    const { nodes, groupOf } = this.#stage
    this.#arrive(nodes().filter(node => !this.#told.has(node) && groups.includes(groupOf(node))))
    this.#later(AGAIN_MS, () => this.#welcome())
  }

  #tell(node: string): void {
    const { content = '', magnet = '' } = this.#made ?? {}
    const { name, whenComplete } = this.#content
    let said = false
    this.#untilDone(node, async () => {
      // First: what comes of it may be told before the answer is there.
      if (!said) this.#say({ type: 'bittorrent/wanted', data: { node, content, name } })
      said = true
      await this.#stage.rpc(node, 'addtorrent', [magnet, { whenComplete }])
    })
  }

  /** Again where the node is away or goes away meanwhile; what it refuses is told once. */
  #untilDone(node: string, work: () => Promise<void>): void {
    if (this.#stopped) return
    const again = () => this.#later(AGAIN_MS, () => this.#untilDone(node, work))
    if (!this.#stage.nodes().includes(node)) {
      again()
      return
    }
    void work().catch(error => {
      if (this.#stopped) return
      if (!this.#stage.nodes().includes(node)) {
        again()
        return
      }
      const { message: detail } = error as Error
      this.#say({ type: 'bittorrent/failed', data: { node, name: this.#content.name, detail } })
    })
  }

  #later(ms: number, task: () => void): void {
    if (this.#stopped) return
    const cancel = this.#stage.clock.after(ms, () => {
      this.#waiting.delete(cancel)
      task()
    })
    this.#waiting.add(cancel)
  }

  #say(order: SwarmOrder): void {
    this.#stage.observe(order)
  }
}
