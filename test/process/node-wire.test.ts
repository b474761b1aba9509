// What strangers on the P2P port can send: real sockets against a real node, which has to go on unharmed.

import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import type { BitcoinConfig } from '../../node/api.ts'
import { Core } from '../../node/bitcoin/core.ts'
import { encodeFrame } from '../../node/bitcoin/wire/framing.ts'
import type { AnyEvent } from '../../node/core/host.ts'
import { createRandom } from '../../node/core/random.ts'
import { TcpConnections } from '../../node/host/tcp.ts'
import { networkMagic } from '../../node/ledger/chain/genesis.ts'
import { chainParams } from '../../node/params.ts'
import { VirtualClock } from '../../orchestrator/runtime/sim/clock.ts'
import { MemoryStore } from '../../orchestrator/runtime/sim/host.ts'
import { EASY_CHAIN, fixedPeers, nodeConfig, temporaryDirectory } from '../support/node-config.ts'
import { RunningNode } from '../support/node-process.ts'
import { until } from '../support/until.ts'
import { WirePeer } from '../support/wire-peer.ts'

const MAGIC = networkMagic(chainParams(EASY_CHAIN))

async function start(transport?: BitcoinConfig['peers']['transport']): Promise<RunningNode> {
  return RunningNode.start(nodeConfig(temporaryDirectory(), { peers: fixedPeers([], transport) }))
}

/** The node still answers a peer and its controller, and nothing went wrong inside. */
async function isUnharmed(node: RunningNode): Promise<void> {
  const peer = await WirePeer.dial(node.ready.p2p, MAGIC)
  await peer.shakeHands()
  expect((await node.health()).status).toBe('running')
  expect((await node.events()).filter(event => event.type === 'log')).toEqual([])
}

const misbehaviour = async (node: RunningNode) =>
  (await node.events()).filter(event => event.type === 'misbehaviour')

describe('a stranger', () => {
  test('that shakes hands is a peer', async () => {
    const node = await start()
    const peer = await WirePeer.dial(node.ready.p2p, MAGIC)
    await peer.shakeHands()
    expect(await node.rpc('getpeerinfo')).toMatchObject([{ subver: '/wire-peer/', inbound: true }])
    peer.send('ping', { nonce: 42n })
    expect(await peer.hears('pong')).toEqual({ nonce: 42n })
  })

  test('that sends its handshake byte by byte is a peer all the same', async () => {
    const node = await start()
    const peer = await WirePeer.dial(node.ready.p2p, MAGIC)
    const write = peer.socket.write.bind(peer.socket)
    const frames: Uint8Array[] = []
    peer.socket.write = ((bytes: Uint8Array) => frames.push(bytes)) as unknown as typeof write
    peer.sendVersion()
    peer.send('verack', null)
    for (const frame of frames)
      for (const byte of frame) await new Promise<unknown>(resolve => write(Uint8Array.of(byte), resolve))
    await peer.hears('ping')
  })

  test('of another network is closed at its first bytes, where nothing but v1 is spoken', async () => {
    const node = await start('v1')
    const peer = await WirePeer.dial(node.ready.p2p, Uint8Array.of(1, 2, 3, 4))
    peer.socket.write(Uint8Array.of(1, 2))
    await peer.isClosed()
    await isUnharmed(node)
  })

  test('that sends garbage is closed, whatever the garbage, where nothing but v1 is spoken', async () => {
    const node = await start('v1')
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 4, maxLength: 5_000 }), async bytes => {
        fc.pre(MAGIC.some((byte, i) => byte !== bytes[i]))
        const peer = await WirePeer.dial(node.ready.p2p, MAGIC)
        peer.socket.write(bytes)
        await peer.isClosed()
      }),
      { numRuns: 30 },
    )
    await isUnharmed(node)
  })

  test('that sends garbage in the place of a key leaves the node unharmed, and too much of it closes', async () => {
    const node = await start('accept-v2')
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 2_000 }), async bytes => {
        const { socket } = await WirePeer.dial(node.ready.p2p, MAGIC)
        socket.removeAllListeners('data').resume() // an answer that is no message
        await new Promise<unknown>(resolve => socket.write(bytes, resolve))
      }),
      { numRuns: 20 },
    )
    const peer = await WirePeer.dial(node.ready.p2p, MAGIC)
    peer.socket.removeAllListeners('data').resume()
    peer.socket.write(new Uint8Array(64 + 4095 + 16))
    await peer.isClosed()
    await isUnharmed(node)
    expect(await misbehaviour(node)).toEqual([])
  })

  test('that announces an oversize message is closed before it is sent', async () => {
    const node = await start()
    const peer = await WirePeer.dial(node.ready.p2p, MAGIC)
    await peer.shakeHands()
    const frame = encodeFrame(MAGIC, 'block', new Uint8Array(0))
    new DataView(frame.buffer).setUint32(16, 4_000_001, true)
    peer.socket.write(frame)
    await peer.isClosed()
    await isUnharmed(node)
    expect(await misbehaviour(node)).toEqual([])
  })

  test('whose message has a wrong checksum is kept, and the message is not read', async () => {
    const node = await start()
    const peer = await WirePeer.dial(node.ready.p2p, MAGIC)
    await peer.shakeHands()
    const harmed = peer.frame('ping', { nonce: 1n }).slice()
    harmed[20] = (harmed[20] ?? 0) ^ 1
    peer.socket.write(harmed)
    peer.send('ping', { nonce: 2n })
    expect(await peer.hears('pong')).toEqual({ nonce: 2n })
    expect(peer.closed).toBe(false)
  })

  test('that ends in the middle of a message is forgotten', async () => {
    const node = await start()
    const peer = await WirePeer.dial(node.ready.p2p, MAGIC)
    await peer.shakeHands()
    peer.socket.end(peer.frame('ping', { nonce: 1n }).subarray(0, 27))
    await peer.isClosed()
    await until('the peer to be gone', async () => (await node.rpc<unknown[]>('getpeerinfo')).length === 0)
    await isUnharmed(node)
  })

  test('that ends in the middle of its handshake is forgotten', async () => {
    const node = await start()
    const peer = await WirePeer.dial(node.ready.p2p, MAGIC)
    peer.sendVersion()
    await peer.hears('verack')
    peer.socket.resetAndDestroy()
    await isUnharmed(node)
    expect((await node.events()).filter(event => event.type === 'peer-down')).toEqual([])
  })

  test('whose payload is not what its command says is kept, and the message is not read, as in Core', async () => {
    const node = await start()
    const peer = await WirePeer.dial(node.ready.p2p, MAGIC)
    await peer.shakeHands()
    for (const command of ['headers', 'inv', 'tx', 'block', 'cmpctblock', 'getheaders', 'ping'])
      peer.send(command, Uint8Array.of(0xfd))
    peer.send('sendheaders', Uint8Array.of(1))
    peer.send('ping', { nonce: 3n })
    expect(await peer.hears('pong')).toEqual({ nonce: 3n })
    expect(peer.closed).toBe(false)
    expect(await misbehaviour(node)).toEqual([])
  })

  test('that speaks commands nobody knows is listened to no further, and kept', async () => {
    const node = await start()
    const peer = await WirePeer.dial(node.ready.p2p, MAGIC)
    await peer.shakeHands()
    for (let i = 0; i < 100; i++) peer.send(`unknown${i}`, new Uint8Array(1_000))
    peer.send('ping', { nonce: 7n })
    expect(await peer.hears('pong')).toEqual({ nonce: 7n })
  })

  test('that opens many connections and says nothing does not keep others out', async () => {
    const node = await start()
    await Promise.all(Array.from({ length: 150 }, () => WirePeer.dial(node.ready.p2p, MAGIC)))
    await isUnharmed(node)
  })

  test('that asks for everything and reads nothing does not fill the memory', async () => {
    const node = await start()
    await node.mine(20)
    const tip = (await node.health()).tip
    const peer = await WirePeer.dial(node.ready.p2p, MAGIC)
    await peer.shakeHands()
    peer.socket.pause()
    const before = (await node.health()).rssBytes
    const request = peer.frame('getdata', new Array(1_000).fill({ type: 2, hash: tip }))
    for (let i = 0; i < 500; i++) peer.socket.write(request)
    // 500,000 blocks were asked for; the node has taken all it wants to take once its controller is answered.
    for (let i = 0; i < 20; i++) await node.health()
    expect((await node.health()).rssBytes - before).toBeLessThan(100 << 20)
    await isUnharmed(node)
  })
})

