// Who dials a node that is other people's program may speak the encrypted transport as far as the bridge; the program speaks v1.

import { expect, test } from 'vitest'
import { encode } from '../../node/bitcoin/wire/codec.ts'
import type { Frame } from '../../node/bitcoin/wire/frame.ts'
import { encodeFrame, FrameReader, MAX_PAYLOAD_BYTES } from '../../node/bitcoin/wire/framing.ts'
import { baseMessages, PROTOCOL_VERSION, type Version } from '../../node/bitcoin/wire/messages.ts'
import { V2Transport } from '../../node/bitcoin/wire/v2/transport.ts'
import { Pair } from '../../node/foreign/pair.ts'
import { MAGIC, seededCrypto } from '../support/v2-ends.ts'

const NOWHERE = { services: 0n, ip: new Uint8Array(16), port: 0 }
const VERSION: Version = {
  ...{ version: PROTOCOL_VERSION, services: 9n, time: 0n, addrRecv: NOWHERE, addrFrom: NOWHERE },
  ...{ nonce: 5n, userAgent: '/some:1/', startHeight: 0, relay: true },
}
const version = (userAgent: string) =>
  encodeFrame(MAGIC, 'version', encode(baseMessages.version.codec, { ...VERSION, userAgent }))
const VERACK = encodeFrame(MAGIC, 'verack', new Uint8Array(0))
const newReader = () => new FrameReader(MAGIC, () => MAX_PAYLOAD_BYTES)

/** A pair between a peer that dialled, which reads and writes by `peer`, and a program, which is given whole frames. */
function bridged() {
  const program: string[] = []
  const heard: string[] = []
  const broken: string[] = []
  const raw: Uint8Array[] = []
  const reader = newReader()
  let ready = 0
  const peer = new V2Transport({
    ...{ magic: MAGIC, initiating: true, crypto: seededCrypto('peer'), newReader },
    write: bytes => pair.takeFromPeer(bytes),
  })
  const pair: Pair = new Pair({
    ...{ magic: MAGIC, v2: seededCrypto('bridge') },
    toPeer: bytes => {
      raw.push(bytes)
      peer.push(bytes)
      for (let frame: Frame | undefined = peer.next(); frame; frame = peer.next()) heard.push(frame.command)
    },
    toProgram: bytes => {
      for (const { command } of reader.frames(bytes)) program.push(command)
    },
    introduce: said => said,
    onVersion: () => {},
    onHanded: () => {},
    onReady: () => void ready++,
    onBroken: why => void broken.push(why),
    nowMs: () => 0,
  })
  return { pair, peer, program, heard, broken, raw, ready: () => ready }
}

test('messages go both ways, sealed on one side alone', () => {
  const { pair, peer, program, heard, raw, ready } = bridged()
  peer.begin()
  peer.send(version('/peer:1/'))
  expect([program, peer.type]).toEqual([['version'], 'v2'])
  pair.takeFromProgram(version('/program:1/'))
  pair.takeFromProgram(VERACK)
  peer.send(VERACK)
  expect([program, heard, ready()]).toEqual([['version', 'verack'], ['version', 'verack'], 1])
  // The bridge's own ping is answered by the peer, and kept from the program.
  pair.sendPing(7n)
  expect(heard.at(-1)).toBe('ping')
  peer.send(encodeFrame(MAGIC, 'pong', encode(baseMessages.pong.codec, { nonce: 7n })))
  expect([program.length, pair.ping.answeredUpTo]).toEqual([2, 1])
  const agent = Buffer.from('/program:1/')
  expect(raw.some(bytes => Buffer.from(bytes).includes(agent))).toBe(false)
  const load = encodeFrame(MAGIC, 'padding', new Uint8Array(100))
  expect(pair.wire(load)).toHaveLength(3 + 1 + 13 + 100 + 16)
})

test('whoever speaks v1 is spoken to so, and what is neither ends it', () => {
  const { pair, program, raw, broken } = bridged()
  pair.takeFromPeer(version('/old:1/'))
  pair.takeFromProgram(VERACK)
  expect([program, raw]).toEqual([['version'], [VERACK]])
  expect(pair.wire(VERACK)).toBe(VERACK)
  const other = bridged()
  other.pair.takeFromPeer(new Uint8Array(64 + 4095 + 16))
  expect(other.broken).toEqual([expect.stringContaining('no-terminator')])
  expect(broken).toEqual([])
})
