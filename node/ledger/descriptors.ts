// Output descriptors (BIP380–386): the text that says which scripts are meant, and what solves them.

import { RPC, RpcError } from '../core/service.ts'
import type { ChainParams } from '../params.ts'
import type { AddressType } from './descriptor/address-type.ts'
import {
  addPrivateKeys,
  addressTypeOf,
  type DescriptorNode,
  keysOf,
  scriptsAt,
  textOf,
} from './descriptor/node.ts'
import { BadDescriptor, parseNode } from './descriptor/parse.ts'
import { SigningProvider } from './descriptor/provider.ts'
import { descriptorChecksum, withChecksum } from './descriptor-checksum.ts'
import type { Secp256k1 } from './services.ts'

/** At one position. */
export interface Expansion {
  /** More than one where it is a `combo`. */
  readonly scripts: readonly Uint8Array[]
  /** Public keys, origins, scripts and trees; no private keys. */
  readonly provider: SigningProvider
}

const SUM_DIGITS = 8

export class Descriptor {
  readonly node: DescriptorNode
  readonly #secp: Secp256k1

  constructor(secp: Secp256k1, node: DescriptorNode) {
    this.#secp = secp
    this.node = node
  }

  /** Stands for other scripts at each position. */
  get isRange(): boolean {
    return keysOf(this.node).some(key => key.isRange)
  }

  /** Whether it says how to spend them, private keys apart. */
  get isSolvable(): boolean {
    return this.node.kind !== 'addr' && this.node.kind !== 'raw'
  }

  /** One script at each position. */
  get isSingle(): boolean {
    return this.node.kind !== 'combo'
  }

  get hasPrivateKeys(): boolean {
    return keysOf(this.node).some(key => key.hasPrivate)
  }

  get addressType(): AddressType | undefined {
    return addressTypeOf(this.node)
  }

  /** Undefined where a private key is missing without which a public one does not follow. */
  at(position: number): Expansion | undefined {
    const provider = new SigningProvider()
    const scripts = scriptsAt(this.#secp, this.node, position, provider)
    return scripts && { scripts, provider }
  }

  /** The private keys at a position, of those that are there. */
  addPrivateKeys(position: number, provider: SigningProvider): void {
    addPrivateKeys(this.node, position, provider)
  }

  /** With its checksum, and public keys only. */
  toString(): string {
    return withChecksum(textOf(this.node, key => key.text()) as string)
  }

  /** Undefined where a private key is missing. */
  toPrivateString(): string | undefined {
    return summed(textOf(this.node, key => key.privateText()))
  }

  /** With the private keys that are there, and public ones for the others. */
  toMixedString(): string {
    return withChecksum(textOf(this.node, key => key.privateText() ?? key.text()) as string)
  }

  /** With extended keys as they are behind their last hardened step. */
  toNormalString(): string | undefined {
    return summed(textOf(this.node, key => key.normalText()))
  }
}

function summed(text: string | undefined): string | undefined {
  return text === undefined ? undefined : withChecksum(text)
}

/** Throws RpcError with Core's code and words for what is none. `wantsChecksum`: it must be there. */
export function parseDescriptor(
  params: ChainParams,
  secp: Secp256k1,
  text: string,
  wantsChecksum = false,
): Descriptor {
  const { body } = checked(text, wantsChecksum)
  try {
    return new Descriptor(secp, parseNode(params, secp, body))
  } catch (error) {
    if (error instanceof BadDescriptor) throw refused(error.message)
    throw error
  }
}

/** The text without its checksum, which must be right where it is there, and the checksum. */
export function checked(text: string, wanted = false): { readonly body: string; readonly sum: string } {
  const [body = '', said, more] = text.split('#')
  if (more !== undefined) throw refused("Multiple '#' symbols")
  if (said === undefined && wanted) throw refused('Missing checksum')
  if (said !== undefined && said.length !== SUM_DIGITS)
    throw refused(`Expected 8 character checksum, not ${said.length} characters`)
  const sum = descriptorChecksum(body)
  if (sum === undefined) throw refused('Invalid characters in payload')
  if (said !== undefined && said !== sum)
    throw refused(`Provided checksum '${said}' does not match computed checksum '${sum}'`)
  return { body, sum }
}

function refused(why: string): RpcError {
  return new RpcError(RPC.invalidAddressOrKey, why)
}
