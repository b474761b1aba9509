// RPC about what a wallet may do, and about its keys: under lock or not, how many are watched, which master keys they come from.

import { RPC, RpcError, type RpcTable } from '../../core/service.ts'
import { addressToScript } from '../address.ts'
import type { HdKey } from '../descriptor/hd-key.ts'
import { keysOf } from '../descriptor/node.ts'
import type { NamedWallet } from '../wallets/named-wallet.ts'
import { flag, given, integer, record, text } from './arguments.ts'
import { type Desk, wantKeys } from './wallet-desk.ts'

const VERSION = 169_900
const FLAGS = [
  'avoid_reuse',
  'blank',
  'key_origin_metadata',
  'last_hardened_xpub_cached',
  'disable_private_keys',
  'descriptor_wallet',
  'external_signer',
]
const REUSE_WARNING =
  'You need to rescan the blockchain in order to correctly mark used destinations in the past. Until this is done, some destinations may be considered unused, even if the opposite is the case.'

export function walletKeysRpc(desk: () => Desk): RpcTable {
  return {
    ...passphraseRpc(desk),
    keypoolrefill: {
      params: ['newsize?'],
      summary: 'Watches so many keys beyond those that were given out.',
      differs: 'by default a hundred of each descriptor',
      handle: params => {
        const size = integer(params, 0, 'newsize', 0)
        if (size < 0) throw new RpcError(RPC.invalidParameter, 'Invalid parameter, expected valid size.')
        wantKeys(desk())
        const keeper = desk().named?.keeper
        keeper?.refill(size > 0 ? size : keeper.lookahead)
        return null
      },
    },
    setwalletflag: {
      params: ['flag', 'value?'],
      summary: 'Changes what a wallet does: avoid_reuse can be changed.',
      handle: params => setFlag(desk(), text(params, 0, 'flag'), flag(params, 1, true)),
    },
    gethdkeys: {
      params: ['options?'],
      options: ['active_only', 'private'],
      summary: 'The extended keys of a wallet’s descriptors. options: active_only, private.',
      handle: params => hdKeys(desk(), given(params, 0) ? record(params[0]) : {}),
    },
    upgradewallet: {
      params: ['version?'],
      summary: 'Brings a wallet to the newest form, in which all are.',
      handle: () => ({
        wallet_name: desk().name,
        previous_version: VERSION,
        current_version: VERSION,
        result: 'Already at latest version. Wallet version unchanged.',
      }),
    },
    abortrescan: {
      params: [],
      summary: 'Ends a rescan; none goes on when this is asked.',
      handle: () => false,
    },
    walletdisplayaddress: {
      params: ['address'],
      summary: 'Shows an address on an external signer, of which there are none.',
      handle: params => {
        if (!addressToScript(desk().parts.env.params, text(params, 0, 'address')))
          throw new RpcError(RPC.invalidAddressOrKey, 'Invalid address')
        throw new RpcError(RPC.misc, 'There is no ScriptPubKeyManager for this address')
      },
    },
  }
}

function passphraseRpc(desk: () => Desk): RpcTable {
  return {
    encryptwallet: {
      params: ['passphrase'],
      summary: 'Locks a wallet’s private keys up, and begins anew with another master key.',
      handle: params => {
        namedOf(desk(), 'encryptwallet').encrypt(text(params, 0, 'passphrase'))
        return 'wallet encrypted; The keypool has been flushed and a new HD seed was generated. You need to make a new backup with the backupwallet RPC.'
      },
    },
    walletpassphrase: {
      params: ['passphrase', 'timeout'],
      summary: 'Puts the private keys at hand, for so many seconds.',
      handle: params => {
        const wallet = encrypted(desk(), 'walletpassphrase')
        const seconds = integer(params, 1, 'timeout')
        if (seconds < 0) throw new RpcError(RPC.invalidParameter, 'Timeout cannot be negative.')
        const passphrase = text(params, 0, 'passphrase')
        if (passphrase === '') throw new RpcError(RPC.invalidParameter, 'passphrase cannot be empty')
        wallet.unlock(passphrase, seconds)
        return null
      },
    },
    walletlock: {
      params: [],
      summary: 'Locks the private keys up again.',
      handle: () => {
        encrypted(desk(), 'walletlock').relock()
        return null
      },
    },
    walletpassphrasechange: {
      params: ['oldpassphrase', 'newpassphrase'],
      summary: 'Puts another passphrase in the place of a wallet’s.',
      handle: params => {
        const wallet = encrypted(desk(), 'walletpassphrasechange')
        const [before, after] = [text(params, 0, 'oldpassphrase'), text(params, 1, 'newpassphrase')]
        if (before === '' || after === '')
          throw new RpcError(RPC.invalidParameter, 'passphrase cannot be empty')
        wallet.changePassphrase(before, after)
        return null
      },
    },
  }
}

/** Of a wallet that was made by hand: the plan's has nothing of its own that could be changed. */
export function namedOf({ named }: Desk, method: string): NamedWallet {
  if (named) return named
  throw new RpcError(
    RPC.wallet,
    `${method}: the keys of this wallet come from the plan; createwallet makes one of your own`,
  )
}

function encrypted(desk: Desk, method: string): NamedWallet {
  if (desk.named?.isEncrypted) return desk.named
  throw new RpcError(
    RPC.walletWrongEncryptionState,
    `Error: running with an unencrypted wallet, but ${method} was called.`,
  )
}

function setFlag(desk: Desk, name: string, value: boolean): Record<string, unknown> {
  if (!FLAGS.includes(name)) throw new RpcError(RPC.invalidParameter, `Unknown wallet flag: ${name}`)
  if (name !== 'avoid_reuse') throw new RpcError(RPC.invalidParameter, `Wallet flag is immutable: ${name}`)
  const wallet = namedOf(desk, 'setwalletflag')
  if (wallet.flags.avoidReuse === value)
    throw new RpcError(RPC.invalidParameter, `Wallet flag is already set to ${value}: ${name}`)
  wallet.avoidReuse = value
  return { flag_name: name, flag_state: value, ...(value && { warnings: REUSE_WARNING }) }
}

interface HdEntry {
  readonly descriptors: Record<string, unknown>[]
  secret: HdKey | undefined
  hasSecret: boolean
}

function hdKeys(desk: Desk, options: Record<string, unknown>): Record<string, unknown>[] {
  const wantsPrivate = options.private === true
  if (wantsPrivate) wantKeys(desk)
  const found = new Map<string, HdEntry>()
  for (const each of desk.named?.keeper.descriptors ?? []) {
    if (options.active_only === true && !each.active) continue
    const secrets = each.secret ? keysOf(each.secret.node) : []
    for (const xpub of new Set(each.roots)) {
      const entry = found.get(xpub) ?? { descriptors: [], secret: undefined, hasSecret: false }
      entry.descriptors.push({ desc: each.name, active: each.active })
      entry.secret ??= secrets.find(({ root }) => String(root) === xpub && root?.privateKey)?.root
      // Under lock it is there, though nobody sees it.
      entry.hasSecret ||= entry.secret !== undefined || desk.named?.keeper.locked !== undefined
      found.set(xpub, entry)
    }
  }
  return [...found].map(([xpub, { descriptors, secret, hasSecret }]) => ({
    xpub,
    has_private: hasSecret,
    ...(wantsPrivate && secret && { xprv: secret.toPrivateString() }),
    descriptors: descriptors.sort((a, b) => (String(a.desc) < String(b.desc) ? -1 : 1)),
  }))
}
