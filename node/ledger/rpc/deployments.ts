// How changes of the rules are told: getdeploymentinfo as Core has it (BIP9) and as BIP8 would, what a miner needs of them, and warnings.

import type { Chain } from '../chain/chain.ts'
import type { BlockEntry } from '../chain/types.ts'
import {
  BURIED_HEIGHTS,
  type Buried,
  type Deployment,
  type DeploymentState,
  NEVER,
} from '../consensus/deployment.ts'
import { workOfBits } from '../consensus/target.ts'
import type { DeploymentStates } from '../consensus/versionbits.ts'
import type { LedgerParts } from '../parts.ts'

/** Core's word for "never", the largest number of its kind; as near as ours come, and written out in host/rpc.ts. */
const NO_TIMEOUT = 2 ** 63
const ALWAYS_ACTIVE = -1

/** In Core's order, by the names that it tells them by. */
const TOLD_AS: readonly (readonly [rule: Buried, name: string])[] = [
  ['bip34', 'bip34'],
  ['dersig', 'bip66'],
  ['cltv', 'bip65'],
  ['csv', 'csv'],
  ['segwit', 'segwit'],
]

export function deploymentInfo(chain: Chain, entry: BlockEntry): Record<string, unknown> {
  const { awaited, buried: moved } = chain.rules.versionBits
  const heights = { ...BURIED_HEIGHTS, ...moved }
  const buried = TOLD_AS.filter(([rule]) => !awaited.some(name => name === rule)).map(([rule, name]) => {
    const height = heights[rule]
    return [name, { type: 'buried', active: entry.height + 1 >= height, height }] as const
  })
  const told = chain.rules.states.map(states => [states.deployment.name, describe(states, entry)] as const)
  const taproot = awaited.includes('taproot') ? [] : ([['taproot', ALWAYS]] as const)
  return Object.fromEntries([...buried, ...told, ...taproot])
}

/** Core's taproot on regtest: by BIP9, and active from the beginning. */
const ALWAYS = {
  type: 'bip9',
  height: 0,
  active: true,
  bip9: {
    start_time: ALWAYS_ACTIVE,
    timeout: NO_TIMEOUT,
    min_activation_height: 0,
    status: 'active',
    since: 0,
    status_next: 'active',
  },
}

function describe(states: DeploymentStates, entry: BlockEntry): Record<string, unknown> {
  const { deployment } = states
  const state = states.after(entry.parent)
  const next = states.after(entry)
  const type = deployment.by === 'time' ? 'bip9' : 'bip8'
  return {
    type,
    ...(next === 'active' && { height: states.since(entry) }),
    active: next === 'active',
    [type]: {
      ...(isCounted(state) && { bit: deployment.bit }),
      ...termsOf(deployment),
      status: state,
      since: states.since(entry.parent),
      status_next: next,
      ...(isCounted(state) && signalling(states, entry, state)),
    },
  }
}

function termsOf({ by, start, timeout, minActivationHeight, lockInOnTimeout }: Deployment) {
  const end = timeout === NEVER ? NO_TIMEOUT : timeout
  const times =
    by === 'time' ? { start_time: start, timeout: end } : { startheight: start, timeoutheight: end }
  return {
    ...times,
    min_activation_height: minActivationHeight,
    ...(by === 'height' && { lockinontimeout: lockInOnTimeout }),
  }
}

function isCounted(state: DeploymentState): boolean {
  return state === 'started' || state === 'must_signal' || state === 'locked_in'
}

function signalling(states: DeploymentStates, entry: BlockEntry, state: DeploymentState) {
  const { periodBlocks, thresholdBlocks, elapsedBlocks, count, possible, each } = states.signalsUpTo(entry)
  return {
    statistics: {
      period: periodBlocks,
      elapsed: elapsedBlocks,
      count,
      ...(state !== 'locked_in' && { threshold: thresholdBlocks, possible }),
    },
    signalling: each.map(signals => (signals ? '#' : '-')).join(''),
  }
}

/** What getblocktemplate says of them (BIP9, "getblocktemplate changes"). No rule here is one that a miner must know to obey it. */
export function templateRules(chain: Chain): {
  readonly rules: readonly string[]
  readonly vbavailable: Readonly<Record<string, number>>
  readonly vbrequired: number
} {
  const { states, versionBits } = chain.rules
  const after = states.map(each => ({ ...each.deployment, state: each.after(chain.tip) }))
  const { segwit } = chain.rules.after(chain.tip)
  // Core has csv among the rules whether it is in force or not.
  const csv = versionBits.awaited.includes('csv') ? [] : ['csv']
  const taproot = versionBits.awaited.includes('taproot') ? [] : ['taproot']
  const active = after.filter(({ state }) => state === 'active').map(({ name }) => name)
  return {
    rules: [...csv, ...(segwit ? ['!segwit'] : []), ...active, ...taproot],
    vbavailable: Object.fromEntries(
      after.filter(({ state }) => isCounted(state)).map(({ name, bit }) => [name, bit]),
    ),
    vbrequired: after
      .filter(({ state, enforces }) => state === 'must_signal' && enforces)
      .reduce((bits, { bit }) => bits | (1 << bit), 0),
  }
}

/** How many blocks' work a refused chain must be ahead for a warning (Core's CheckForkWarningConditions). */
const LARGE_WORK_BLOCKS = 6n

/** What Core warns of in getblockchaininfo, getmininginfo and getnetworkinfo. */
export function warningsOf({ deployments, env }: LedgerParts): string[] {
  const { refusedAhead, tip } = env.chain
  const [bit] = deployments.unknownBits
  const ahead = refusedAhead ? refusedAhead.work - tip.work : 0n
  return [
    ...(bit === undefined ? [] : [`Unknown new rules activated (versionbit ${bit})`]),
    ...(ahead > LARGE_WORK_BLOCKS * workOfBits(tip.header.bits)
      ? [
          'Warning: We do not appear to fully agree with our peers! You may need to upgrade, or other nodes may need to upgrade.',
        ]
      : []),
  ]
}
