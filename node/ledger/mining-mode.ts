// How a node finds blocks, as it is configured.

/**
 * `real`: every hash is computed, within a budget. `simulated`: the time of each block is drawn, and blocks have no proof of work.
 * `paced`: the time is drawn, and the block is then proven, on chains where that costs a few hashes.
 */
export type MiningManner = 'real' | DrawnManner
export type DrawnManner = 'paced' | 'simulated'

export interface MiningConfig {
  readonly mode: 'off' | MiningManner
  /** Budget; 0: as fast as the machine can. */
  readonly hashRateHps: number
  readonly threads: number
  /** Of drawn times: what a block is taken to cost, on average. Default: what its target says. */
  readonly hashesPerBlock?: number
}
