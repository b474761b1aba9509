// Core's options for wallets, as a node's configuration of them.

import type { AddressType } from '../../../node/ledger/descriptor/address-type.ts'
import type { WalletsConfig } from '../../../node/ledger/wallets/wallets-config.ts'
import { type Settings, SettingsError } from './settings.ts'

const ADDRESS_TYPES: readonly string[] = ['legacy', 'p2sh-segwit', 'bech32', 'bech32m']

export const WALLET_OPTIONS = ['addresstype', 'changetype', 'keypool', 'walletrbf']

export function walletsOf(settings: Settings): WalletsConfig {
  return {
    ...(settings.has('keypool') && { keyPool: Math.max(1, settings.number('keypool') ?? 1) }),
    ...(settings.has('walletrbf') && { replaceable: settings.flag('walletrbf', true) }),
    ...(settings.has('addresstype') && { addressType: typeIn(settings, 'addresstype') }),
    ...(settings.has('changetype') && { changeType: typeIn(settings, 'changetype') }),
  }
}

function typeIn(settings: Settings, option: string): AddressType {
  const type = settings.text(option) ?? ''
  if (!ADDRESS_TYPES.includes(type)) {
    const kind = option === 'addresstype' ? 'address' : 'change'
    throw new SettingsError(`Unknown ${kind} type '${type}'`)
  }
  return type as AddressType
}
