// Two ends of an encrypted connection in one process, and one that knows the rules and may break them.

import type { Frame } from '../../node/bitcoin/wire/frame.ts'
import { encodeFrame, FrameReader, MAX_PAYLOAD_BYTES } from '../../node/bitcoin/wire/framing.ts'
import { toHex } from '../../node/bitcoin/wire/hex.ts'
import type { KeyPair, V2Crypto } from '../../node/bitcoin/wire/v2/crypto.ts'
import { Session } from '../../node/bitcoin/wire/v2/session.ts'
import { KEY_BYTES, V2Transport } from '../../node/bitcoin/wire/v2/transport.ts'
import { createRandom } from '../../node/core/random.ts'
import { createV2Crypto } from '../../node/host/v2-crypto.ts'

export const MAGIC = Uint8Array.of(0xfa, 0xbf, 0xb5, 0xda)
export const NONE = new Uint8Array(0)

/** Everything that is secret comes from the seed. */
export function seededCrypto(seed: string): V2Crypto {
  const random = createRandom(seed)
  return createV2Crypto(count => random.bytes(count))
}

/** One end, and what it has written. */
export class End {
  readonly transport: V2Transport
  readonly written: { readonly bytes: Uint8Array; readonly greeting: boolean }[] = []
  readonly frames: Frame[] = []
  #sent = 0

  constructor(initiating: boolean, seed = 'transport', magic = MAGIC) {
    this.transport = new V2Transport({
      magic,
      initiating,
      crypto: seededCrypto(`${seed} ${initiating}`),
      newReader: () => new FrameReader(magic, () => MAX_PAYLOAD_BYTES),
      write: (bytes, greeting) => void this.written.push({ bytes, greeting }),
    })
    this.transport.begin()
  }

  /** What it wrote since the last time. */
  take(): Uint8Array {
    const fresh = this.written.slice(this.#sent).map(({ bytes }) => bytes)
    this.#sent = this.written.length
    return Uint8Array.from(Buffer.concat(fresh))
  }

  hear(bytes: Uint8Array, pieceBytes = bytes.length): void {
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      this.transport.push(bytes.subarray(at, at + pieceBytes))
      for (let frame = this.transport.next(); frame; frame = this.transport.next()) this.frames.push(frame)
    }
  }

  say(command: string, payload: Uint8Array): void {
    this.transport.send(encodeFrame(MAGIC, command, payload))
  }

  get heard() {
    return this.frames.map(({ command, payload, damaged }) => [command, toHex(payload), damaged])
  }
}

/** Until neither has anything to say. */
export function talk(a: End, b: End, pieceBytes?: number): void {
  for (let [x, y] = [a.take(), b.take()]; x.length + y.length > 0; [x, y] = [a.take(), b.take()]) {
    b.hear(x, pieceBytes)
    a.hear(y, pieceBytes)
  }
}

export function pair(seed?: string): [initiator: End, responder: End] {
  return [new End(true, seed), new End(false, seed)]
}

/** Who dials, by hand: it knows the rules and may break them. */
export class ByHand {
  readonly #crypto = seededCrypto('by hand')
  readonly ours: KeyPair = this.#crypto.keyPair()
  readonly other: End
  session!: Session

  constructor(other: End) {
    this.other = other
  }

  /** Says its key and garbage, and hears the other's key. */
  meet(garbage: Uint8Array = NONE): this {
    this.other.hear(Uint8Array.from([...this.ours.publicKey, ...garbage]))
    const theirs = this.other.take().slice(0, KEY_BYTES)
    this.session = new Session({
      crypto: this.#crypto,
      magic: MAGIC,
      ours: this.ours,
      theirs,
      initiating: true,
    })
    return this
  }

  /** And the rest of the handshake, as it should be. */
  greet(garbage: Uint8Array = NONE): this {
    this.meet(garbage)
    this.other.hear(this.session.ourTerminator)
    this.other.hear(this.session.seal([], garbage))
    return this
  }
}
