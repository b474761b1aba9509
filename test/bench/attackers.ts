// Hostile peers for the bench `attack`: bare sockets over 127.0.0.1 that shake hands and then say one thing, for a bounded time.
// In a thread of their own: who measures must not wait for who attacks.

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { parentPort, Worker } from 'node:worker_threads'
import { type Codec, encode } from '../../node/bitcoin/wire/codec.ts'
import { encodeFrame } from '../../node/bitcoin/wire/framing.ts'
import { baseMessages, PROTOCOL_VERSION, type Version } from '../../node/bitcoin/wire/messages.ts'
import { INV, LEDGER_MESSAGES } from '../../node/ledger/messages.ts'

const NOWHERE = { services: 0n, ip: new Uint8Array(16), port: 0 }

/** What one attacker sends, piece by piece; the next one when its socket has taken the last. */
export type Speech = (attacker: number) => Generator<Uint8Array>

export interface Attack {
  readonly name: string
  readonly connections: number
  /** Reads what it is sent. */
  readonly reads: boolean
  readonly speech: (magic: Uint8Array) => Speech
}

export const ATTACKS: readonly Attack[] = [
  {
    name: 'inv of 50,000 unknown transactions',
    ...{ connections: 40, reads: true },
    speech: magic =>
      function* (attacker) {
        for (let round = 0; round < 20; round++) yield manyUnknown(magic, (attacker + round) % DIFFERENT)
      },
  },
  {
    name: '5,000 announcements, one by one',
    ...{ connections: 100, reads: true },
    speech: magic =>
      function* (attacker) {
        for (let n = 0; n < 5_000; n += 50)
          yield Buffer.concat(
            unknown(attacker, n, 50).map(item => message(magic, 'inv', LEDGER_MESSAGES.inv.codec, [item])),
          )
      },
  },
  {
    name: 'requests whose answers are not read',
    ...{ connections: 40, reads: false },
    speech: magic =>
      function* () {
        const ask = message(magic, 'getheaders', LEDGER_MESSAGES.getheaders.codec, {
          ...{ version: PROTOCOL_VERSION, hashes: ['00'.repeat(32)], stop: '00'.repeat(32) },
        })
        const many = Buffer.concat(Array.from({ length: 500 }, () => ask))
        for (;;) yield many
      },
  },
  {
    name: 'pings without end',
    ...{ connections: 40, reads: true },
    speech: magic =>
      function* () {
        const ping = message(magic, 'ping', baseMessages.ping.codec, { nonce: 1n })
        const many = Buffer.concat(Array.from({ length: 2_000 }, () => ping))
        for (;;) yield many
      },
  },
  {
    name: 'messages of 4 MB that never end',
    ...{ connections: 40, reads: true },
    speech: magic =>
      function* () {
        const block = encodeFrame(magic, 'block', new Uint8Array(3_900_000))
        yield block.subarray(0, 3_800_000)
      },
  },
  {
    name: 'a transaction of 962 kB with 6,500 inputs',
    ...{ connections: 20, reads: true },
    speech: magic =>
      function* (attacker) {
        for (let round = 0; round < 10; round++)
          yield encodeFrame(magic, 'tx', largeTx(attacker * 100 + round))
      },
  },
]

/** Different inventories: each attacker says them all, and no two the same at a time. */
const DIFFERENT = 40
const inventories: Uint8Array[] = []

function manyUnknown(magic: Uint8Array, number: number): Uint8Array {
  inventories[number] ??= message(magic, 'inv', LEDGER_MESSAGES.inv.codec, unknown(number, 0, 50_000))
  return inventories[number]
}

/** How long attackers go on at most, whatever becomes of whoever began them. */
const MOST_MS = 60_000

/** Attackers in a thread, once they have all shaken hands; `stop` ends them, and their sockets. */
export async function attackFrom(file: URL, order: AttackOrder): Promise<{ stop(): Promise<void> }> {
  const worker = new Worker(file, { workerData: order })
  await once(worker, 'message')
  return {
    stop: async () => {
      await worker.terminate()
    },
  }
}

