// Looks after one fault in force: whenever the network has changed, what was measured once is measured again, and what no
// longer holds is said, in the moment that it is known.

import type { Breakable } from './breakable.ts'
import type { Injection } from './injection.ts'
import type { Finding } from './measure.ts'

/** Changes come in crowds: a node that comes back meets all its peers. They are looked at together, and a doubt once more. */
const SETTLE_MS = 250

interface Watch {
  readonly id: string
  readonly injection: Injection
  readonly network: Breakable
}

export class Vigil {
  readonly #watch: Watch
  /** Nodes that changed since the last look. */
  readonly #changed = new Set<string>()
  readonly #over = new AbortController()
  /** It was measured to be there, or nothing spoke against it: only then it can cease to be. */
  #begun = false
  #looking = false
  /** Said even if nothing is new. */
  #asked = false
  #held = true
  #lapse: Finding | undefined

  constructor(watch: Watch) {
    this.#watch = watch
  }

  /** What was found when it did not hold any more for the first time, whatever came later. */
  get lapse(): Finding | undefined {
    return this.#lapse
  }

  /** The fault was measured and is there, or there was nothing to measure it by yet. */
  begin(): void {
    this.#begun = true
    this.#wake()
  }

  /** These nodes came up, went on, or have other peers. `asked`: somebody wants to hear of it in any case. */
  changed(nodes: readonly string[], asked = false): void {
    if (!this.#watch.injection.holds || this.#over.signal.aborted) return
    for (const node of nodes) this.#changed.add(node)
    this.#asked ||= asked
    this.#wake()
  }

  end(): void {
    this.#over.abort()
  }

  #wake(): void {
    if (!this.#begun || this.#looking || this.#changed.size === 0) return
    this.#looking = true
    this.#look()
      .catch(error => this.#trouble(error as Error))
      .finally(() => {
        this.#looking = false
      })
  }

  async #look(): Promise<void> {
    const { network } = this.#watch
    const { signal } = this.#over
    while (this.#changed.size > 0) {
      await network.wait(SETTLE_MS, signal)
      const nodes = [...this.#changed]
      const asked = this.#asked
      this.#changed.clear()
      this.#asked = false
      let finding = await this.#measure(nodes)
      if (this.#held && !finding.verified) {
        await network.wait(SETTLE_MS, signal)
        finding = await this.#measure(nodes)
      }
      if (signal.aborted) return
      this.#judge(finding, asked)
    }
  }

  async #measure(nodes: readonly string[]): Promise<Finding> {
    const { injection } = this.#watch
    if (this.#over.signal.aborted || !injection.holds) return { asked: '', measured: '', verified: true }
    return await injection.holds(nodes, this.#over.signal)
  }

  #judge({ asked, measured, verified: ok, disturbedBy, unmeasured }: Finding, wanted: boolean): void {
    // Where others had its nodes or links, or nothing shows it, there is nothing new to be known.
    if (disturbedBy || unmeasured || (ok === this.#held && !wanted)) return
    const { id, network } = this.#watch
    this.#held = ok
    if (!ok) this.#lapse ??= { asked, measured, verified: false }
    network.observe({ type: 'fault-verified', id, ok, again: true, asked, measured })
  }

  #trouble(error: Error): void {
    if (this.#over.signal.aborted) return
    const { id, network } = this.#watch
    const message = `${id} could not be measured again: ${error.message}`
    network.observe({ type: 'note', level: 'warn', message })
  }
}
