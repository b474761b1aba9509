// Strategies as a configuration names them; a file of its own, for readers that know nothing of cores and ledgers.

/** Each with what it is set to. */
export type StrategyConfig = { readonly name: 'selfish' } | DoubleSpendConfig | LiarConfig | FileConfig

/** Honest to full nodes, and a liar to light clients. */
export interface LiarConfig {
  readonly name: 'liar'
  readonly lies: readonly LiarLie[]
}

/** What it lies about; `silence`: what it is asked of that it does not answer at all. */
export type LiarLie = 'headers' | 'filters' | 'blocks' | 'silence'

export interface DoubleSpendConfig {
  readonly name: 'double-spend'
  /** So many blocks the merchant waits for. */
  readonly confirmations: number
  /** A branch that is so many blocks shorter than the public chain is given up. */
  readonly giveUp: number
  /** What the merchant is paid. */
  readonly amountSat: number
}

/** Somebody's own, in a file. */
export interface FileConfig {
  readonly name: 'file'
  /** As errors name it. */
  readonly file: string
  /** JavaScript: a module whose default export makes the strategy. */
  readonly code: string
  /** What the spec sets it to. */
  readonly options: { readonly [key: string]: unknown }
}
