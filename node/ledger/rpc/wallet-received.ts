// RPC about what addresses and labels of the wallet received in all, spent since or not.

import { toHex } from '../../bitcoin/wire/hex.ts'
import { RPC, RpcError, type RpcTable } from '../../core/service.ts'
import { addressToScript, scriptToAddress } from '../address.ts'
import { isCoinbase } from '../chain/tx.ts'
import { coins, flag, given, integer, text } from './arguments.ts'
import { labelOf } from './wallet-addresses.ts'
import type { Desk } from './wallet-desk.ts'

interface Received {
  sat: number
  confirmations: number
  readonly txids: Set<string>
}

export function receivedRpc(desk: () => Desk): RpcTable {
  return {
    getreceivedbyaddress: {
      params: ['address', 'minconf?', 'include_immature_coinbase?'],
      summary: 'What an address of the wallet received.',
      handle: params => {
        const { parts } = desk()
        const script = addressToScript(parts.env.params, text(params, 0, 'address'))
        if (!script) throw new RpcError(RPC.invalidAddressOrKey, 'Invalid Bitcoin address')
        if (!parts.wallet.owns(script)) throw new RpcError(RPC.wallet, 'Address not found in wallet')
        const all = received(desk(), integer(params, 1, 'minconf', 1), flag(params, 2, false))
        return coins(all.get(toHex(script))?.sat ?? 0)
      },
    },
    getreceivedbylabel: {
      params: ['label', 'minconf?', 'include_immature_coinbase?'],
      summary: 'What the addresses of a label received.',
      handle: params => {
        const label = labelOf(params, 0)
        const groups = byLabel(desk(), integer(params, 1, 'minconf', 1), flag(params, 2, false))
        const group = groups.get(label)
        if (!group) throw new RpcError(RPC.wallet, 'Label not found in wallet')
        return coins(group.sat)
      },
    },
    listreceivedbyaddress: {
      params: [
        'minconf?',
        'include_empty?',
        'include_watchonly?',
        'address_filter?',
        'include_immature_coinbase?',
      ],
      summary: 'What each address of the wallet that was given out received.',
      handle: params => listByAddress(desk(), params),
    },
    listreceivedbylabel: {
      params: ['minconf?', 'include_empty?', 'include_watchonly?', 'include_immature_coinbase?'],
      summary: 'What the addresses of each label received.',
      handle: params => {
        const empty = flag(params, 1, false)
        const groups = byLabel(desk(), integer(params, 0, 'minconf', 1), flag(params, 3, false))
        return [...groups]
          .filter(([, { txids }]) => empty || txids.size > 0)
          .map(([label, { sat, confirmations }]) => ({ amount: coins(sat), confirmations, label }))
      },
    },
  }
}

/** By script, in hex. */
function received({ parts, history }: Desk, least: number, withYoung: boolean): Map<string, Received> {
  const { chain, params } = parts.env
  const all = new Map<string, Received>()
  for (const { tx, block, mine } of history.all()) {
    if (isCoinbase(tx) && !block) continue
    const deep = block ? chain.tip.height - block.height + 1 : 0
    if (deep < least || (isCoinbase(tx) && deep <= params.coinbaseMaturity && !withYoung)) continue
    for (const n of mine) {
      const { script, valueSat } = tx.outputs[n] as (typeof tx.outputs)[number]
      const key = toHex(script)
      const sum = all.get(key) ?? { sat: 0, confirmations: deep, txids: new Set() }
      sum.sat += valueSat
      sum.confirmations = Math.min(sum.confirmations, deep)
      sum.txids.add(tx.txid)
      all.set(key, sum)
    }
  }
  return all
}

/** Addresses of ours that have a label. */
function* labelled({
  parts,
  notes,
}: Desk): Generator<readonly [address: string, label: string, script: string]> {
  for (const [address, label] of notes.labels) {
    const script = addressToScript(parts.env.params, address)
    if (script && parts.wallet.owns(script)) yield [address, label, toHex(script)]
  }
}

function byLabel(desk: Desk, least: number, withYoung: boolean): Map<string, Received> {
  const all = received(desk, least, withYoung)
  const groups = new Map<string, Received>()
  for (const [, label, script] of labelled(desk)) {
    const sum = all.get(script)
    const group = groups.get(label) ?? { sat: 0, confirmations: 0, txids: new Set() }
    if (sum) {
      group.confirmations =
        group.txids.size === 0 ? sum.confirmations : Math.min(group.confirmations, sum.confirmations)
      group.sat += sum.sat
      for (const txid of sum.txids) group.txids.add(txid)
    }
    groups.set(label, group)
  }
  return groups
}

function listByAddress(desk: Desk, params: readonly unknown[]): Record<string, unknown>[] {
  const empty = flag(params, 1, false)
  const wanted = given(params, 3) ? text(params, 3, 'address_filter') : undefined
  if (wanted !== undefined && !isAddress(desk, wanted))
    throw new RpcError(RPC.wallet, 'address_filter parameter was invalid')
  const all = received(desk, integer(params, 0, 'minconf', 1), flag(params, 4, false))
  return [...labelled(desk)].flatMap(([address, label, script]) => {
    const sum = all.get(script)
    if ((!sum && !empty) || (wanted !== undefined && wanted !== address)) return []
    const { sat = 0, confirmations = 0, txids = [] } = sum ?? {}
    return [{ address, amount: coins(sat), confirmations, label, txids: [...txids] }]
  })
}

function isAddress({ parts }: Desk, text: string): boolean {
  const script = addressToScript(parts.env.params, text)
  return script !== undefined && scriptToAddress(parts.env.params, script) !== undefined
}
