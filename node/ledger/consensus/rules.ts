// The rules that a block is held to, by its place in the chain: those of the network, and what deployments have brought into force.

import type { ChainParams } from '../../params.ts'
import type { BlockEntry } from '../chain/types.ts'
import { CONSENSUS_FLAGS, flagsOf } from '../script/flags.ts'
import {
  BURIED,
  BURIED_HEIGHTS,
  type Buried,
  type DeployedRule,
  type Deployment,
  type DeploymentState,
  type Forbiddable,
  NEVER,
  type ScriptRule,
  type VersionBits,
} from './deployment.ts'
import { DeploymentStates, TOP_BITS, UnknownBits } from './versionbits.ts'

/** Its rule is in force. */
export interface InForce {
  readonly name: string
  readonly rule: DeployedRule
}

export interface Rules {
  /** What scripts are held to. */
  readonly flags: number
  readonly maxBlockWeight: number
  /** Headers of a lower version are refused. */
  readonly leastVersion: number
  /** The coinbase begins with its height. */
  readonly bip34: boolean
  /** BIP141: the coinbase commits to witnesses, and without that there are none. */
  readonly segwit: boolean
  /** BIP68 and BIP113: inputs rest as they ask, and lock times are held against the chain's median time. */
  readonly csv: boolean
  readonly forbidden: readonly { readonly outputs: Forbiddable; readonly by: string }[]
  /** What came by deployments that this node enforces, in their order; whoever lacks them may hold a block for good that breaks one. */
  readonly deployed: readonly InForce[]
}

const FLAGS: { readonly [rule in ScriptRule]: number } = {
  dersig: flagsOf('DERSIG'),
  cltv: flagsOf('CHECKLOCKTIMEVERIFY'),
  csv: flagsOf('CHECKSEQUENCEVERIFY'),
  taproot: flagsOf('TAPROOT'),
  checktemplateverify: flagsOf('CHECKTEMPLATEVERIFY'),
  cat: flagsOf('CAT'),
}

/** Versions are numbers with a sign. */
const ANY_VERSION = -(2 ** 31)

/** BIP147, which came with segwit; Core has BIP141 itself in force at every height. */
const NULLDUMMY = flagsOf('NULLDUMMY')

/** The flag that a rule of scripts sets; 0 for a rule of another kind. */
export function flagOf({ rule }: DeployedRule): number {
  return rule in FLAGS ? FLAGS[rule as ScriptRule] : 0
}

/** Periods of Bitcoin's own test networks, and shorter ones for ours. */
const PERIODS = {
  regtest: { periodBlocks: 144, thresholdBlocks: 108 },
  netsplit: { periodBlocks: 20, thresholdBlocks: 15 },
} as const

/** Of Core's regtest: a bit to try signalling with, and no rule. */
const TESTDUMMY: Deployment = {
  name: 'testdummy',
  bit: 28,
  rule: { rule: 'none' },
  by: 'time',
  start: 0,
  timeout: NEVER,
  minActivationHeight: 0,
  lockInOnTimeout: false,
  enforces: true,
  signals: true,
}

/** What a node knows that was told nothing of deployments. */
export function usualVersionBits({ network }: Pick<ChainParams, 'network'>): VersionBits {
  return { ...PERIODS[network], deployments: network === 'regtest' ? [TESTDUMMY] : [], awaited: [] }
}

/** All of this for one set of deployments; what it finds depends on headers alone, so peers that know the same share it. */
export class RuleBook {
  readonly versionBits: VersionBits
  /** Nobody said anything of deployments. */
  readonly isUsual: boolean
  readonly states: readonly DeploymentStates[]
  readonly #unknown: UnknownBits
  readonly #baseAt: (height: number) => Rules
  /** By the rules without them, and the names of those that are active. */
  readonly #made = new Map<Rules, Map<string, Rules>>()
  /** Of all that can come into force. */
  readonly mostBlockWeight: number

  constructor(params: ChainParams, told?: VersionBits) {
    const versionBits = told ?? usualVersionBits(params)
    this.versionBits = versionBits
    this.isUsual = told === undefined
    this.states = versionBits.deployments.map(one => new DeploymentStates(one, versionBits))
    this.#unknown = new UnknownBits(versionBits)
    this.#baseAt = baseRules(params, versionBits)
    this.mostBlockWeight = versionBits.deployments.reduce(
      (most, { rule }) => (rule.rule === 'max-block-weight' ? Math.max(most, rule.weight) : most),
      params.maxBlockWeight,
    )
  }