describe('a peer over real sockets, in virtual time', () => {
  let clock: VirtualClock
  let events: AnyEvent[]
  let address: string

  beforeAll(async () => {
    clock = new VirtualClock(Date.UTC(2025, 0, 1))
    events = []
    const random = createRandom('virtual time')
    const links = {
      default: { latencyMs: 0, jitterMs: 0, bandwidthBps: 0, loss: 0, blocked: false },
      peers: {},
    }
    const connections = new TcpConnections({ clock, random, links, warn() {} })
    address = await connections.listen({ host: '127.0.0.1', port: 0 })
    const core = new Core(
      {
        magic: MAGIC,
        userAgent: '/core/',
        listenAddress: address,
        connect: [],
        mode: 'fixed',
        maxOutbound: 8,
        maxConnections: 125,
      },
      { clock, random, connections, store: new MemoryStore(), emit: event => events.push(event) },
      [],
    )
    core.start()
    connections.start(core)
    return () => {
      core.stop()
      connections.stop()
    }
  })

  const pass = (ms: number) => {
    let passed = false
    clock.after(ms, () => {
      passed = true
    })
    while (!passed) clock.step()
  }

  test('that never finishes its handshake is closed after 60 seconds', async () => {
    const peer = await WirePeer.dial(address, MAGIC)
    peer.sendVersion()
    await peer.hears('verack')
    pass(59_000)
    // Whatever the node sent to the first has arrived by the time a second has shaken hands.
    await (await WirePeer.dial(address, MAGIC)).shakeHands()
    expect(peer.closed).toBe(false)
    pass(1_001)
    await peer.isClosed()
  })

  test('that falls silent is closed after 20 minutes', async () => {
    const peer = await WirePeer.dial(address, MAGIC)
    await peer.shakeHands()
    events.length = 0
    pass(19 * 60_000)
    expect(events).toEqual([])
    pass(3 * 60_000)
    await peer.isClosed()
    expect(events).toMatchObject([{ type: 'peer-down', why: 'ping timeout' }])
  })
})
