// getaddressinfo: what a wallet knows of an address, of the scripts in it, and of where its keys come from.

import { toHex } from '../../bitcoin/wire/hex.ts'
import { RPC, RpcError } from '../../core/service.ts'
import { addressToScript, scriptToAddress } from '../address.ts'
import { addressError } from '../address-error.ts'
import { ripemd160 } from '../chain/hash160.ts'
import { pathText } from '../descriptor/hd-key.ts'
import { inferDescriptor } from '../descriptor/infer.ts'
import type { KeyOrigin } from '../descriptor/key-path.ts'
import { SigningProvider } from '../descriptor/provider.ts'
import type { LedgerParts } from '../parts.ts'
import { classify } from '../script/kinds.ts'
import { text } from './arguments.ts'
import { scriptType } from './script-types.ts'
import { destination } from './util.ts'
import type { Desk } from './wallet-desk.ts'

type Params = LedgerParts['env']['params']

const NO_SEED = '00'.repeat(20)
const NOBODY = new SigningProvider()

export function addressInfo({ parts, notes }: Desk, params: readonly unknown[]): Record<string, unknown> {
  const { env, wallet } = parts
  const said = text(params, 0, 'address')
  const script = addressToScript(env.params, said)
  if (!script) throw new RpcError(RPC.invalidAddressOrKey, addressError(env.params, said).words)
  const address = scriptToAddress(env.params, script) ?? said
  const own = wallet.keeper.find(script)
  const provider = own ? wallet.keeper.provider(own, false) : NOBODY
  const desc = own && inferDescriptor(env.params, script, provider)
  const solvable = desc !== undefined && !/^(addr|raw)\(/.test(desc)
  const facts = own && wallet.keeper.facts?.(own)
  const origin = facts && originOf(script, provider)
  const label = notes.labels.get(address)
  return {
    address,
    scriptPubKey: toHex(script),
    ismine: own !== undefined,
    solvable,
    ...(solvable && { desc }),
    ...(facts && { parent_desc: facts.parent }),
    iswatchonly: false,
    ...destination(script),
    ...innerShape(env.params, script, provider),
    ischange: own !== undefined && label === undefined,
    ...(facts && { timestamp: facts.timestamp }),
    ...(origin && {
      hdkeypath: `m${pathText(origin.path)}`,
      hdseedid: NO_SEED,
      hdmasterfingerprint: toHex(origin.fingerprint),
    }),
    labels: label === undefined ? [] : [label],
  }
}

/** Of the one key that a script has. */
function originOf(script: Uint8Array, provider: SigningProvider): KeyOrigin | undefined {
  const kind = classify(script)
  if ('hash' in kind) return provider.origins.get(toHex(kind.hash))
  if (kind.kind === 'p2tr')
    return provider.originByX(provider.taproots.get(toHex(kind.key))?.internalKey ?? kind.key)
  const inner = kind.kind === 'p2sh' && provider.scripts.get(toHex(kind.scriptHash))
  return inner ? originOf(inner, provider) : undefined
}

/** The key of a hash, the script of a hash and what stands in it, as far as they are known. */
function innerShape(params: Params, script: Uint8Array, provider: SigningProvider): Record<string, unknown> {
  const kind = classify(script)
  if (kind.kind === 'p2pkh' || kind.kind === 'p2wpkh') {
    const key = provider.publicKeys.get(toHex(kind.hash))
    if (!key) return {}
    return {
      pubkey: toHex(key),
      ...(kind.kind === 'p2pkh' && { iscompressed: key.length === 33 }),
    }
  }
  if (kind.kind !== 'p2sh' && kind.kind !== 'p2wsh') return {}
  const hash = kind.kind === 'p2sh' ? kind.scriptHash : ripemd160(kind.scriptHash)
  const inner = provider.scripts.get(toHex(hash))
  return inner ? subScriptShape(params, inner, provider) : {}
}

function subScriptShape(
  params: Params,
  script: Uint8Array,
  provider: SigningProvider,
): Record<string, unknown> {
  const shape = { script: scriptType(script), hex: toHex(script) }
  const address = scriptToAddress(params, script)
  if (address !== undefined) {
    const detail = innerShape(params, script, provider)
    const embedded = { ...destination(script), ...detail, address, scriptPubKey: toHex(script) }
    return { ...shape, ...(detail.pubkey !== undefined && { pubkey: detail.pubkey }), embedded }
  }
  const kind = classify(script)
  if (kind.kind !== 'multisig') return shape
  return { ...shape, sigsrequired: kind.required, pubkeys: kind.keys.map(toHex) }
}