  /** Of the block after `parent`; undefined: of the genesis block. */
  after(parent: BlockEntry | undefined): Rules {
    const base = this.#baseAt(parent ? parent.height + 1 : 0)
    if (this.states.length === 0) return base
    const active = this.states.filter(
      states => states.deployment.enforces && states.after(parent) === 'active',
    )
    if (active.length === 0) return base
    const made = this.#made.get(base) ?? new Map<string, Rules>()
    this.#made.set(base, made)
    const key = active.map(({ deployment }) => deployment.name).join()
    const known = made.get(key) ?? active.reduce((rules, { deployment }) => withRule(rules, deployment), base)
    made.set(key, known)
    return known
  }

  /** The version of a block that this node makes on `parent` (Core's ComputeBlockVersion; BIP8 says the same). */
  versionAfter(parent: BlockEntry): number {
    return this.states.reduce(
      (version, states) =>
        states.deployment.signals && isSignalled(states.after(parent))
          ? version | (1 << states.deployment.bit)
          : version,
      TOP_BITS,
    )
  }

  /** Bits whose rules are in force after `tip`, and not known here. */
  unknownAfter(tip: BlockEntry): number[] {
    return this.#unknown.activeAfter(tip)
  }

  /** The deployment for which a block of this version after `parent` is one too many that does not signal. */
  unsignalled(version: number, parent: BlockEntry): Deployment | undefined {
    return this.states.find(
      states =>
        states.deployment.enforces && states.mustSignalAfter(parent) && !states.isSignalledBy(version),
    )?.deployment
  }
}

/** Blocks of who signals have the bit in these states. */
export function isSignalled(state: DeploymentState): boolean {
  return state === 'started' || state === 'must_signal' || state === 'locked_in'
}

/** The rules at each height without what signals bring. */
function baseRules(params: ChainParams, { awaited, buried }: VersionBits): (height: number) => Rules {
  const whole: Rules = {
    flags: awaited.reduce((flags, rule) => flags & ~FLAGS[rule], CONSENSUS_FLAGS),
    maxBlockWeight: params.maxBlockWeight,
    leastVersion: params.minBlockVersion,
    bip34: true,
    segwit: true,
    csv: !awaited.includes('csv'),
    forbidden: [],
    deployed: [],
  }
  if (!buried) return () => whole
  const heights = { ...BURIED_HEIGHTS, ...buried }
  const known = new Map<string, Rules>()
  return height => {
    const missing = BURIED.filter(rule => height < heights[rule])
    if (missing.length === 0) return whole
    const key = missing.join()
    const made =
      known.get(key) ?? missing.reduce(withoutBuried, { ...whole, leastVersion: leastVersion(missing) })
    known.set(key, made)
    return made
  }
}

/** What the last of BIP34, BIP66 and BIP65 that is in force demands; each brought a version of its own. */
function leastVersion(missing: readonly Buried[]): number {
  if (!missing.includes('cltv')) return 4
  if (!missing.includes('dersig')) return 3
  return missing.includes('bip34') ? ANY_VERSION : 2
}

/** As blocks were before. */
function withoutBuried(rules: Rules, rule: Buried): Rules {
  switch (rule) {
    case 'bip34':
      return { ...rules, bip34: false }
    case 'dersig':
      return { ...rules, flags: rules.flags & ~FLAGS.dersig }
    case 'cltv':
      return { ...rules, flags: rules.flags & ~FLAGS.cltv }
    case 'csv':
      return { ...rules, flags: rules.flags & ~FLAGS.csv, csv: false }
    case 'segwit':
      return { ...rules, flags: rules.flags & ~NULLDUMMY, segwit: false }
  }
}

function withRule(rules: Rules, { name, rule }: InForce): Rules {
  const made = {
    ...rules,
    flags: rules.flags | flagOf(rule),
    csv: rules.csv || rule.rule === 'csv',
    deployed: [...rules.deployed, { name, rule }],
  }
  if (rule.rule === 'max-block-weight') return { ...made, maxBlockWeight: rule.weight }
  if (rule.rule === 'forbid')
    return { ...made, forbidden: [...rules.forbidden, { outputs: rule.outputs, by: name }] }
  return made
}
