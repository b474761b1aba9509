// RPC about this node's own coins.

import { toHex } from '../../bitcoin/wire/hex.ts'
import { RPC, RpcError, type RpcTable } from '../../core/service.ts'
import { addressToScript, scriptToAddress } from '../address.ts'
import type { LedgerParts } from '../parts.ts'
import { amountSat, coins, integer, text } from './arguments.ts'

const MAX_CONFIRMATIONS = 9_999_999

export function walletRpc(parts: () => LedgerParts): RpcTable {
  return {
    getnewaddress: {
      params: ['label?', 'address_type?'],
      summary: 'A fresh address of this node’s wallet.',
      handle: () => parts().wallet.newAddress(),
    },
    getbalance: {
      params: ['dummy?', 'minconf?'],
      summary: 'Coins that can be spent now.',
      handle: () => coins(parts().wallet.balance().trustedSat),
    },
    getbalances: {
      params: [],
      summary: 'Coins that can be spent, that are on their way here, and that are still too young.',
      handle: () => balances(parts()),
    },
    sendtoaddress: {
      params: ['address', 'amount', 'fee_rate?'],
      summary:
        'Pays coins to an address; the id of the transaction. The fee rate is in satoshi per virtual byte.',
      handle: params => send(parts(), params),
    },
    listunspent: {
      params: ['minconf?', 'maxconf?'],
      summary: 'The wallet’s unspent outputs.',
      handle: params => unspent(parts(), params),
    },
  }
}

function balances({ env, wallet }: LedgerParts): Record<string, unknown> {
  const { trustedSat, immatureSat, pendingSat } = wallet.balance()
  const { tip } = env.chain
  return {
    mine: { trusted: coins(trustedSat), untrusted_pending: coins(pendingSat), immature: coins(immatureSat) },
    lastprocessedblock: { hash: tip.hash, height: tip.height },
  }
}

function send({ env, transactions, wallet }: LedgerParts, params: readonly unknown[]): string {
  const address = text(params, 0, 'address')
  const sat = amountSat(params, 1, 'amount')
  const feeRate = integer(params, 2, 'fee_rate', 0)
  if (!addressToScript(env.params, address))
    throw new RpcError(RPC.invalidAddressOrKey, `Invalid address: ${address}`)
  if (sat === 0) throw new RpcError(RPC.typeError, 'Invalid amount for send')
  const tx = wallet.send(address, sat, feeRate > 0 ? feeRate : undefined)
  transactions.submit(tx)
  return tx.txid
}

function unspent({ env, wallet }: LedgerParts, params: readonly unknown[]): Record<string, unknown>[] {
  const least = integer(params, 0, 'minconf', 1)
  const most = integer(params, 1, 'maxconf', MAX_CONFIRMATIONS)
  const shapes: Record<string, unknown>[] = []
  for (const [{ point, coin }, standing] of wallet.unspent()) {
    const confirmations = standing === 'mature' ? env.chain.tip.height - coin.height + 1 : 0
    if (standing === 'immature' || confirmations < least || confirmations > most) continue
    shapes.push({
      txid: point.txid,
      vout: point.index,
      address: scriptToAddress(env.params, coin.script),
      scriptPubKey: toHex(coin.script),
      amount: coins(coin.valueSat),
      confirmations,
      spendable: true,
      solvable: true,
      safe: standing !== 'pending',
    })
  }
  return shapes
}
