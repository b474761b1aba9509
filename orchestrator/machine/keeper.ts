// Whether a network's chain outlives it, and what is written so that it can come up again.

import { EXIT, UserError } from '../errors.ts'
import type { Plan } from '../spec/types.ts'
import { type KeptAddress, writeKept } from './kept.ts'

export interface KeeperOptions {
  readonly plan: Plan
  readonly specYaml: string
  readonly engine?: string | undefined
  readonly observability?: boolean | undefined
  readonly address?: KeptAddress | undefined
  readonly again?: boolean
}

export class Keeper {
  /** It has been launched. */
  stood = false
  readonly #options: KeeperOptions
  /** As the spec wants it, until somebody says otherwise. */
  #wanted: boolean

  constructor(options: KeeperOptions) {
    this.#options = options
    this.#wanted = options.plan.keep === true || options.again === true
  }

  /** A first launch that failed leaves nothing; what was kept once is not lost by starting it. */
  get keeps(): boolean {
    return this.#wanted && (this.stood || this.#options.again === true)
  }

  /** It is to go with all that belongs to it. */
  drop(): void {
    this.#wanted = false
  }

  /** UserError where there is nothing to keep. */
  keep(): void {
    if (this.#options.plan.runtime === 'sim')
      throw new UserError(
        EXIT.usage,
        'a simulation keeps nothing',
        'netsplit down ends it; its seed brings it back',
      )
    this.#wanted = true
  }

  /** It keeps its chain from now on. A schedule of faults and an end by the clock belonged to the run that had them. */
  write(plan: Plan): void {
    const { specYaml, engine, observability, address } = this.#options
    const { faults: _faults, expect: _expect, ...rest } = plan
    const again = { ...rest, durationMs: 0, keep: true }
    writeKept({ schemaVersion: 1, plan: again, specYaml, engine, observability, address })
  }
}
