// RPC about the wallet's addresses: new ones, what is known of one, labels, and the keys behind them.

import { toHex } from '../../bitcoin/wire/hex.ts'
import { RPC, RpcError, type RpcTable } from '../../core/service.ts'
import { addressToScript, scriptToAddress } from '../address.ts'
import { encodeWif } from '../descriptor/wif.ts'
import { withChecksum } from '../descriptor-checksum.ts'
import { signMessage } from '../message.ts'
import { classify } from '../script/kinds.ts'
import { addressTypeAt } from './address-kind.ts'
import { given, text } from './arguments.ts'
import { destination } from './util.ts'
import type { Desk } from './wallet-desk.ts'

export function addressesRpc(desk: () => Desk): RpcTable {
  const scriptOf = (params: readonly unknown[], index = 0): Uint8Array => {
    const script = addressToScript(desk().parts.env.params, text(params, index, 'address'))
    if (!script) throw new RpcError(RPC.invalidAddressOrKey, 'Invalid address')
    return script
  }
  const keyOf = (params: readonly unknown[]) => {
    const script = scriptOf(params)
    const key = desk().parts.wallet.keyOf(script)
    return { script, key }
  }
  const fresh = (params: readonly unknown[], index: number) =>
    desk().parts.wallet.newAddress(kindOf(params, index))

  return {
    getnewaddress: {
      params: ['label?', 'address_type?'],
      summary: 'A fresh address of this node’s wallet; address_type: bech32 or legacy.',
      differs: 'no p2sh-segwit, no bech32m',
      handle: params => {
        const label = given(params, 0) ? labelOf(params, 0) : ''
        const address = fresh(params, 1)
        desk().notes.label(address, label)
        return address
      },
    },
    getrawchangeaddress: {
      params: ['address_type?'],
      summary: 'A fresh address for change.',
      differs: 'no p2sh-segwit, no bech32m',
      handle: params => fresh(params, 0),
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
        const { script, key } = keyOf(params)
        if (classify(script).kind !== 'p2pkh')
          throw new RpcError(RPC.typeError, 'Address does not refer to key')
        if (!key) throw new RpcError(RPC.wallet, 'Private key not available')
        return signMessage(desk().parts.secp, key.privateKey, text(params, 1, 'message'))
      },
    },
    dumpprivkey: {
      params: ['address'],
      summary: 'The private key of an address, as text.',
      differs: 'as with Core’s legacy wallets; of descriptor wallets Core gives none',
      handle: params => {
        const { key } = keyOf(params)
        if (!key) throw new RpcError(RPC.wallet, `Private key for address ${params[0]} is not known`)
        return encodeWif(key.privateKey)
      },
    },
  }
}

function kindOf(params: readonly unknown[], index: number): 'bech32' | 'legacy' {
  const type = given(params, index) ? addressTypeAt(params, index) : 'bech32'
  if (type === 'bech32' || type === 'legacy') return type
  throw new RpcError(RPC.walletKeypoolRanOut, `Error: No ${type} addresses available.`)
}

function labelOf(params: readonly unknown[], index: number): string {
  const label = text(params, index, 'label')
  if (label === '*') throw new RpcError(RPC.walletInvalidLabel, 'Invalid label name')
  return label
}

function isOwn({ env, wallet }: Desk['parts'], address: string): boolean {
  const script = addressToScript(env.params, address)
  return script !== undefined && wallet.owns(script)
}

function addressInfo({ parts, notes }: Desk, params: readonly unknown[]): Record<string, unknown> {
  const { env, wallet } = parts
  const said = text(params, 0, 'address')
  const script = addressToScript(env.params, said)
  if (!script)
    throw new RpcError(RPC.invalidAddressOrKey, 'Invalid or unsupported Segwit (Bech32) or Base58 encoding.')
  const address = scriptToAddress(env.params, script) ?? said
  const key = wallet.keyOf(script)
  const label = notes.labels.get(address)
  const desc = key && `${script[0] === 0 ? 'wpkh' : 'pkh'}(${toHex(key.publicKey)})`
  return {
    address,
    scriptPubKey: toHex(script),
    ismine: key !== undefined,
    solvable: key !== undefined,
    ...(desc && { desc: withChecksum(desc) }),
    iswatchonly: false,
    ...destination(script),
    ...(key && { pubkey: toHex(key.publicKey) }),
    ...(key && script[0] !== 0 && { iscompressed: true }),
    ischange: key !== undefined && label === undefined,
    labels: label === undefined ? [] : [label],
  }
}
