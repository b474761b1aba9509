// RPC of a light client's wallet, by Core's names: balances, addresses, payments and the past.

import { toHex } from '../bitcoin/wire/hex.ts'
import { RPC, RpcError, type RpcTable } from '../core/service.ts'
import { addressToScript, scriptToAddress } from '../ledger/address.ts'
import type { TxOut } from '../ledger/chain/types.ts'
import { amountSat, coins, flag, given, hash, integer, text } from '../ledger/rpc/arguments.ts'
import { feeOf } from '../ledger/rpc/shapes.ts'
import type { LightParts } from './parts.ts'
import type { WalletTx } from './wallet-store.ts'

type Params = readonly unknown[]

const BLIND = 'what is unconfirmed and others’ is not known'
const MAX_CONFIRMATIONS = 9_999_999

export function lightWalletRpc(parts: () => LightParts): RpcTable {
  const table: RpcTable = {
    ...balancesRpc(parts),
    ...addressesRpc(parts),
    ...paymentsRpc(parts),
    ...pastRpc(parts),
  }
  return Object.fromEntries(
    Object.entries(table).map(([name, method]) => [name, { ...method, wallet: true }]),
  )
}

function balancesRpc(parts: () => LightParts): RpcTable {
  return {
    getbalance: {
      params: ['dummy?', 'minconf?', 'include_watchonly?', 'avoid_reuse?'],
      summary: 'Coins that can be spent now.',
      handle: params => {
        if (given(params, 0) && params[0] !== '*')
          throw new RpcError(RPC.methodDeprecated, 'dummy first argument must be excluded or set to "*".')
        const least = integer(params, 1, 'minconf', 0)
        const { env, wallet } = parts()
        if (least <= 0) return coins(wallet.balance().trustedSat)
        let sat = 0
        for (const { coin, standing, valueSat } of wallet.unspent())
          if (standing === 'mature' && env.chain.tip.height - coin.height + 1 >= least) sat += valueSat
        return coins(sat)
      },
    },
    getunconfirmedbalance: {
      params: [],
      summary: 'Coins of payments that a reorganisation took out of their block.',
      differs: BLIND,
      handle: () => coins(parts().wallet.balance().pendingSat),
    },
    getbalances: {
      params: [],
      summary: 'Coins that can be spent, that are on their way here, and that are still too young.',
      differs: BLIND,
      handle: () => {
        const { scan, wallet } = parts()
        const { trustedSat, pendingSat, immatureSat } = wallet.balance()
        return {
          mine: {
            trusted: coins(trustedSat),
            untrusted_pending: coins(pendingSat),
            immature: coins(immatureSat),
          },
          lastprocessedblock: { hash: scan.scanned.hash, height: scan.scanned.height },
        }
      },
    },
    getwalletinfo: {
      params: [],
      summary: 'The state of the wallet.',
      differs: 'format is netsplit-light; its keys come from the plan',
      handle: () => walletInfo(parts()),
    },
    listunspent: {
      params: ['minconf?', 'maxconf?'],
      summary: 'The wallet’s unspent outputs.',
      differs: 'no filter but by confirmations',
      handle: params => unspent(parts(), params),
    },
  }
}

function addressesRpc(parts: () => LightParts): RpcTable {
  return {
    getnewaddress: {
      params: ['label?', 'address_type?'],
      summary: 'An address that nobody was told before.',
      differs: 'bech32 and legacy; labels are not kept',
      handle: params => {
        const kind = given(params, 1) ? text(params, 1, 'address_type') : 'bech32'
        if (kind !== 'bech32' && kind !== 'legacy')
          throw new RpcError(RPC.invalidAddressOrKey, `Unknown address type '${kind}'`)
        return parts().wallet.newAddress(kind)
      },
    },
    listscripts: {
      params: [],
      summary:
        'The scripts of all keys that were given out or seen in use, in hex: what the wallet is paid by.',
      handle: () => parts().wallet.usedScripts.map(toHex),
    },
    getaddressinfo: {
      params: ['address'],
      summary: 'Whether an address is the wallet’s.',
      differs: 'address, scriptPubKey, ismine, solvable, iswatchonly only',
      handle: params => {
        const { env, wallet } = parts()
        const address = text(params, 0, 'address')
        const script = addressToScript(env.params, address)
        if (!script) throw new RpcError(RPC.invalidAddressOrKey, 'Invalid address')
        const ismine = wallet.owns(script)
        return { address, scriptPubKey: toHex(script), ismine, solvable: ismine, iswatchonly: false }
      },
    },
  }
}

