// RPC about the wallet's addresses: new ones, what is known of one, labels, and the keys behind them.

import { toHex } from '../../bitcoin/wire/hex.ts'
import { RPC, RpcError, type RpcTable } from '../../core/service.ts'
import { addressToScript } from '../address.ts'
import { encodeWif } from '../descriptor/wif.ts'
import { signMessage } from '../message.ts'
import { classify } from '../script/kinds.ts'
import { addressTypeAt } from './address-kind.ts'
import { given, text } from './arguments.ts'
import { addressInfo } from './wallet-address-info.ts'
import { type Desk, wantKeys } from './wallet-desk.ts'
import { onlyLegacy } from './wallet-legacy.ts'

export function addressesRpc(desk: () => Desk): RpcTable {
  const scriptOf = (params: readonly unknown[], index = 0): Uint8Array => {
    const script = addressToScript(desk().parts.env.params, text(params, index, 'address'))
    if (!script) throw new RpcError(RPC.invalidAddressOrKey, 'Invalid address')
    return script
  }
  const keyOf = (params: readonly unknown[]) => {
    const script = scriptOf(params)
    const provider = desk().parts.wallet.providerOf(script)
    const kind = classify(script)
    const id = 'hash' in kind ? toHex(kind.hash) : ''
    return { isLegacy: kind.kind === 'p2pkh', key: provider?.privateKeys.get(id) }
  }
  const hasAddresses = (internal: boolean) => {
    const keeper = desk().named?.keeper
    return !keeper || keeper.descriptors.some(each => each.active && each.internal === internal)
  }
  const fresh = (params: readonly unknown[], index: number, internal: boolean) => {
    if (!hasAddresses(internal)) throw new RpcError(RPC.wallet, 'Error: This wallet has no available keys')
    const { addressType = 'bech32', changeType = addressType } = desk().parts.wallets.config
    const usual = internal ? changeType : addressType
    const type = given(params, index) ? addressTypeAt(params, index) : usual
    return desk().parts.wallet.newAddress(type, internal)
  }

  return {
    getnewaddress: {
      params: ['label?', 'address_type?'],
      summary: 'A fresh address of the wallet; address_type: legacy, p2sh-segwit, bech32 or bech32m.',
      handle: params => {
        const label = given(params, 0) ? labelOf(params, 0) : ''
        const address = fresh(params, 1, false)
        desk().notes.label(address, label)
        return address
      },
    },
    getrawchangeaddress: {
      params: ['address_type?'],
      summary: 'A fresh address for change.',
      handle: params => fresh(params, 0, true),
    },
    getaddressinfo: {
      params: ['address'],
      summary: 'What the wallet knows of an address.',
      handle: params => addressInfo(desk(), params),
    },
    setlabel: {
      params: ['address', 'label'],
      summary: 'Gives an address a label.',
      handle: params => {
        const { env } = desk().parts
        const address = text(params, 0, 'address')
        if (!addressToScript(env.params, address))
          throw new RpcError(RPC.invalidAddressOrKey, 'Invalid Bitcoin address')
        desk().notes.label(address, labelOf(params, 1))
        return null
      },
    },
    listlabels: {
      params: ['purpose?'],
      summary: 'All labels; purpose: send (of others’ addresses) or receive.',
      handle: params => {
        const { parts, notes } = desk()
        const purpose = given(params, 0) ? text(params, 0, 'purpose') : undefined
        if (purpose !== undefined && purpose !== 'send' && purpose !== 'receive')
          throw new RpcError(
            RPC.invalidParameter,
            "Invalid 'purpose' argument, must be a known purpose string, typically 'send', or 'receive'.",
          )
        const chosen = [...notes.labels].filter(
          ([address]) => purpose === undefined || isOwn(parts, address) === (purpose === 'receive'),
        )
        return [...new Set(chosen.map(([, label]) => label))].sort()
      },
    },
    getaddressesbylabel: {
      params: ['label'],
      summary: 'The addresses of a label.',
      handle: params => {
        const { parts, notes } = desk()
        const wanted = labelOf(params, 0)
        const found = [...notes.labels].filter(([, label]) => label === wanted)
        if (found.length === 0)
          throw new RpcError(RPC.walletInvalidLabel, `No addresses with label ${wanted}`)
        return Object.fromEntries(
          found.map(([address]) => [address, { purpose: isOwn(parts, address) ? 'receive' : 'send' }]),
        )
      },
    },
    signmessage: {
      params: ['address', 'message'],
      summary: 'Signs a text with the key of a legacy address.',
      handle: params => {
        wantKeys(desk())
        const { isLegacy, key } = keyOf(params)
        if (!isLegacy) throw new RpcError(RPC.typeError, 'Address does not refer to key')
        if (!key) throw new RpcError(RPC.wallet, 'Private key not available')
        return signMessage(desk().parts.secp, key, text(params, 1, 'message'))
      },
    },
    dumpprivkey: {
      params: ['address'],
      summary: 'The private key of an address, as text.',
      differs: 'of the wallet without a name it gives keys, as Core’s legacy wallets did',
      handle: params => {
        if (desk().named) throw onlyLegacy()
        const { key } = keyOf(params)
        if (!key) throw new RpcError(RPC.wallet, `Private key for address ${params[0]} is not known`)
        return encodeWif(key)
      },
    },
  }
}

export function labelOf(params: readonly unknown[], index: number): string {
  const label = text(params, index, 'label')
  if (label === '*') throw new RpcError(RPC.walletInvalidLabel, 'Invalid label name')
  return label
}

function isOwn({ env, wallet }: Desk['parts'], address: string): boolean {
  const script = addressToScript(env.params, address)
  return script !== undefined && wallet.owns(script)
}
