// RPC of this node's wallet: what it has. Addresses, payments and the past stand beside it.

import { toHex } from '../../bitcoin/wire/hex.ts'
import { RPC, RpcError, type RpcHandler, type RpcMethod, type RpcTable } from '../../core/service.ts'
import { scriptToAddress } from '../address.ts'
import { outPointKey, pointOf } from '../chain/tx.ts'
import type { OutPointKey } from '../chain/types.ts'
import { inferDescriptor } from '../descriptor/infer.ts'
import type { LedgerParts } from '../parts.ts'
import type { Wallet } from '../wallet.ts'
import type { NamedWallet } from '../wallets/named-wallet.ts'
import { amountSat, array, coins, flag, given, integer, record, toHash } from './arguments.ts'
import { walletSigningRpc } from './signing.ts'
import { addressesRpc } from './wallet-addresses.ts'
import { bumpRpc } from './wallet-bump.ts'
import { walletDescriptorsRpc } from './wallet-descriptors.ts'
import { avoidsReuse, type Desk, Desks, wantKeys } from './wallet-desk.ts'
import { groupsRpc } from './wallet-groups.ts'
import { walletKeysRpc } from './wallet-keys.ts'
import { legacyRpc } from './wallet-legacy.ts'
import { pastRpc } from './wallet-past.ts'
import { paymentsRpc } from './wallet-payments.ts'
import { walletPsbtRpc } from './wallet-psbt.ts'
import { sendAllRpc } from './wallet-sendall.ts'
import { walletsRpc } from './wallets.ts'

const MAX_CONFIRMATIONS = 9_999_999
/** Core's number for the form of its wallet file. */
const WALLET_VERSION = 169_900

export function walletRpc(parts: () => LedgerParts): RpcTable {
  const desks = new Desks()
  const tables = new WeakMap<Desk, RpcTable>()
  /** Of the wallet that the call was sent to. */
  const tableOf = (name: string | undefined): RpcTable => {
    const desk = desks.of(parts(), parts().wallets.select(name))
    const table = tables.get(desk) ?? tableFor(() => desk)
    tables.set(desk, table)
    return table
  }
  const names = tableFor(() => {
    throw new Error('the table of names is not called')
  })
  const asking = Object.entries(names).map(([name, method]): [string, RpcMethod] => {
    const handle: RpcHandler = (params, respond, wallet) => tableOf(wallet)[name]?.handle(params, respond)
    return [name, { ...method, handle }]
  })
  return { ...Object.fromEntries(asking), ...walletsRpc(parts) }
}

function tableFor(desk: () => Desk): RpcTable {
  return {
    ...balancesRpc(desk),
    ...coinsRpc(desk),
    ...addressesRpc(desk),
    ...paymentsRpc(desk),
    ...sendAllRpc(desk),
    ...bumpRpc(desk),
    ...pastRpc(desk),
    ...groupsRpc(desk),
    ...walletPsbtRpc(desk),
    ...walletSigningRpc(desk),
    ...walletKeysRpc(desk),
    ...walletDescriptorsRpc(desk),
    ...legacyRpc(),
  }
}

function balancesRpc(desk: () => Desk): RpcTable {
  return {
    getbalance: {
      params: ['dummy?', 'minconf?', 'include_watchonly?', 'avoid_reuse?'],
      summary: 'Coins that can be spent now.',
      handle: params => {
        if (given(params, 0) && params[0] !== '*')
          throw new RpcError(RPC.methodDeprecated, 'dummy first argument must be excluded or set to "*".')
        const { wallet, env } = desk().parts
        const least = integer(params, 1, 'minconf', 0)
        const withReused = !avoidsReuse(desk(), params[3])
        if (least <= 0) return coins(wallet.balance(withReused).trustedSat)
        let sat = 0
        for (const [own, standing] of wallet.unspent()) {
          const isDeep = env.chain.tip.height - own.coin.height + 1 >= least
          if (standing === 'mature' && isDeep && (withReused || !wallet.isReused(own))) sat += own.valueSat
        }
        return coins(sat)
      },
    },
    getunconfirmedbalance: {
      params: [],
      summary: 'Coins that others’ unconfirmed payments bring.',
      handle: () => coins(desk().parts.wallet.balance().pendingSat),
    },
    getbalances: {
      params: [],
      summary: 'Coins that can be spent, that are on their way here, and that are still too young.',
      handle: () => balances(desk()),
    },
    getwalletinfo: {
      params: [],
      summary: 'The state of the wallet.',
      differs: 'of the wallet without a name format is netsplit, and its keys come from the plan',
      handle: () => walletInfo(desk()),
    },
    settxfee: {
      params: ['amount'],
      summary: 'The fee rate of payments that name none, for 1,000 virtual bytes; 0: the default.',
      handle: params => {
        const { wallet, env } = desk().parts
        const sat = amountSat(params, 0, 'amount')
        const limits = [
          [sat < env.mempool.minFeeSatPerKvb, 'less than min relay tx fee', env.mempool.minFeeSatPerKvb],
          [sat < 1000 * wallet.leastRate, 'less than wallet min fee', 1000 * wallet.leastRate],
          [sat > wallet.maxFeeSat, 'more than wallet max tx fee', wallet.maxFeeSat],
        ] as const
        const beyond = sat > 0 && limits.find(([isBeyond]) => isBeyond)
        if (beyond)
          throw new RpcError(
            RPC.invalidParameter,
            `txfee cannot be ${beyond[1]} (${coins(beyond[2])} BTC/kvB)`,
          )
        wallet.setRateSatPerVb = sat === 0 ? undefined : sat / 1000
        return true
      },
    },
  }
}

