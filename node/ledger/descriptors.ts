// Output descriptors (BIP380–385) as far as single keys go: the text that says which scripts are meant, and with which keys.
// Extended keys (BIP32), taproot trees and miniscript are refused.

import { fromHex, toHex } from '../bitcoin/wire/hex.ts'
import { RPC, RpcError } from '../core/service.ts'
import { hasher } from '../hash.ts'
import type { ChainParams } from '../params.ts'
import { addressToScript } from './address.ts'
import { decodeBase58Check, encodeBase58Check } from './base58.ts'
import { hash160 } from './chain/hash160.ts'
import { concat, pushData } from './chain/push.ts'
import { descriptorChecksum } from './descriptor-checksum.ts'
import { p2pkhScript, p2wpkhScript } from './script/kinds.ts'
import type { Secp256k1 } from './services.ts'

/** Version byte of a private key in Base58Check, on all test networks. */
const WIF_VERSION = 239
/** Behind a private key whose public key is compressed. */
const COMPRESSED = 1
const OP_1 = 0x51
const OP_EQUAL = 0x87
const OP_HASH160 = 0xa9
const OP_CHECKSIG = 0xac
const OP_CHECKMULTISIG = 0xae
const MAX_KEYS = 16

export interface Descriptor {
  /** Without its checksum, with public keys only. */
  readonly body: string
  /** More than one where it is a `combo`. */
  readonly scripts: readonly Uint8Array[]
  /** Whether it says how to spend them, keys apart. */
  readonly solvable: boolean
  readonly privateKeys: readonly Uint8Array[]
}

/** Throws RpcError with Core's code for what is none. `wantsChecksum`: it must be there. */
export function parseDescriptor(
  params: ChainParams,
  secp: Secp256k1,
  text: string,
  wantsChecksum = false,
): Descriptor {
  const [body = '', sum, more] = text.split('#')
  const right = descriptorChecksum(body)
  if (right === undefined || more !== undefined) throw refused('Invalid characters in payload')
  if (sum === undefined && wantsChecksum) throw refused('Missing checksum')
  if (sum !== undefined && sum.length !== 8)
    throw refused(`Expected 8 character checksum, not ${sum.length} characters`)
  if (sum !== undefined && sum !== right)
    throw refused(`Provided checksum '${sum}' does not match computed checksum '${right}'`)
  return new Parser(params, secp).parse(body)
}

/** A private key as text, or undefined where the text is none of a test network's compressed keys. */
export function decodeWif(secp: Secp256k1, text: string): Uint8Array | undefined {
  const payload = decodeBase58Check(text)
  if (payload?.length !== 34 || payload[0] !== WIF_VERSION || payload[33] !== COMPRESSED) return undefined
  const key = payload.slice(1, 33)
  return secp.isPrivateKey(key) ? key : undefined
}

export function encodeWif(key: Uint8Array): string {
  return encodeBase58Check(Uint8Array.of(WIF_VERSION, ...key, COMPRESSED))
}

export function p2shScript(redeem: Uint8Array): Uint8Array {
  return Uint8Array.of(OP_HASH160, 20, ...hash160(redeem), OP_EQUAL)
}

export function p2wshScript(witness: Uint8Array): Uint8Array {
  return Uint8Array.of(0, 32, ...hasher.sha256(witness))
}

export function multisigScript(needed: number, keys: readonly Uint8Array[]): Uint8Array {
  return concat(
    Uint8Array.of(OP_1 + needed - 1),
    ...keys.map(pushData),
    Uint8Array.of(OP_1 + keys.length - 1, OP_CHECKMULTISIG),
  )
}

type Place = 'top' | 'sh' | 'wsh'

class Parser {
  readonly #params: ChainParams
  readonly #secp: Secp256k1
  readonly #privateKeys: Uint8Array[] = []

  constructor(params: ChainParams, secp: Secp256k1) {
    this.#params = params
    this.#secp = secp
  }

