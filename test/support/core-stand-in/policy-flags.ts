// Core's options for the mempool, for what is standard and for blocks, as a node's policy.

import type { Policy } from '../../../node/ledger/policy-rules.ts'
import { type Settings, SettingsError } from './settings.ts'

const SAT_PER_COIN = 100_000_000
const KB = 1_000
const HOUR_MS = 3_600_000

/** By the name of the option: the part of the policy, and what a number of it is worth. Fees are in coins a kvB. */
const NUMBERS: Readonly<Record<string, readonly [part: keyof Policy, unit: number]>> = {
  minrelaytxfee: ['minRelaySatPerKvb', SAT_PER_COIN],
  incrementalrelayfee: ['incrementalSatPerKvb', SAT_PER_COIN],
  dustrelayfee: ['dustSatPerKvb', SAT_PER_COIN],
  blockmintxfee: ['blockMinSatPerKvb', SAT_PER_COIN],
  blockversion: ['blockVersion', 1],
  blockmaxweight: ['blockMaxWeight', 1],
  maxmempool: ['maxMempoolBytes', KB * KB],
  mempoolexpiry: ['expiryMs', HOUR_MS],
  limitancestorcount: ['maxAncestors', 1],
  limitancestorsize: ['maxAncestorVsize', KB],
  limitdescendantcount: ['maxDescendants', 1],
  limitdescendantsize: ['maxDescendantVsize', KB],
  datacarriersize: ['dataCarrierBytes', 1],
  bytespersigop: ['bytesPerSigop', 1],
}

const SWITCHES: Readonly<Record<string, keyof Policy>> = {
  permitbaremultisig: 'permitBareMultisig',
  acceptnonstdtxn: 'acceptNonStandard',
  mempoolfullrbf: 'fullRbf',
  persistmempool: 'persist',
}

export const POLICY_OPTIONS = [...Object.keys(NUMBERS), ...Object.keys(SWITCHES), 'datacarrier']

/** What is not said stays as the node has it, but for the memory, which Core has more of. */
const CORE_MEMPOOL_BYTES = 300 * KB * KB

export function policyOf(settings: Settings): Partial<Policy> {
  const numbers = Object.entries(NUMBERS).flatMap(([option, [part, unit]]) => {
    const value = settings.number(option)
    if (value !== undefined && value < 0)
      throw new SettingsError(`Invalid amount for -${option}=<amount>: '${settings.text(option)}'`)
    return value === undefined ? [] : [[part, Math.round(value * unit)] as const]
  })
  const switches = Object.entries(SWITCHES).flatMap(([option, part]) =>
    settings.has(option) ? [[part, settings.flag(option, true)] as const] : [],
  )
  return {
    maxMempoolBytes: CORE_MEMPOOL_BYTES,
    ...Object.fromEntries([...numbers, ...switches]),
    ...(!settings.flag('datacarrier', true) && { dataCarrierBytes: 0 }),
  }
}
