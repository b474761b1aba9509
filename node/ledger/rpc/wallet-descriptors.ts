// RPC about a wallet's descriptors: which it has, others taken in, and those of a type of address that it lacks.

import { toHex } from '../../bitcoin/wire/hex.ts'
import { RPC, RpcError, type RpcTable } from '../../core/service.ts'
import { scriptToAddress } from '../address.ts'
import { decodeHdKey, type HdKey } from '../descriptor/hd-key.ts'
import { keysOf } from '../descriptor/node.ts'
import { SigningProvider } from '../descriptor/provider.ts'
import { encodeWif } from '../descriptor/wif.ts'
import { withChecksum } from '../descriptor-checksum.ts'
import { type Descriptor, parseDescriptor } from '../descriptors.ts'
import type { NamedWallet } from '../wallets/named-wallet.ts'
import { PlanKeeper } from '../wallets/plan-keeper.ts'
import type { WatchedDescriptor } from '../wallets/watched-descriptor.ts'
import { addressTypeAt } from './address-kind.ts'
import { array, flag, given, record, text } from './arguments.ts'
import { rangeOf } from './descriptor-arguments.ts'
import { type Desk, wantKeys } from './wallet-desk.ts'
import { namedOf } from './wallet-keys.ts'

/** Blocks may be that much older than they say. */
const TIMESTAMP_WINDOW_S = 7_200

export function walletDescriptorsRpc(desk: () => Desk): RpcTable {
  return {
    listdescriptors: {
      params: ['private?'],
      summary:
        'The descriptors of the wallet; of the plan’s wallet its keys that were given out, one by one.',
      handle: params => {
        const withPrivate = flag(params, 0, false)
        if (withPrivate) wantKeys(desk())
        return { wallet_name: desk().name, descriptors: listed(desk(), withPrivate) }
      },
    },
    importdescriptors: {
      params: ['requests'],
      summary: 'Takes descriptors into the wallet, and finds their coins from a time on.',
      handle: params => importAll(desk(), array(params, 0, 'requests')),
    },
    createwalletdescriptor: {
      params: ['type', 'options?'],
      options: ['internal', 'hdkey'],
      summary: 'Descriptors of a type of address that the wallet does not have. options: internal, hdkey.',
      handle: params => createDescriptor(desk(), params),
    },
  }
}

function listed({ named, parts }: Desk, withPrivate: boolean): Record<string, unknown>[] {
  const { keeper } = parts.wallet
  const all = named
    ? named.keeper.descriptors.map(each => listedShape(each, withPrivate))
    : keeper instanceof PlanKeeper
      ? [...keeper.given()].map(({ publicKey, privateKey }) => ({
          desc: withChecksum(`combo(${withPrivate ? encodeWif(privateKey) : toHex(publicKey)})`),
          timestamp: parts.env.chain.genesis.header.time,
          active: false,
        }))
      : []
  return all.sort((a, b) => (String(a.desc) < String(b.desc) ? -1 : 1))
}

function listedShape(each: WatchedDescriptor, withPrivate: boolean): Record<string, unknown> {
  const { active, internal, isRange, next, range, timestamp } = each
  return {
    desc: each.text(withPrivate),
    timestamp,
    active,
    ...(internal !== undefined && { internal }),
    ...(isRange && { range: [range[0], range[1] - 1], next, next_index: next }),
  }
}

function importAll(desk: Desk, requests: readonly unknown[]): Record<string, unknown>[] {
  const wallet = namedOf(desk, 'importdescriptors')
  wantKeys(desk)
  const { chain } = desk.parts.env
  const now = chain.medianTimePast(chain.tip)
  const results = requests.map(request => {
    const fields = record(request)
    const timestamp = Math.max(1, timestampOf(fields, now))
    const warnings: string[] = []
    try {
      importOne(desk, wallet, fields, timestamp, warnings)
      return { success: true, ...(warnings.length > 0 && { warnings }) }
    } catch (error) {
      if (!(error instanceof RpcError)) throw error
      const { code, message } = error
      return { success: false, error: { code, message }, ...(warnings.length > 0 && { warnings }) }
    }
  })
  wallet.keepSecrets()
  wallet.wallet.rescan()
  desk.history.forget()
  return results
}

function timestampOf(fields: Record<string, unknown>, now: number): number {
  const { timestamp } = fields
  if (timestamp === 'now') return now
  if (typeof timestamp === 'number') return timestamp
  throw new RpcError(
    RPC.typeError,
    timestamp === undefined
      ? 'Missing required timestamp field for key'
      : `Expected number or "now" timestamp value for key. got type ${typeof timestamp}`,
  )
}

interface Import {
  readonly descriptor: Descriptor
  readonly range: [number, number]
  readonly next: number
}

function importOne(
  desk: Desk,
  wallet: NamedWallet,
  fields: Record<string, unknown>,
  timestamp: number,
  warnings: string[],
): void {
  const { env, secp } = desk.parts
  if (fields.desc === undefined) throw new RpcError(RPC.invalidParameter, 'Descriptor not found.')
  const said = text([fields.desc], 0, 'desc')
  const [active, internal] = [fields.active === true, fields.internal === true]
  const label = fields.label === undefined ? '' : text([fields.label], 0, 'label')
  if (label === '*') throw new RpcError(RPC.walletInvalidLabel, 'Invalid label name')
  const descriptor = parseDescriptor(env.params, secp, said, true)
  const { range, next } = placesOf(descriptor, fields, warnings, wallet.keeper.lookahead)
  checkImport(wallet, { descriptor, range, next }, { active, internal, fields }, warnings)
  const fromHeight = heightAt(desk, timestamp)
  const body = descriptor.hasPrivateKeys ? descriptor.toMixedString() : String(descriptor)
  const of = wallet.keeper.add({ text: body, range, next, timestamp, fromHeight })
  if (!internal && !descriptor.isRange)
    for (const script of descriptor.at(0)?.scripts ?? []) {
      const address = scriptToAddress(env.params, script)
      if (address !== undefined) desk.notes.label(address, label)
    }
  if (!active) wallet.keeper.deactivate(of)
  else if (of.open.addressType) wallet.keeper.activate(of, internal)
  else warnings.push('Unknown output type, cannot set descriptor to active.')
  if (internal && !active) of.internal = true
}