  parse(text: string): Descriptor {
    const { body, scripts, solvable } = this.#expression(text, 'top')
    return { body, scripts, solvable, privateKeys: this.#privateKeys }
  }

  #expression(text: string, place: Place): Omit<Descriptor, 'privateKeys'> {
    const [, name = '', inner = ''] = /^([a-z]*)\((.*)\)$/.exec(text) ?? []
    const top = place === 'top'
    const single = (script: Uint8Array, body: string, solvable = true) => ({
      body: `${name}(${body})`,
      scripts: [script],
      solvable,
    })
    if (name === 'addr' && top) return single(this.#address(inner), inner, false)
    if (name === 'raw' && top)
      return single(hexOf(inner, 'Raw script is not hex'), inner.toLowerCase(), false)
    if (name === 'sh' && top) {
      const { body, scripts } = this.#expression(inner, 'sh')
      return single(p2shScript(scripts[0] as Uint8Array), body)
    }
    if (name === 'wsh' && place !== 'wsh') {
      const { body, scripts } = this.#expression(inner, 'wsh')
      return single(p2wshScript(scripts[0] as Uint8Array), body)
    }
    if (name === 'multi' || name === 'sortedmulti') return this.#multi(name, inner, place)
    if (name === 'rawtr' && top) {
      const key = hexOf(inner, `rawtr(): key '${inner}' is not valid`)
      if (key.length !== 32) throw refused(`rawtr(): key '${inner}' is not valid`)
      return single(Uint8Array.of(OP_1, 32, ...key), toHex(key))
    }
    const makes = SINGLE_KEY[name]
    if (!makes || (name === 'combo' && !top) || (name === 'wpkh' && place === 'wsh'))
      throw refused(`'${text.slice(0, 100)}' is not a valid descriptor function`)
    const key = this.#key(inner, place === 'wsh' || name === 'wpkh')
    return { body: `${name}(${originOf(inner)}${toHex(key)})`, scripts: makes(key), solvable: true }
  }

  #multi(name: string, inner: string, place: Place): Omit<Descriptor, 'privateKeys'> {
    const [needed = '', ...texts] = inner.split(',')
    const threshold = /^\d{1,2}$/.test(needed) ? Number(needed) : Number.NaN
    if (!(threshold >= 1)) throw refused(`Multi threshold '${needed}' is not valid`)
    if (texts.length === 0 || texts.length > MAX_KEYS)
      throw refused(`Cannot have ${texts.length} keys in multisig; must have between 1 and ${MAX_KEYS} keys`)
    if (threshold > texts.length)
      throw refused(
        `Multisig threshold cannot be larger than the number of keys; threshold is ${threshold} but only ${texts.length} keys specified`,
      )
    const keys = texts.map(text => this.#key(text, place === 'wsh'))
    const sorted = name === 'sortedmulti' ? keys.toSorted((a, b) => (toHex(a) < toHex(b) ? -1 : 1)) : keys
    const said = texts.map((text, i) => `${originOf(text)}${toHex(keys[i] as Uint8Array)}`)
    return {
      body: `${name}(${[threshold, ...said].join(',')})`,
      scripts: [multisigScript(threshold, sorted)],
      solvable: true,
    }
  }

  #address(text: string): Uint8Array {
    const script = addressToScript(this.#params, text)
    if (!script) throw refused('Address is not valid')
    return script
  }

  /** A public key in hex, or a private one in WIF. */
  #key(text: string, compressedOnly: boolean): Uint8Array {
    const bare = text.slice(originOf(text).length)
    const secret = decodeWif(this.#secp, bare)
    if (secret) {
      this.#privateKeys.push(secret)
      return this.#secp.publicKey(secret)
    }
    const key = fromHex(bare)
    if (!key || !(isCompressed(key) || (key.length === 65 && key[0] === 4)))
      throw refused(`key '${bare.slice(0, 200)}' is not valid`)
    if (compressedOnly && !isCompressed(key)) throw refused('Uncompressed keys are not allowed')
    return key
  }
}

/** Of one key. */
const SINGLE_KEY: { readonly [name: string]: (key: Uint8Array) => Uint8Array[] } = {
  pk: key => [p2pk(key)],
  pkh: key => [p2pkhScript(hash160(key))],
  wpkh: key => [p2wpkhScript(hash160(key))],
  combo: key => {
    const old = [p2pk(key), p2pkhScript(hash160(key))]
    if (!isCompressed(key)) return old
    const witness = p2wpkhScript(hash160(key))
    return [...old, witness, p2shScript(witness)]
  },
}

function p2pk(key: Uint8Array): Uint8Array {
  return concat(pushData(key), Uint8Array.of(OP_CHECKSIG))
}

function isCompressed(key: Uint8Array): boolean {
  return key.length === 33 && (key[0] === 2 || key[0] === 3)
}

/** `[fingerprint/path]` in front of a key says where it came from, and nothing about the script. */
function originOf(key: string): string {
  return /^\[[0-9a-fA-F]{8}(\/\d+['h]?)*\]/.exec(key)?.[0] ?? ''
}

function hexOf(text: string, failure: string): Uint8Array {
  const bytes = fromHex(text)
  if (!bytes) throw refused(failure)
  return bytes
}

function refused(why: string): RpcError {
  return new RpcError(RPC.invalidAddressOrKey, why)
}