function paymentsRpc(parts: () => LightParts): RpcTable {
  return {
    sendtoaddress: {
      params: [
        ...['address', 'amount', 'comment?', 'comment_to?', 'subtractfeefromamount?', 'replaceable?'],
        ...['conf_target?', 'estimate_mode?', 'avoid_reuse?', 'fee_rate?', 'verbose?'],
      ],
      summary:
        'Pays coins to an address, and announces it until it is in a block; the id of the transaction.',
      differs: 'the fee comes on top; its rate is what most peers take',
      handle: params => pay(parts(), params),
    },
    abandontransaction: {
      params: ['txid'],
      summary: 'Gives up a payment that is in no block: its coins can be spent again.',
      handle: params => {
        const { wallet } = parts()
        const own = wallet.get(hash(params, 0, 'txid'))
        if (!own) throw new RpcError(RPC.invalidAddressOrKey, 'Invalid or non-wallet transaction id')
        if (own.place) throw new RpcError(RPC.invalidAddressOrKey, 'Transaction not eligible for abandonment')
        wallet.abandon(own.tx.txid)
        return null
      },
    },
  }
}

function pastRpc(parts: () => LightParts): RpcTable {
  return {
    gettransaction: {
      params: ['txid', 'include_watchonly?', 'verbose?'],
      summary: 'A transaction of the wallet: what it changed for it, and all outputs that matter.',
      differs: `${BLIND}; no fee of others’ payments; hex without witnesses of what others sent; no decoded`,
      handle: params => {
        const own = parts().wallet.get(hash(params, 0, 'txid'))
        if (!own) throw new RpcError(RPC.invalidAddressOrKey, 'Invalid or non-wallet transaction id')
        const { scan } = parts()
        const feeSat = ownFeeOf(parts(), own)
        return {
          amount: coins(parts().wallet.gainOf(own.tx) + (feeSat ?? 0)),
          ...(feeSat !== undefined && { fee: coins(-feeSat) }),
          ...commonOf(parts(), own),
          details: detailsOf(parts(), own),
          hex: toHex(own.tx.bytes),
          lastprocessedblock: { hash: scan.scanned.hash, height: scan.scanned.height },
        }
      },
    },
    listtransactions: {
      params: ['label|dummy?', 'count?', 'skip?', 'include_watchonly?'],
      summary: 'The last payments to and from the wallet, the newest last.',
      differs: `${BLIND}; no labels`,
      handle: params => {
        const [count, skip] = [integer(params, 1, 'count', 10), integer(params, 2, 'skip', 0)]
        if (count < 0) throw new RpcError(RPC.invalidParameter, 'Negative count')
        if (skip < 0) throw new RpcError(RPC.invalidParameter, 'Negative from')
        const all = parts()
          .wallet.all()
          .flatMap(own => detailsOf(parts(), own).map(detail => ({ ...detail, ...commonOf(parts(), own) })))
        const end = Math.max(0, all.length - skip)
        return all.slice(Math.max(0, end - count), end)
      },
    },
  }
}

