// Tells when the rules change: deployments that the tip has moved into another state, and rules in force that are not known here.

import type { Chain } from './chain/chain.ts'
import type { DeploymentStanding, DeploymentState } from './consensus/deployment.ts'
import type { LedgerEvent } from './events.ts'

export class DeploymentWatch {
  readonly #chain: Chain
  readonly #emit: (event: LedgerEvent) => void
  readonly #told = new Map<string, DeploymentState>()
  #unknown: readonly number[] = []

  constructor(chain: Chain, emit: (event: LedgerEvent) => void) {
    this.#chain = chain
    this.#emit = emit
  }

  /** How those stand that this node was told of; what every node of a network of Bitcoin's has is not among them. */
  standing(): readonly DeploymentStanding[] {
    const { rules, tip } = this.#chain
    if (rules.isUsual) return []
    return rules.states.map(states => {
      const { name } = states.deployment
      const state = states.after(tip)
      const { count, elapsedBlocks } = states.signalsUpTo(tip)
      return { name, state, since: states.since(tip), count, elapsedBlocks }
    })
  }

  /** Bits whose rules are in force and not known here, as of the last whole period. */
  get unknownBits(): readonly number[] {
    return this.#unknown
  }

  onTip(): void {
    const { rules, tip } = this.#chain
    if (!rules.isUsual) this.#tellStates()
    const unknown = rules.unknownAfter(tip)
    const fresh = unknown.filter(bit => !this.#unknown.includes(bit))
    this.#unknown = unknown
    if (fresh.length > 0) this.#emit({ type: 'unknown-rules', bits: fresh })
  }

  #tellStates(): void {
    const { rules, tip } = this.#chain
    for (const states of rules.states) {
      const { name } = states.deployment
      const state = states.after(tip)
      if (state === (this.#told.get(name) ?? 'defined')) continue
      this.#told.set(name, state)
      const since = states.since(tip)
      const locked = state === 'locked_in' && { activeFrom: states.activeFrom(since) }
      this.#emit({ type: 'deployment', name, state, since, ...locked })
    }
  }
}