function placesOf(
  descriptor: Descriptor,
  fields: Record<string, unknown>,
  warnings: string[],
  pool: number,
): Pick<Import, 'range' | 'next'> {
  if (!descriptor.isRange) {
    if (fields.range !== undefined)
      throw new RpcError(RPC.invalidParameter, 'Range should not be specified for an un-ranged descriptor')
    return { range: [0, 1], next: 0 }
  }
  if (fields.range === undefined) warnings.push('Range not given, using default keypool range')
  const [first, last] = fields.range === undefined ? [0, pool - 1] : rangeOf(fields.range)
  const next = fields.next_index === undefined ? first : Number(fields.next_index)
  if (!(next >= first && next <= last)) throw new RpcError(RPC.invalidParameter, 'next_index is out of range')
  return { range: [first, last + 1], next }
}

interface Wishes {
  readonly active: boolean
  readonly internal: boolean
  readonly fields: Record<string, unknown>
}

function checkImport(
  wallet: NamedWallet,
  { descriptor, range }: Import,
  { active, internal, fields }: Wishes,
  warnings: string[],
): void {
  const refuse = (code: number, words: string): never => {
    throw new RpcError(code, words)
  }
  if (active && !descriptor.isRange) refuse(RPC.invalidParameter, 'Active descriptors must be ranged')
  if (fields.range !== undefined && fields.label !== undefined)
    refuse(RPC.invalidParameter, 'Ranged descriptors should not have a label')
  if (internal && fields.label !== undefined)
    refuse(RPC.invalidParameter, 'Internal addresses should not have a label')
  if (active && !descriptor.isSingle) refuse(RPC.wallet, 'Combo descriptors cannot be set to active')
  if (!wallet.flags.privateKeys && descriptor.hasPrivateKeys)
    refuse(RPC.wallet, 'Cannot import private keys to a wallet with private keys disabled')
  if (!descriptor.at(0))
    refuse(
      RPC.wallet,
      'Cannot expand descriptor. Probably because of hardened derivations without private keys provided',
    )
  if (wallet.flags.privateKeys && !descriptor.hasPrivateKeys)
    refuse(RPC.wallet, 'Cannot import descriptor without private keys to a wallet with private keys enabled')
  if (wallet.flags.privateKeys && !hasAllKeys(descriptor))
    warnings.push('Not all private keys provided. Some wallet functionality may return unexpected errors')
  const known = wallet.keeper.knownAs(descriptor)
  if (known && descriptor.isRange && (range[0] > known.range[0] || range[1] < known.range[1]))
    refuse(
      RPC.invalidParameter,
      `new range must include current range = [${known.range[0]},${known.range[1] - 1}]`,
    )
}

function hasAllKeys(descriptor: Descriptor): boolean {
  const provider = descriptor.at(0)?.provider ?? new SigningProvider()
  descriptor.addPrivateKeys(0, provider)
  return [...provider.publicKeys.keys()].every(id => provider.privateKeys.has(id))
}

/** The first block that may have coins of a key that is so old. */
function heightAt({ parts }: Desk, timestamp: number): number {
  const { chain } = parts.env
  const from = timestamp - TIMESTAMP_WINDOW_S
  let height = 0
  while (height <= chain.tip.height && (chain.at(height)?.header.time ?? 0) < from) height++
  return height
}

function createDescriptor(desk: Desk, params: readonly unknown[]): { readonly descs: string[] } {
  const wallet = namedOf(desk, 'createwalletdescriptor')
  const type = addressTypeAt(params, 0)
  const { internal, hdkey } = given(params, 1) ? record(params[1]) : {}
  wantKeys(desk)
  const master = masterKey(desk, wallet, hdkey)
  const sides = internal === undefined ? [false, true] : [internal === true]
  const descs = sides.flatMap(side => wallet.addDescriptor(master, type, side) ?? [])
  if (descs.length === 0) throw new RpcError(RPC.wallet, 'Descriptor already exists')
  wallet.keepSecrets()
  return { descs }
}

function masterKey(desk: Desk, wallet: NamedWallet, hdkey: unknown): HdKey {
  const all = wallet.keeper.descriptors.flatMap(({ active, secret }) =>
    secret ? keysOf(secret.node).flatMap(({ root }) => (root ? [{ active, root }] : [])) : [],
  )
  const byName = new Map(all.filter(({ active }) => active).map(({ root }) => [String(root), root]))
  if (hdkey === undefined) {
    const [only, ...more] = byName.values()
    if (!only || more.length > 0)
      throw new RpcError(
        RPC.invalidAddressOrKey,
        "Unable to determine which HD key to use from active descriptors. Please specify with 'hdkey'",
      )
    return only
  }
  const wanted = decodeHdKey(desk.parts.secp, text([hdkey], 0, 'hdkey'))
  if (!wanted || wanted.privateKey)
    throw new RpcError(RPC.invalidAddressOrKey, 'Unable to parse HD key. Please provide a valid xpub')
  const found = all.find(({ root }) => String(root) === String(wanted))?.root
  if (!found?.privateKey)
    throw new RpcError(RPC.invalidAddressOrKey, `Private key for ${wanted} is not known`)
  return found
}