function pay({ env, payments, wallet }: LightParts, params: Params): unknown {
  const script = addressToScript(env.params, text(params, 0, 'address'))
  if (!script) throw new RpcError(RPC.invalidAddressOrKey, `Invalid address: ${String(params[0])}`)
  const valueSat = amountSat(params, 1, 'amount')
  if (valueSat === 0) throw new RpcError(RPC.typeError, 'Invalid amount for send')
  if (flag(params, 4, false)) throw new RpcError(RPC.invalidParameter, 'subtractfeefromamount is not there')
  const rate = given(params, 9) ? Number(params[9]) : payments.feeRate()
  if (!(rate > 0)) throw new RpcError(RPC.typeError, 'Invalid amount')
  const tx = wallet.pay({ valueSat, script }, rate)
  payments.announce(tx)
  return flag(params, 10, false) ? { txid: tx.txid, fee_reason: 'Fallback fee' } : tx.txid
}

function walletInfo({ env, scan, wallet }: LightParts): Record<string, unknown> {
  const { trustedSat, pendingSat, immatureSat } = wallet.balance()
  const { tip } = env.chain
  return {
    walletname: '',
    format: 'netsplit-light',
    balance: coins(trustedSat),
    unconfirmed_balance: coins(pendingSat),
    immature_balance: coins(immatureSat),
    txcount: wallet.size,
    private_keys_enabled: true,
    scanning: scan.scanned === tip ? false : { duration: 0, progress: scan.scanned.height / tip.height },
    lastprocessedblock: { hash: scan.scanned.hash, height: scan.scanned.height },
  }
}

function unspent({ env, wallet }: LightParts, params: Params): Record<string, unknown>[] {
  const [least, most] = [integer(params, 0, 'minconf', 1), integer(params, 1, 'maxconf', MAX_CONFIRMATIONS)]
  return [...wallet.unspent()].flatMap(({ point, coin, standing }) => {
    const confirmations = coin.height > 0 ? env.chain.tip.height - coin.height + 1 : 0
    if (standing === 'immature' || confirmations < least || confirmations > most) return []
    return [
      {
        txid: point.txid,
        vout: point.index,
        address: scriptToAddress(env.params, coin.script),
        scriptPubKey: toHex(coin.script),
        amount: coins(coin.valueSat),
        confirmations,
        spendable: true,
        solvable: true,
        safe: standing !== 'pending',
      },
    ]
  })
}

/** Known of its own payments only: of others’ the coins that were spent are not. */
function ownFeeOf({ wallet }: LightParts, { tx }: WalletTx): number | undefined {
  return feeOf(tx, point => wallet.output(point))
}

function commonOf({ env, wallet }: LightParts, { tx, place, time }: WalletTx): Record<string, unknown> {
  const height = wallet.heightOf(place?.block)
  return {
    confirmations: height === undefined ? 0 : env.chain.tip.height - height + 1,
    ...(place && {
      blockhash: place.block,
      blockheight: height,
      blockindex: place.index,
      blocktime: env.chain.entry(place.block)?.header.time,
    }),
    txid: tx.txid,
    walletconflicts: [],
    time,
    timereceived: time,
    'bip125-replaceable': 'no',
  }
}

function detailsOf(parts: LightParts, own: WalletTx): Record<string, unknown>[] {
  const { env, wallet } = parts
  const feeSat = ownFeeOf(parts, own)
  const sent = feeSat !== undefined
  const shape = ({ script, valueSat }: TxOut, vout: number, category: 'send' | 'receive') => ({
    address: scriptToAddress(env.params, script),
    category,
    amount: coins(category === 'send' ? -valueSat : valueSat),
    vout,
    ...(category === 'send' && feeSat !== undefined && { fee: coins(-feeSat), abandoned: false }),
  })
  // What it pays to itself is both, as in Core; its change is neither.
  return own.tx.outputs.flatMap((output, n) => {
    if (sent && wallet.isChange(output.script)) return []
    const gives = sent ? [shape(output, n, 'send')] : []
    return wallet.owns(output.script) ? [...gives, shape(output, n, 'receive')] : gives
  })
}
