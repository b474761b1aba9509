// A descriptor in a wallet: which of its scripts are watched, which were given out, and since when.

import { RPC, RpcError } from '../../core/service.ts'
import type { ChainParams } from '../../params.ts'
import { keysOf } from '../descriptor/node.ts'
import type { SigningProvider } from '../descriptor/provider.ts'
import { type Descriptor, parseDescriptor } from '../descriptors.ts'
import type { Secp256k1 } from '../services.ts'

/** As it is kept. */
export interface StoredDescriptor {
  /** With its checksum: with private keys where the wallet has them and they are not locked up. */
  readonly text: string
  /** First position, and the one behind the last. */
  readonly range: readonly [number, number]
  readonly next: number
  readonly timestamp: number
  readonly fromHeight: number
  readonly active?: boolean
  readonly internal?: boolean
  /** Extended keys that it begins with, where the text no longer has them: its private keys are under lock. */
  readonly roots?: readonly string[]
}

export class WatchedDescriptor {
  /** Without private keys. */
  readonly open: Descriptor
  /** What it goes by: two of one name are one. */
  readonly name: string
  /** The extended keys that it begins with, as they were given, without private parts. */
  readonly roots: readonly string[]
  /** Undefined while its private keys are locked up, or without any. */
  secret: Descriptor | undefined
  range: [number, number]
  next: number
  readonly timestamp: number
  fromHeight: number
  active: boolean
  internal: boolean | undefined

  constructor(params: ChainParams, secp: Secp256k1, stored: StoredDescriptor) {
    const whole = parseDescriptor(params, secp, stored.text)
    this.secret = whole.hasPrivateKeys ? whole : undefined
    // Behind its last hardened step no private key is needed to go on.
    this.open = parseDescriptor(params, secp, whole.toNormalString() ?? String(whole))
    this.name = String(this.open)
    this.roots = stored.roots ?? keysOf(whole.node).flatMap(({ root }) => (root ? [String(root)] : []))
    this.range = [...stored.range]
    this.next = stored.next
    this.timestamp = stored.timestamp
    this.fromHeight = stored.fromHeight
    this.active = stored.active ?? false
    this.internal = stored.internal
  }

  get isRange(): boolean {
    return this.open.isRange
  }

  /** Scripts and what solves them, private keys apart. */
  at(position: number): ReturnType<Descriptor['at']> {
    return this.open.at(position) ?? this.secret?.at(position)
  }

  /** Throws RpcError where they are locked up. */
  addPrivateKeys(position: number, provider: SigningProvider): void {
    this.secret?.addPrivateKeys(position, provider)
  }

  /** `withPrivate`: as it was given, private keys included. */
  text(withPrivate: boolean): string {
    if (!withPrivate) return this.name
    const text = this.secret?.toPrivateString()
    if (text === undefined) throw new RpcError(RPC.wallet, "Can't get descriptor string.")
    return text
  }

  /** `secrets`: else without private keys. */
  stored(secrets: boolean): StoredDescriptor {
    const { range, next, timestamp, fromHeight, active, internal } = this
    const text = (secrets && this.secret && privateOrMixed(this.secret)) || this.name
    return {
      text,
      range,
      next,
      timestamp,
      fromHeight,
      ...(active && { active }),
      ...(internal !== undefined && { internal }),
      ...(!secrets && { roots: this.roots }),
    }
  }
}

/** With the private keys that it has, though some of them are missing. */
function privateOrMixed(descriptor: Descriptor): string {
  return descriptor.toPrivateString() ?? descriptor.toMixedString()
}
