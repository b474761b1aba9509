// What a strategy tells; a file of its own, for readers that know nothing of cores and ledgers.

export interface StrategyEvent {
  readonly type: 'strategy'
  /** Its name, or its file. */
  readonly strategy: string
  /** `failed`: its code threw, and the node is honest from then on. */
  readonly word: string
  readonly facts: { readonly [fact: string]: string | number | boolean }
}
