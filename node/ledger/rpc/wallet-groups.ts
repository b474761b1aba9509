// listaddressgroupings: which addresses of a wallet everybody can tell to be of one owner, since payments spent coins of theirs together.

import { toHex } from '../../bitcoin/wire/hex.ts'
import type { RpcTable } from '../../core/service.ts'
import { scriptToAddress } from '../address.ts'
import { isCoinbase, outPointKey } from '../chain/tx.ts'
import { coins } from './arguments.ts'
import type { Desk } from './wallet-desk.ts'

export function groupsRpc(desk: () => Desk): RpcTable {
  return {
    listaddressgroupings: {
      params: [],
      summary: 'Addresses in groups, each of which was shown to have one owner, and what they have.',
      handle: () => groups(desk()),
    },
  }
}

function groups(desk: Desk): unknown[][] {
  const { history, notes, parts } = desk
  const { params } = parts.env
  const parents = new Map<string, string>()
  const rootOf = (address: string): string => {
    let at = address
    while (parents.get(at) !== at) at = parents.get(at) as string
    return at
  }
  const addressOf = (script: Uint8Array) =>
    parts.wallet.owns(script) ? scriptToAddress(params, script) : undefined
  const scripts = new Map(
    history
      .all()
      .flatMap(({ tx }) =>
        tx.outputs.map(({ script }, n) => [outPointKey({ txid: tx.txid, index: n }), script] as const),
      ),
  )
  for (const { tx } of history.all()) {
    const paid = tx.outputs.flatMap(({ script }) => addressOf(script) ?? [])
    for (const address of paid) if (!parents.has(address)) parents.set(address, address)
    if (isCoinbase(tx)) continue
    const spent = tx.inputs.flatMap(({ previous }) => {
      const script = scripts.get(outPointKey(previous))
      return (script && addressOf(script)) ?? []
    })
    // Change shows itself as the payer's own.
    const linked = spent.length > 0 ? [...spent, ...paid.filter(address => !notes.labels.has(address))] : []
    for (const address of linked) {
      if (!parents.has(address)) parents.set(address, address)
      parents.set(rootOf(address), rootOf(linked[0] as string))
    }
  }
  return shapes(desk, [...parents.keys()], rootOf)
}

function shapes(
  { notes, parts }: Desk,
  addresses: readonly string[],
  rootOf: (address: string) => string,
): unknown[][] {
  const balances = new Map<string, number>()
  for (const [{ coin, valueSat }, standing] of parts.wallet.unspent()) {
    const address = scriptToAddress(parts.env.params, coin.script) ?? toHex(coin.script)
    const counts = standing === 'mature' || standing === 'change'
    balances.set(address, (balances.get(address) ?? 0) + (counts ? valueSat : 0))
  }
  const byRoot = new Map<string, unknown[]>()
  for (const address of addresses) {
    const label = notes.labels.get(address)
    const shape = [address, coins(balances.get(address) ?? 0), ...(label === undefined ? [] : [label])]
    byRoot.set(rootOf(address), [...(byRoot.get(rootOf(address)) ?? []), shape])
  }
  return [...byRoot.values()]
}
