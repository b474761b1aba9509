// A node in virtual time whose wallets are called by name: that of the plan, which has what it mined, and one made by hand.

import type { LedgerOptions } from '../../node/ledger/options.ts'
import { createLedgerNetwork, type LedgerNetwork, simulatedSpec } from './ledger-network.ts'

export interface Unspent {
  txid: string
  vout: number
  amount: number
  reused?: boolean
}

/** Keys that a wallet watches ahead: the usual thousand take most of a second to make. */
const KEY_POOL = 20

/** It has mined coins that can be spent, and more of them are a block away. */
export function walletNetwork(seed: string, ledger: Partial<LedgerOptions> = {}): LedgerNetwork {
  const chain = simulatedSpec(1, { difficulty: { rule: 'fixed' }, coinbaseMaturity: 2 })
  const wallets = { keyPool: KEY_POOL, ...ledger.wallets }
  const net = createLedgerNetwork({ seed, nodes: 1, chain, ledger: { ...ledger, wallets } })
  net.advance(5_000)
  net.mine(0, 6)
  return net
}

/** Calls of the first node of whichever network there is by then; the wallet made by hand is called `mine`. */
export function walletsOn(net: () => LedgerNetwork) {
  const call =
    (wallet: string) =>
    <T = unknown>(method: string, ...params: unknown[]) =>
      net().rpcTo(wallet, 0, method, ...params) as T
  const [plan, mine] = [call(''), call('mine')]
  const mineBlock = () => plan<string[]>('generatetoaddress', 1, plan('getnewaddress'))[0] as string
  const fund = (amount: number, address = mine<string>('getnewaddress')) => {
    plan('sendtoaddress', address, amount)
    mineBlock()
  }
  /** Those in no block among them. */
  const coinsOf = () => mine<Unspent[]>('listunspent', 0)
  return { call, plan, mine, mineBlock, fund, coinsOf }
}