function coinsRpc(desk: () => Desk): RpcTable {
  return {
    listunspent: {
      params: ['minconf?', 'maxconf?', 'addresses?', 'include_unsafe?', 'query_options?'],
      options: [
        'minimumAmount',
        'maximumAmount',
        'maximumCount',
        'minimumSumAmount',
        'include_immature_coinbase',
      ],
      summary: 'The wallet’s unspent outputs.',
      handle: params => unspent(desk(), params),
    },
    lockunspent: {
      params: ['unlock', 'transactions?', 'persistent?'],
      summary: 'Keeps payments from taking coins by themselves, or lets them again; without coins, all.',
      handle: params => lock(desk(), params),
    },
    listlockunspent: {
      params: [],
      summary: 'The coins that are locked.',
      handle: () =>
        [...desk().parts.wallet.locked].map(pointOf).map(({ txid, index }) => ({ txid, vout: index })),
    },
    rescanblockchain: {
      params: ['start_height?', 'stop_height?'],
      summary: 'Reads the wallet’s past from the blocks again.',
      differs: 'reads all of them from start_height on',
      handle: params => {
        const { history, named, parts } = desk()
        const { tip } = parts.env.chain
        const start = integer(params, 0, 'start_height', 0)
        const stop = integer(params, 1, 'stop_height', tip.height)
        if (start < 0 || start > tip.height) throw new RpcError(RPC.invalidParameter, 'Invalid start_height')
        if (stop < 0 || stop > tip.height) throw new RpcError(RPC.invalidParameter, 'Invalid stop_height')
        if (stop < start)
          throw new RpcError(RPC.invalidParameter, 'stop_height must be greater than start_height')
        wantKeys(desk())
        for (const each of named?.keeper.descriptors ?? []) each.fromHeight = Math.min(each.fromHeight, start)
        named?.save()
        parts.wallet.rescan()
        history.forget()
        return { start_height: start, stop_height: stop }
      },
    },
  }
}

function balances({ named, parts: { env, wallet } }: Desk): Record<string, unknown> {
  const { trustedSat, immatureSat, pendingSat } = wallet.balance()
  const { tip } = env.chain
  const all = named?.flags.avoidReuse ? wallet.balance(true) : undefined
  return {
    mine: {
      trusted: coins(trustedSat),
      untrusted_pending: coins(pendingSat),
      immature: coins(immatureSat),
      ...(all && { used: coins(all.trustedSat + all.pendingSat - trustedSat - pendingSat) }),
    },
    lastprocessedblock: { hash: tip.hash, height: tip.height },
  }
}

function walletInfo({ name, named, parts, history }: Desk): Record<string, unknown> {
  const { env, wallet } = parts
  const { trustedSat, immatureSat, pendingSat } = wallet.balance()
  const { genesis, tip } = env.chain
  const flags = named?.flags ?? { privateKeys: true, avoidReuse: false, blank: false }
  return {
    walletname: name,
    walletversion: WALLET_VERSION,
    format: named ? 'sqlite' : 'netsplit',
    balance: coins(trustedSat),
    unconfirmed_balance: coins(pendingSat),
    immature_balance: coins(immatureSat),
    txcount: history.all().length,
    ...poolShape(parts, named),
    ...(named?.isEncrypted && { unlocked_until: named.unlockedUntil }),
    paytxfee: coins(Math.round(1000 * (wallet.setRateSatPerVb ?? 0))),
    private_keys_enabled: flags.privateKeys,
    avoid_reuse: flags.avoidReuse,
    scanning: false,
    descriptors: true,
    external_signer: false,
    blank: flags.blank,
    birthtime: named?.birth ?? genesis.header.time,
    lastprocessedblock: { hash: tip.hash, height: tip.height },
  }
}

/** Keys that are watched and were given to nobody yet. */
function poolShape({ wallet }: LedgerParts, named: NamedWallet | undefined): Record<string, unknown> {
  if (!named) return { keypoolsize: wallet.keeper.lookahead }
  const left = (internal: boolean) =>
    named.keeper.descriptors
      .filter(each => each.active && each.internal === internal)
      .reduce((sum, { next, range }) => sum + range[1] - next, 0)
  return { keypoolsize: left(false), keypoolsize_hd_internal: left(true) }
}

