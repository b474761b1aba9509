// One frozen ChainParams per network. `netsplit` is made from a ChainSpec; `regtest` is Bitcoin's own.
// What needs hashing (the genesis block, the magic) derives from these in ledger/chain/genesis.ts: from all of them, so two
// testnets with different rules can never talk.

export type DifficultyRule =
  /** aserti3-2d: reacts per block; halves or doubles the target when this far off schedule. */
  | { readonly rule: 'asert'; readonly halfLifeMs: number }
  /** Bitcoin's window retarget every `windowBlocks`, with its N − 1 off-by-one. */
  | { readonly rule: 'bitcoin'; readonly windowBlocks: number }
  | { readonly rule: 'fixed' }

/** The rules of a `netsplit` network as they stand in a plan; JSON. */
export interface ChainSpec {
  readonly network: 'netsplit' | 'regtest'
  /** Part of the genesis block: networks of different names never talk. */
  readonly name: string
  readonly genesisTime: number // seconds since the epoch
  readonly blockIntervalMs: number
  readonly difficulty: DifficultyRule
  /** Compact target of the first blocks: total hash rate × interval, worked out by the plan. */
  readonly initialBits: number
  /** The easiest target allowed. */
  readonly powLimitBits: number
  /** False in simulated mining: the header's hash need not meet its target. */
  readonly checkProofOfWork: boolean
  readonly coinbaseMaturity: number
  readonly subsidySat: number
  readonly halvingInterval: number // blocks
  readonly maxBlockWeight: number // weight units, ≤ 4,000,000
}

/** Every rule of one network. Frozen; the spec's fields and what is the same or fixed for each network. */
export interface ChainParams extends ChainSpec {
  /** Blocks of a lower version are refused (BIP34, 65 and 66 are in force from the first block). */
  readonly minBlockVersion: number
  /** Signature operations a block may cost. */
  readonly maxBlockSigopsCost: number
  /** How far ahead of our clock a header's time may be. */
  readonly maxFutureSec: number
  /** BIP94: a block that starts a period of this many may be at most `timewarpGraceSec` older than its parent; undefined: not enforced. */
  readonly timewarpPeriod: number | undefined
  readonly timewarpGraceSec: number
  /** Human-readable part of segwit addresses (BIP173). */
  readonly bech32Hrp: string
  /** Version byte of pay-to-public-key-hash addresses. */
  readonly base58PubkeyHash: number
  readonly defaultPort: number
}

/** What the protocol says for all networks. */
const COMMON = {
  minBlockVersion: 4,
  maxBlockSigopsCost: 80_000,
  maxFutureSec: 2 * 60 * 60,
  timewarpGraceSec: 600,
} as const

/**
 * Version byte of pay-to-script-hash addresses: that of all of Bitcoin's test networks, which our key hashes have as well. No
 * parameter, since nothing on the chain depends on it, and the genesis block does on every parameter.
 */
export const BASE58_SCRIPT_HASH = 196

/** The largest block weight that the message limit can carry (BIP141). */
export const MAX_BLOCK_WEIGHT = 4_000_000

/** Bitcoin Core's regression test network. */
export const REGTEST_SPEC: ChainSpec = Object.freeze({
  network: 'regtest',
  name: 'regtest',
  genesisTime: 1_296_688_602,
  blockIntervalMs: 600_000,
  difficulty: Object.freeze({ rule: 'fixed' }),
  initialBits: 0x207fffff,
  powLimitBits: 0x207fffff,
  checkProofOfWork: true,
  coinbaseMaturity: 100,
  subsidySat: 5_000_000_000,
  halvingInterval: 150,
  maxBlockWeight: MAX_BLOCK_WEIGHT,
} as const)

export const REGTEST: ChainParams = chainParams(REGTEST_SPEC)

/**
 * The rules of a network. A `regtest` spec gives Bitcoin's own whatever else it says, except that simulated mining may
 * switch the proof check off. Throws RangeError with the text of `specProblem` for a spec that cannot work.
 */
export function chainParams(spec: ChainSpec): ChainParams {
  if (spec.network === 'regtest') {
    return Object.freeze({
      ...REGTEST_SPEC,
      ...COMMON,
      checkProofOfWork: spec.checkProofOfWork,
      timewarpPeriod: 144,
      bech32Hrp: 'bcrt',
      base58PubkeyHash: 111,
      defaultPort: 18_444,
    })
  }
  const problem = specProblem(spec)
  if (problem !== undefined) throw new RangeError(problem)
  return Object.freeze({
    ...spec,
    difficulty: Object.freeze({ ...spec.difficulty }),
    ...COMMON,
    timewarpPeriod: undefined,
    bech32Hrp: 'nsp',
    base58PubkeyHash: 111,
    defaultPort: 28_444,
  })
}

/** Why no network can run by these rules; undefined when one can. */
export function specProblem(spec: ChainSpec): string | undefined {
  const { difficulty } = spec
  const whole: [name: string, value: number, least: number, most: number][] = [
    ['genesisTime', spec.genesisTime, 0, 0xffffffff],
    ['blockIntervalMs', spec.blockIntervalMs, 1, 1_000_000_000],
    ['initialBits', spec.initialBits, 1, 0xffffffff],
    ['powLimitBits', spec.powLimitBits, 1, 0xffffffff],
    ['coinbaseMaturity', spec.coinbaseMaturity, 0, 1_000_000],
    ['subsidySat', spec.subsidySat, 0, 2_100_000_000_000_000],
    ['halvingInterval', spec.halvingInterval, 1, Number.MAX_SAFE_INTEGER],
    // Room for a coinbase and one transaction; below that no block could pay anybody.
    ['maxBlockWeight', spec.maxBlockWeight, 4_000, MAX_BLOCK_WEIGHT],
  ]
  if (difficulty.rule === 'asert') whole.push(['halfLifeMs', difficulty.halfLifeMs, 1, 1_000_000_000_000])
  if (difficulty.rule === 'bitcoin') whole.push(['windowBlocks', difficulty.windowBlocks, 2, 1_000_000])
  for (const [name, value, least, most] of whole)
    if (!Number.isInteger(value) || value < least || value > most)
      return `${name} is ${value}; it must be a whole number from ${least} to ${most}`
  if (spec.subsidySat * spec.halvingInterval * 2 > Number.MAX_SAFE_INTEGER)
    return `subsidySat ${spec.subsidySat} with halvingInterval ${spec.halvingInterval} creates more than 2^53 satoshi in all`
  return undefined
}
