// Back-pressure over real sockets: what a peer sends and nobody works off stays in its own buffers, and so does what it asks for.

import { connect, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { Core } from '../../node/bitcoin/core.ts'
import type { Protocol, ProtocolContext } from '../../node/bitcoin/protocol.ts'
import { type Codec, encode, u32 } from '../../node/bitcoin/wire/codec.ts'
import { encodeFrame, FrameReader, MAX_PAYLOAD_BYTES } from '../../node/bitcoin/wire/framing.ts'
import { baseMessages, type Version } from '../../node/bitcoin/wire/messages.ts'
import { createRandom } from '../../node/core/random.ts'
import { systemClock } from '../../node/host/clock.ts'
import { ENOUGH_IN_ALL_BYTES, SHARE_BYTES } from '../../node/host/outgoing.ts'
import { TcpConnections } from '../../node/host/tcp.ts'
import { MemoryStore } from '../../orchestrator/runtime/sim/host.ts'
import { TEST_MAGIC } from '../support/harness.ts'
import { until } from '../support/until.ts'

const ANSWER_BYTES = 160_000
const nowhere = { services: 0n, ip: new Uint8Array(16), port: 0 }
const hello: Version = {
  ...{ version: 70016, services: 0n, time: 0n, addrRecv: nowhere, addrFrom: nowhere },
  ...{ nonce: 1n, userAgent: '/x/', startHeight: 0, relay: true },
}

const blob: Codec<Uint8Array> = { write: (w, bytes) => w.bytes(bytes), read: r => r.bytes(r.remaining) }

/** Answers each question of four bytes with 160 kB. */
class Talkative implements Protocol {
  readonly name = 'talkative'
  readonly messages = { ask: { codec: u32, maxBytes: 4 }, answer: { codec: blob, maxBytes: 4_000_000 } }
  readonly services = 0n
  readonly handshakeCommands = []
  readonly rpc = {}
  heard = 0
  #net: ProtocolContext | undefined
  start(net: ProtocolContext) {
    this.#net = net
  }
  stop() {}
  startHeight = () => 0
  onPeerReady() {}
  onPeerGone() {}
  onMessage({ id }: { readonly id: number }) {
    this.heard++
    this.#net?.send(id, 'answer', new Uint8Array(ANSWER_BYTES))
  }
  readMetrics = () => []
}

async function talkativeNode() {
  const options = { clock: systemClock, random: createRandom('flood'), warn: () => {} }
  const tcp = new TcpConnections({ ...options, links: { default: CLEAR, peers: {} } })
  const address = await tcp.listen({ host: '127.0.0.1', port: 0 })
  const protocol = new Talkative()
  const core = new Core(
    {
      ...{ magic: TEST_MAGIC, userAgent: '/test/', listenAddress: address, connect: [], mode: 'fixed' },
      ...{ maxOutbound: 8, maxConnections: 125 },
    },
    { ...options, connections: tcp, store: new MemoryStore(), emit: () => {} },
    [protocol],
  )
  core.start()
  tcp.start(core)
  onTestFinished(() => {
    core.stop()
    tcp.stop()
  })
  return { tcp, core, protocol, address }
}

const CLEAR = { latencyMs: 0, jitterMs: 0, bandwidthBps: 0, loss: 0, blocked: false }

/** A peer that has shaken hands and reads nothing unless it is told to. */
async function silentReader(address: string): Promise<Socket> {
  const socket = connect(Number(address.split(':')[1]), '127.0.0.1')
  socket.on('error', () => {})
  onTestFinished(() => {
    socket.destroy()
  })
  await new Promise(resolve => socket.once('connect', resolve))
  socket.write(encodeFrame(TEST_MAGIC, 'version', encode(baseMessages.version.codec, hello)))
  socket.write(encodeFrame(TEST_MAGIC, 'verack', new Uint8Array(0)))
  return socket
}

const asks = (count: number) =>
  Buffer.concat(Array.from({ length: count }, (_, i) => encodeFrame(TEST_MAGIC, 'ask', encode(u32, i))))

test('a peer that asks for more than it reads is not heard until it reads; nothing is lost', async () => {
  const { tcp, core, protocol, address } = await talkativeNode()
  const socket = await silentReader(address)
  await until('the handshake', () => core.peers().length === 1)
  const questions = 1_000 // for 160 MB
  socket.write(asks(questions))
  await until('answers to wait', () => tcp.backlogBytes(0) > 4_000_000)
  let most = 0
  // Until nothing moves any more.
  await until('the node to hold back', async () => {
    const before = protocol.heard
    await new Promise(resolve => setTimeout(resolve, 100))
    most = Math.max(most, tcp.backlogBytes(0))
    return protocol.heard === before
  })
  expect(protocol.heard).toBeLessThan(200)
  expect(most).toBeLessThan(8_000_000 + 2 * ANSWER_BYTES)
  let answers = 0
  const reader = new FrameReader(TEST_MAGIC, () => MAX_PAYLOAD_BYTES)
  socket.on('data', (chunk: Buffer) => {
    for (const { command } of reader.frames(new Uint8Array(chunk))) if (command === 'answer') answers++
  })
  await until('all answers', () => answers === questions, 30_000)
})

test('many such peers have a few megabytes in all, and one that reads is served meanwhile', async () => {
  const { tcp, core, address } = await talkativeNode()
  const count = 40
  const sockets = await Promise.all(Array.from({ length: count }, () => silentReader(address)))
  await until('the handshakes', () => core.peers().length === count)
  for (const socket of sockets) socket.write(asks(300)) // for 1.9 GB
  const inAll = () => sockets.reduce((sum, _, i) => sum + tcp.backlogBytes(i + 1), 0)
  await until('much to wait', () => inAll() > ENOUGH_IN_ALL_BYTES)
  const honest = await silentReader(address)
  let answers = 0
  const reader = new FrameReader(TEST_MAGIC, () => MAX_PAYLOAD_BYTES)
  honest.on('data', (chunk: Buffer) => {
    for (const { command } of reader.frames(new Uint8Array(chunk))) if (command === 'answer') answers++
  })
  honest.write(asks(20))
  await until('answers', () => answers === 20, 30_000)
  expect(core.peers()).toHaveLength(count + 1)
  expect(inAll()).toBeLessThan(ENOUGH_IN_ALL_BYTES + count * (2 * SHARE_BYTES + 2 * ANSWER_BYTES))
})

test('what a held peer sends stays with it', async () => {
  const { tcp, core, protocol, address } = await talkativeNode()
  const socket = await silentReader(address)
  await until('the handshake', () => core.peers().length === 1)
  tcp.hold(0, true)
  const padding = encodeFrame(TEST_MAGIC, 'padding', new Uint8Array(1_000_000))
  for (let i = 0; i < 40; i++) socket.write(padding)
  socket.write(asks(1))
  await until('its own buffers to be full', async () => {
    const before = socket.writableLength
    await new Promise(resolve => setTimeout(resolve, 100))
    return before > 20_000_000 && socket.writableLength === before
  })
  expect(protocol.heard).toBe(0)
  tcp.hold(0, false)
  await until('the question', () => protocol.heard === 1, 30_000)
})