function unspent({ named, parts, notes }: Desk, params: readonly unknown[]): Record<string, unknown>[] {
  const { env, wallet } = parts
  const least = integer(params, 0, 'minconf', 1)
  const most = integer(params, 1, 'maxconf', MAX_CONFIRMATIONS)
  const addresses = given(params, 2) ? array(params, 2, 'addresses') : []
  // An empty list asks for all of them.
  const wanted = addresses.length > 0 ? new Set(addresses) : undefined
  const unsafe = flag(params, 3, true)
  const options = given(params, 4) ? record(params[4]) : {}
  const limit = (name: string, fallback: number) =>
    options[name] === undefined ? fallback : amountSat([options[name]], 0, name)
  const leastSat = limit('minimumAmount', 0)
  const mostSat = limit('maximumAmount', Number.MAX_SAFE_INTEGER)
  const maxCount = integer([options.maximumCount], 0, 'maximumCount', Number.MAX_SAFE_INTEGER)
  const immature = options.include_immature_coinbase === true
  const shapes: Record<string, unknown>[] = []
  for (const [own, standing] of wallet.unspent()) {
    const { point, coin } = own
    const confirmations = coin.height > 0 ? env.chain.tip.height - coin.height + 1 : 0
    const address = scriptToAddress(env.params, coin.script)
    if (standing === 'immature' && !immature) continue
    const safe = standing !== 'pending' && !wallet.isShaky(own)
    if (confirmations < least || confirmations > most || !(safe || unsafe)) continue
    if (wallet.locked.has(outPointKey(point)) || (wanted && !wanted.has(address))) continue
    if (coin.valueSat < leastSat || coin.valueSat > mostSat || shapes.length >= maxCount) continue
    const entry = coin.height > 0 ? undefined : env.mempool.get(point.txid)
    const label = address === undefined ? undefined : notes.labels.get(address)
    shapes.push({
      txid: point.txid,
      vout: point.index,
      address,
      ...(label !== undefined && { label }),
      scriptPubKey: toHex(coin.script),
      amount: coins(coin.valueSat),
      confirmations,
      ...(entry && {
        ancestorcount: entry.ancestors.count,
        ancestorsize: entry.ancestors.vsize,
        ancestorfees: entry.ancestors.feeSat,
      }),
      spendable: true,
      solvable: true,
      desc: inferDescriptor(env.params, coin.script, wallet.providerOf(coin.script, false)),
      ...parentShape(wallet, coin.script),
      ...(named?.flags.avoidReuse && { reused: wallet.isReused(own) }),
      safe,
    })
  }
  return shapes
}

/** The descriptor that a script is of, where it is one of a wallet made by hand. */
function parentShape(wallet: Wallet, script: Uint8Array): Record<string, unknown> {
  const own = wallet.keeper.find(script)
  const facts = own && wallet.keeper.facts?.(own)
  return facts ? { parent_descs: [facts.parent] } : {}
}

function lock({ history, named, parts: { env, wallet } }: Desk, params: readonly unknown[]): boolean {
  const unlock = flag(params, 0, false)
  const persistent = flag(params, 2, false)
  const unlockCoin = (key: OutPointKey) => (named ? named.unlockCoin(key) : wallet.locked.delete(key))
  const lockCoin = (key: OutPointKey) => (named ? named.lockCoin(key, persistent) : wallet.locked.add(key))
  if (!given(params, 1)) {
    if (unlock) for (const key of wallet.locked) unlockCoin(key)
    return true
  }
  const keys = array(params, 1, 'transactions').map(value => {
    const { txid, vout } = record(value)
    const point = { txid: toHash(txid, 'txid'), index: integer([vout], 0, 'vout') }
    if (point.index < 0)
      throw new RpcError(RPC.invalidParameter, 'Invalid parameter, vout cannot be negative')
    const key = outPointKey(point)
    const made = wallet.knows(point) ? undefined : history.find(point.txid)
    if (!wallet.knows(point) && !made)
      throw new RpcError(RPC.invalidParameter, 'Invalid parameter, unknown transaction')
    if (made && point.index >= made.tx.outputs.length)
      throw new RpcError(RPC.invalidParameter, 'Invalid parameter, vout index out of bounds')
    if (made || env.mempool.spender(key))
      throw new RpcError(RPC.invalidParameter, 'Invalid parameter, expected unspent output')
    const again = !unlock && persistent
    if (unlock !== wallet.locked.has(key) && !again)
      throw new RpcError(
        RPC.invalidParameter,
        unlock ? 'Invalid parameter, expected locked output' : 'Invalid parameter, output already locked',
      )
    return key
  })
  for (const key of keys) unlock ? unlockCoin(key) : lockCoin(key)
  named?.save()
  return true
}
