// A peer that says exactly what a test tells it to, on the harness's network: for input that no honest core sends.

import { parseAddress } from '../../node/bitcoin/wire/address.ts'
import { type Codec, encode, Reader } from '../../node/bitcoin/wire/codec.ts'
import { encodeFrame, FrameReader, MAX_PAYLOAD_BYTES } from '../../node/bitcoin/wire/framing.ts'
import { baseMessages, PROTOCOL_VERSION, type Version } from '../../node/bitcoin/wire/messages.ts'
import type { Address, Connections, PeerId } from '../../node/core/host.ts'
import { addressOf, type Harness, TEST_MAGIC } from './harness.ts'

type BaseCommand = keyof typeof baseMessages

export interface Heard {
  readonly command: string
  readonly payload: unknown
}

export class RawPeer {
  readonly address: Address
  readonly #connections: Connections
  readonly #harness: Harness
  #reader = newReader()
  #peer: PeerId | undefined
  /** Everything received since the last connection opened. */
  heard: Heard[] = []
  /** How the last connection ended. */
  closed: string | undefined

  constructor(harness: Harness, address: Address) {
    this.address = address
    this.#harness = harness
    this.#connections = harness.network.attach(address, {
      onConnected: peer => this.#opened(peer),
      onDialFailed: (_address, why) => {
        this.closed = why
      },
      onData: (_peer, bytes) => this.#hear(bytes),
      onClosed: (_peer, why) => {
        this.closed = why
        this.#peer = undefined
      },
    })
  }

  /** Connects to a node of the harness and lets time pass until it is open or refused. */
  dial(index: number): this {
    this.closed = undefined
    this.#connections.dial(addressOf(index))
    this.#harness.until(() => this.#peer !== undefined || this.closed !== undefined, 10_000)
    return this
  }

  /** Raw bytes, as one chunk. */
  sendBytes(bytes: Uint8Array): this {
    if (this.#peer !== undefined) this.#connections.send(this.#peer, bytes)
    return this
  }

  sendPayload(command: string, payload: Uint8Array): this {
    return this.sendBytes(encodeFrame(TEST_MAGIC, command, payload))
  }

  send(command: BaseCommand, payload: unknown): this {
    return this.sendPayload(command, encode(baseMessages[command].codec as Codec<unknown>, payload))
  }

  /** Version and verack, and time for the answers. */
  shakeHands(change: Partial<Version> = {}, before: readonly BaseCommand[] = []): this {
    this.send('version', this.version(change))
    for (const command of before) this.send(command, null)
    this.send('verack', null)
    this.#harness.advance(1000)
    return this
  }

  /** What an honest peer at this address would say. */
  version(change: Partial<Version> = {}): Version {
    const endpoint = parseAddress(this.address)
    if (!endpoint) throw new Error(`${this.address} is no address`)
    return {
      version: PROTOCOL_VERSION,
      services: 9n,
      time: BigInt(Math.floor(this.#harness.clock.now() / 1000)),
      addrRecv: { services: 0n, ...endpoint },
      addrFrom: { services: 9n, ...endpoint },
      nonce: 0x1234_5678n,
      userAgent: '/raw:1.0/',
      startHeight: 0,
      relay: true,
      ...change,
    }
  }

  commands(): string[] {
    return this.heard.map(({ command }) => command)
  }

  payloads(command: BaseCommand): unknown[] {
    return this.heard.filter(one => one.command === command).map(one => one.payload)
  }

  close(): void {
    if (this.#peer !== undefined) this.#connections.close(this.#peer)
  }

  #opened(peer: PeerId): void {
    this.#peer = peer
    this.#reader = newReader()
    this.heard = []
    this.closed = undefined
  }

  #hear(bytes: Uint8Array): void {
    for (const { command, payload } of this.#reader.frames(bytes)) {
      const codec: Codec<unknown> | undefined = Object.hasOwn(baseMessages, command)
        ? baseMessages[command as BaseCommand].codec
        : undefined
      this.heard.push({ command, payload: codec ? codec.read(new Reader(payload)) : payload })
    }
  }
}

function newReader(): FrameReader {
  return new FrameReader(TEST_MAGIC, () => MAX_PAYLOAD_BYTES)
}
