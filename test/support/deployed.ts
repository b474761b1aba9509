// Deployments for tests: short periods, and a chain on which one is in force.

import type { Chain, ChainDeps } from '../../node/ledger/chain/chain.ts'
import {
  type DeployedRule,
  type Deployment,
  NEVER,
  type VersionBits,
} from '../../node/ledger/consensus/deployment.ts'
import { RuleBook } from '../../node/ledger/consensus/rules.ts'
import type { ChainParams } from '../../node/params.ts'
import { EASY, mineBlocks, testChain } from './chain.ts'

export const DEMO: Deployment = {
  name: 'demo',
  bit: 5,
  rule: { rule: 'none' },
  by: 'height',
  start: 0,
  timeout: NEVER,
  minActivationHeight: 0,
  lockInOnTimeout: false,
  enforces: true,
  signals: true,
}

/** Started with block 4, locked in with 8, in force from 12 on where all signal. */
export const PERIOD = { periodBlocks: 4, thresholdBlocks: 3 }
export const ACTIVE_FROM = 12
export const SIGNAL = 0x20000020

export function deployed(
  rule: DeployedRule,
  { params = EASY, ...change }: Partial<Deployment> & { readonly params?: ChainParams } = {},
): RuleBook {
  return new RuleBook(params, bitsOf(rule, change))
}

export function bitsOf(rule: DeployedRule, change: Partial<Deployment> = {}): VersionBits {
  const awaited = AWAITED.filter(name => name === rule.rule)
  return { ...PERIOD, deployments: [{ ...DEMO, rule, ...change }], awaited }
}

/** The rules of who never heard of it. */
export function unaware(rule: DeployedRule, params: ChainParams = EASY): RuleBook {
  return new RuleBook(params, { ...bitsOf(rule), deployments: [] })
}

const AWAITED = ['dersig', 'cltv', 'csv', 'taproot'] as const

/** A chain with so many blocks above genesis, all of which signal. */
export function signalledChain(rules: RuleBook, blocks: number, deps: Partial<ChainDeps> = {}): Chain {
  const chain = testChain({ rules, ...deps })
  mineBlocks(chain, blocks, { version: SIGNAL })
  return chain
}
