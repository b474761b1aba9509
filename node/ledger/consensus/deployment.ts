// What a change of the rules is: which rule, how it comes into force (BIP9 by time, BIP8 by height), and what of it a node does.

/** Rules of scripts that a deployment may bring. The first four are Bitcoin's own and in force from the first block where none does. */
export const BITCOIN_RULES = ['dersig', 'cltv', 'csv', 'taproot'] as const
export const NEW_SCRIPT_RULES = ['checktemplateverify', 'cat'] as const

export type BitcoinRule = (typeof BITCOIN_RULES)[number]
export type ScriptRule = BitcoinRule | (typeof NEW_SCRIPT_RULES)[number]

/** Outputs that a rule can forbid, by the names of script kinds (script/kinds.ts). */
export const FORBIDDABLE = ['data', 'multisig', 'p2pk', 'p2tr', 'witness', 'nonstandard'] as const
export type Forbiddable = (typeof FORBIDDABLE)[number]

export type DeployedRule =
  /** Of scripts, by its name. */
  | { readonly rule: ScriptRule }
  /** Blocks weigh so much at most: less than before is a soft fork, more a hard one. */
  | { readonly rule: 'max-block-weight'; readonly weight: number }
  /** No transaction but a coinbase makes such an output. */
  | { readonly rule: 'forbid'; readonly outputs: Forbiddable }
  /** None: what is tried is signalling itself. */
  | { readonly rule: 'none' }

/** `must_signal` is BIP8's; the others are BIP9's as well. */
export type DeploymentState = 'defined' | 'started' | 'must_signal' | 'locked_in' | 'active' | 'failed'

/** It never times out. */
export const NEVER = Number.MAX_SAFE_INTEGER

/** How one stands for the block after the tip, and how many blocks of the tip's period signal so far. */
export interface DeploymentStanding {
  readonly name: string
  readonly state: DeploymentState
  /** The first block of that state. */
  readonly since: number
  readonly count: number
  readonly elapsedBlocks: number
}

export interface Deployment {
  readonly name: string
  /** Of a block's version, 0 … 28. */
  readonly bit: number
  readonly rule: DeployedRule
  /** Are `start` and `timeout` seconds of median time past (BIP9), or heights (BIP8)? */
  readonly by: 'time' | 'height'
  readonly start: number
  /** `NEVER`: without one. */
  readonly timeout: number
  /** Locked in before, it waits for this height; 0: for nothing. */
  readonly minActivationHeight: number
  /** By height alone. In the last period before the timeout blocks must signal, and it locks in. */
  readonly lockInOnTimeout: boolean
  /** This node holds blocks to the rule once it is active. */
  readonly enforces: boolean
  /** Blocks of this node have the bit while it is started or locked in. */
  readonly signals: boolean
}

/** Changes of long ago, which a height stands for (BIP90). */
export const BURIED = ['bip34', 'dersig', 'cltv', 'csv', 'segwit'] as const
export type Buried = (typeof BURIED)[number]

/** In force from so high on where nobody says otherwise, as on Core's regtest. */
export const BURIED_HEIGHTS: { readonly [rule in Buried]: number } = {
  bip34: 1,
  dersig: 1,
  cltv: 1,
  csv: 1,
  segwit: 0,
}

/** What of all this a node knows. */
export interface VersionBits {
  /** States change only with such a period of blocks. */
  readonly periodBlocks: number
  /** Signalling blocks of a period that lock in. */
  readonly thresholdBlocks: number
  readonly deployments: readonly Deployment[]
  /** Bitcoin's own rules that are not in force from the first block: a deployment brings them, which this node need not know. */
  readonly awaited: readonly BitcoinRule[]
  /** The heights of buried rules, where they are not those of regtest (Core's -testactivationheight). */
  readonly buried?: { readonly [rule in Buried]?: number }
}

/** How many bits a version has room for (BIP9). */
export const VERSION_BITS = 29

const MAX_PERIOD = 1_000_000

/** Why no node can work with this; undefined when one can. */
export function versionBitsProblem(bits: VersionBits): string | undefined {
  const { periodBlocks, thresholdBlocks, deployments } = bits
  if (!isWhole(periodBlocks, 1, MAX_PERIOD)) return `periodBlocks is ${periodBlocks}`
  if (!isWhole(thresholdBlocks, 1, periodBlocks))
    return `thresholdBlocks is ${thresholdBlocks}; it must be a whole number from 1 to ${periodBlocks}`
  const names = new Set<string>()
  for (const one of deployments) {
    const { name, bit, by, start, timeout, minActivationHeight, lockInOnTimeout } = one
    if (names.has(name)) return `two deployments are called ${name}`
    names.add(name)
    if (!isWhole(bit, 0, VERSION_BITS - 1))
      return `${name}: bit ${bit} is not one of 0 to ${VERSION_BITS - 1}`
    for (const value of [start, timeout, minActivationHeight])
      if (!isWhole(value, 0, NEVER)) return `${name}: ${value} is no height and no time`
    if (timeout <= start) return `${name}: it times out before it starts`
    if (lockInOnTimeout && (by === 'time' || timeout === NEVER))
      return `${name}: to lock in on its timeout it needs one, by height`
  }
  const clash = bitClash(deployments)
  return clash && `${clash[0]} and ${clash[1]} have one bit at one time`
}

/** Two deployments whose bit is the same while both may signal. One by time and one by height may always meet. */
export function bitClash(
  deployments: readonly Pick<Deployment, 'name' | 'bit' | 'by' | 'start' | 'timeout'>[],
): readonly [string, string] | undefined {
  for (const [i, a] of deployments.entries())
    for (const b of deployments.slice(i + 1)) {
      if (a.bit !== b.bit) continue
      if (a.by === b.by && (a.timeout < b.start || b.timeout < a.start)) continue
      return [a.name, b.name]
    }
  return undefined
}

function isWhole(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most
}
