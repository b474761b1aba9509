// A peer made of a bare socket and the node's codecs: says what a test wants it to say, right or wrong.

import { connect, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { type Codec, decode, encode } from '../../node/bitcoin/wire/codec.ts'
import { encodeFrame, FrameReader, MAX_PAYLOAD_BYTES } from '../../node/bitcoin/wire/framing.ts'
import { baseMessages, PROTOCOL_VERSION, type Version } from '../../node/bitcoin/wire/messages.ts'
import type { MessageTable } from '../../node/bitcoin/wire/table.ts'
import { LEDGER_MESSAGES } from '../../node/ledger/messages.ts'
import { until } from './until.ts'

const MESSAGES: MessageTable = { ...baseMessages, ...LEDGER_MESSAGES }
const NOWHERE = { services: 0n, ip: new Uint8Array(16), port: 0 }

export interface Heard {
  readonly command: string
  readonly payload: unknown
}

export class WirePeer {
  readonly socket: Socket
  /** Every message that came, in order. */
  readonly heard: Heard[] = []
  closed = false
  readonly #magic: Uint8Array

  constructor(socket: Socket, magic: Uint8Array) {
    this.socket = socket
    this.#magic = magic
    const reader = new FrameReader(magic, () => MAX_PAYLOAD_BYTES)
    socket.on('error', () => {})
    socket.on('close', () => {
      this.closed = true
    })
    socket.on('data', (chunk: Buffer) => {
      for (const { command, payload } of reader.frames(new Uint8Array(chunk)))
        this.heard.push({ command, payload: decodeKnown(command, payload) })
    })
    onTestFinished(() => {
      socket.destroy()
    })
  }

  /** Connects to `host:port`. */
  static async dial(address: string, magic: Uint8Array): Promise<WirePeer> {
    const [host = '', port = ''] = address.split(':')
    const socket = connect({ host, port: Number(port) })
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    return new WirePeer(socket, magic)
  }

  send(command: string, payload: unknown): void {
    this.socket.write(this.frame(command, payload))
  }

  frame(command: string, payload: unknown): Uint8Array {
    const codec: Codec<unknown> | undefined = MESSAGES[command]?.codec
    return encodeFrame(
      this.#magic,
      command,
      codec && !(payload instanceof Uint8Array) ? encode(codec, payload) : (payload as Uint8Array),
    )
  }

  sendVersion(changes: Partial<Version> = {}): void {
    const version: Version = {
      version: PROTOCOL_VERSION,
      services: 9n,
      time: BigInt(Math.floor(Date.now() / 1000)),
      addrRecv: NOWHERE,
      addrFrom: NOWHERE,
      nonce: BigInt(Math.floor(Math.random() * 2 ** 48)),
      userAgent: '/wire-peer/',
      startHeight: 0,
      relay: true,
      ...changes,
    }
    this.send('version', version)
  }

  /** The first message of a command that came, now or later. */
  async hears(command: string): Promise<unknown> {
    const message = await until(`a ${command} message`, () => this.heard.find(one => one.command === command))
    return message.payload
  }

  async shakeHands(): Promise<void> {
    this.sendVersion()
    await this.hears('verack')
    this.send('verack', null)
    // The first ping says that the node counts us as ready.
    await this.hears('ping')
  }

  async isClosed(): Promise<void> {
    await until('the node to close', () => this.closed)
  }
}

function decodeKnown(command: string, payload: Uint8Array): unknown {
  const codec: Codec<unknown> | undefined = MESSAGES[command]?.codec
  return codec ? decode(codec, payload) : payload
}
