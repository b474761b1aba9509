// Core's options for wallets, as a node's configuration of them.

import type { AddressType } from '../../../node/ledger/descriptor/address-type.ts'
import type { WalletsConfig } from '../../../node/ledger/wallets/wallets-config.ts'
import { type Settings, SettingsError } from './settings.ts'

const ADDRESS_TYPES: readonly string[] = ['legacy', 'p2sh-segwit', 'bech32', 'bech32m']

const SAT_PER_COIN = 100_000_000
const VBYTES = 1_000

export const WALLET_OPTIONS = [
  'addresstype',
  'changetype',
  'discardfee',
  'fallbackfee',
  'keypool',
  'maxtxfee',
  'mintxfee',
  'paytxfee',
  'walletrbf',
  'walletrejectlongchains',
]

export function walletsOf(settings: Settings): WalletsConfig {
  return {
    ...(settings.has('keypool') && { keyPool: Math.max(1, settings.number('keypool') ?? 1) }),
    ...(settings.has('walletrbf') && { replaceable: settings.flag('walletrbf', true) }),
    ...(settings.has('walletrejectlongchains') && {
      rejectLongChains: settings.flag('walletrejectlongchains', true),
    }),
    ...(settings.has('fallbackfee') && { fallbackSatPerVb: rateIn(settings, 'fallbackfee') }),
    ...(settings.has('paytxfee') && { paySatPerVb: rateIn(settings, 'paytxfee') }),
    ...(settings.has('mintxfee') && { leastSatPerVb: rateIn(settings, 'mintxfee') }),
    ...(settings.has('discardfee') && { discardSatPerVb: rateIn(settings, 'discardfee') }),
    ...(settings.has('maxtxfee') && {
      maxFeeSat: Math.round((settings.number('maxtxfee') ?? 0) * SAT_PER_COIN),
    }),
    ...(settings.has('addresstype') && { addressType: typeIn(settings, 'addresstype') }),
    ...(settings.has('changetype') && { changeType: typeIn(settings, 'changetype') }),
  }
}

/** Coins a kvB. */
function rateIn(settings: Settings, option: string): number {
  return Math.round((settings.number(option) ?? 0) * SAT_PER_COIN) / VBYTES
}

function typeIn(settings: Settings, option: string): AddressType {
  const type = settings.text(option) ?? ''
  if (!ADDRESS_TYPES.includes(type)) {
    const kind = option === 'addresstype' ? 'address' : 'change'
    throw new SettingsError(`Unknown ${kind} type '${type}'`)
  }
  return type as AddressType
}