export interface AttackOrder {
  readonly attack: string
  readonly address: string
  readonly magic: Uint8Array
}

/** In that thread. */
export async function attackHere({ attack: name, address, magic }: AttackOrder): Promise<void> {
  const attack = ATTACKS.find(one => one.name === name)
  if (!attack) throw new Error(`no attack ${name}`)
  setTimeout(() => process.exit(), MOST_MS)
  await Attackers.at(address, magic, attack)
  parentPort?.postMessage('begun')
}

/** Attackers at work. */
class Attackers {
  readonly #sockets: Socket[] = []

  static async at(address: string, magic: Uint8Array, attack: Attack): Promise<Attackers> {
    const attackers = new Attackers()
    const numbers = Array.from({ length: attack.connections }, (_, number) => number)
    await Promise.all(numbers.map(() => attackers.#dial(address, magic, attack.reads)))
    for (const [number, socket] of attackers.#sockets.entries())
      void attackers.#speak(socket, attack.speech(magic)(number))
    return attackers
  }

  async #dial(address: string, magic: Uint8Array, reads: boolean): Promise<void> {
    const [host = '', port = ''] = address.split(':')
    const socket = connect({ host, port: Number(port) })
    socket.on('error', () => {})
    if (reads) socket.resume()
    this.#sockets.push(socket)
    await new Promise(resolve => socket.once('connect', resolve).once('close', resolve))
    const version: Version = {
      ...{ version: PROTOCOL_VERSION, services: 9n, time: BigInt(Math.floor(Date.now() / 1000)) },
      ...{ addrRecv: NOWHERE, addrFrom: NOWHERE, nonce: BigInt(Math.floor(Math.random() * 2 ** 48)) },
      ...{ userAgent: '/attacker/', startHeight: 0, relay: true },
    }
    socket.write(message(magic, 'version', baseMessages.version.codec, version))
    socket.write(encodeFrame(magic, 'wtxidrelay', new Uint8Array(0)))
    socket.write(encodeFrame(magic, 'verack', new Uint8Array(0)))
  }

  async #speak(socket: Socket, pieces: Generator<Uint8Array>): Promise<void> {
    for (const piece of pieces) {
      if (socket.destroyed) return
      if (!socket.write(piece))
        await new Promise(resolve => socket.once('drain', resolve).once('close', resolve))
      // A machine that the attackers fill alone would show nothing of the victim.
      await new Promise(resolve => setTimeout(resolve, 20))
    }
  }
}

function message<T>(magic: Uint8Array, command: string, codec: Codec<T>, value: T): Uint8Array {
  return encodeFrame(magic, command, encode(codec, value))
}

function unknown(attacker: number, from: number, count: number) {
  const start = (attacker * 100_000 + from) * 100_000
  return Array.from({ length: count }, (_, n) => ({
    ...{ type: INV.wtx, hash: (start + n).toString(16).padStart(64, '0') },
  }))
}

/** As its bytes are on the wire: inputs of 148 bytes each, one output. */
function largeTx(number: number): Uint8Array {
  const inputs = 6_500
  const tx = new Uint8Array(4 + 3 + inputs * 148 + 1 + 34 + 4)
  const view = new DataView(tx.buffer)
  view.setUint32(0, 2, true)
  tx[4] = 0xfd
  view.setUint16(5, inputs, true)
  for (let i = 0; i < inputs; i++) {
    const at = 7 + i * 148
    view.setUint32(at, number + 1, true)
    view.setUint32(at + 32, i, true)
    tx[at + 36] = 107
    view.setUint32(at + 144, 0xffffffff, true)
  }
  const end = 7 + inputs * 148
  tx[end] = 1
  view.setUint32(end + 1, 100_000, true)
  tx[end + 9] = 25
  tx.set([0x76, 0xa9, 0x14], end + 10)
  tx.set([0x88, 0xac], end + 33)
  return tx
}
