// What two peers have once each knows the other's public key (BIP324): a cipher a direction for lengths and for packets, what ends
// each side's garbage, and a name for it all that both can compare.

import { joined } from '../joined.ts'
import type { KeyPair, V2Crypto } from './crypto.ts'
import { LengthCipher, PacketCipher, TAG_BYTES } from './forward-secure.ts'
import { derivation } from './hkdf.ts'

export const TERMINATOR_BYTES = 16
export const LENGTH_BYTES = 3
const HEADER_BYTES = 1
/** Of a packet, what is not its contents, behind its length. */
export const SEALING_BYTES = HEADER_BYTES + TAG_BYTES
/** A packet is so much longer than its contents. */
export const EXPANSION_BYTES = LENGTH_BYTES + SEALING_BYTES
/** Whoever gets such a packet is to pass over it. */
const IGNORE = 0x80
const NO_BYTES: Uint8Array = new Uint8Array(0)
const SALT = Uint8Array.from('bitcoin_v2_shared_secret', letter => letter.charCodeAt(0))

export interface Packet {
  readonly contents: Uint8Array
  /** A decoy. */
  readonly ignored: boolean
}

export interface SessionOptions {
  readonly crypto: V2Crypto
  readonly magic: Uint8Array
  readonly ours: KeyPair
  /** 64 bytes. */
  readonly theirs: Uint8Array
  readonly initiating: boolean
}

export class Session {
  /** 32 bytes, the same for both. */
  readonly id: Uint8Array
  readonly ourTerminator: Uint8Array
  readonly theirTerminator: Uint8Array
  readonly #out: { readonly lengths: LengthCipher; readonly packets: PacketCipher }
  readonly #in: { readonly lengths: LengthCipher; readonly packets: PacketCipher }

  constructor({ crypto, magic, ours, theirs, initiating }: SessionOptions) {
    const secret = ours.sharedSecret(theirs, initiating)
    const derive = derivation(secret, joined([SALT, magic]))
    const direction = (side: 'initiator' | 'responder') => ({
      lengths: new LengthCipher(crypto, derive(`${side}_L`)),
      packets: new PacketCipher(crypto, derive(`${side}_P`)),
    })
    const sides = [direction('initiator'), direction('responder')] as const
    this.#out = initiating ? sides[0] : sides[1]
    this.#in = initiating ? sides[1] : sides[0]
    const terminators = derive('garbage_terminators')
    const ofInitiator = terminators.slice(0, TERMINATOR_BYTES)
    const ofResponder = terminators.slice(TERMINATOR_BYTES)
    this.ourTerminator = initiating ? ofInitiator : ofResponder
    this.theirTerminator = initiating ? ofResponder : ofInitiator
    this.id = derive('session_id')
  }

  /** A packet of contents in so many parts. `aad`: what it vouches for beside them. */
  seal(parts: readonly Uint8Array[], aad: Uint8Array = NO_BYTES, ignored = false): Uint8Array {
    const plain = joined([Uint8Array.of(ignored ? IGNORE : 0), ...parts])
    const length = plain.length - HEADER_BYTES
    const packet = new Uint8Array(length + EXPANSION_BYTES)
    packet.set(this.#out.lengths.crypt(Uint8Array.of(length, length >>> 8, length >>> 16)))
    this.#out.packets.seal(plain, aad, packet.subarray(LENGTH_BYTES))
    return packet
  }

  /** How long the contents of the next packet are, which begins with these three bytes. Once a packet. */
  openLength(bytes: Uint8Array): number {
    const [low = 0, middle = 0, high = 0] = this.#in.lengths.crypt(bytes)
    return low | (middle << 8) | (high << 16)
  }

  /** The packet behind its length; undefined where the other side has not made it, or not so. */
  open(sealed: Uint8Array, aad: Uint8Array = NO_BYTES): Packet | undefined {
    const plain = this.#in.packets.open(sealed, aad)
    if (!plain) return undefined
    return { contents: plain.subarray(HEADER_BYTES), ignored: ((plain[0] ?? 0) & IGNORE) !== 0 }
  }
}
