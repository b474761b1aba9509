// A flood from one peer may not starve the others. Here time passes while messages are handled, as on a real machine.

import { expect, test } from 'vitest'
import { Core } from '../../node/bitcoin/core.ts'
import type { Host } from '../../node/bitcoin/frames.ts'
import type { Protocol } from '../../node/bitcoin/protocol.ts'
import { encode, u32 } from '../../node/bitcoin/wire/codec.ts'
import { encodeFrame } from '../../node/bitcoin/wire/framing.ts'
import { baseMessages, type Version } from '../../node/bitcoin/wire/messages.ts'
import type { PeerId } from '../../node/core/host.ts'
import { createRandom } from '../../node/core/random.ts'
import { MemoryStore } from '../../orchestrator/runtime/sim/host.ts'
import { TEST_MAGIC } from '../support/harness.ts'

const nowhere = { services: 0n, ip: new Uint8Array(16), port: 0 }
const hello: Version = {
  version: 70016,
  services: 0n,
  time: 0n,
  addrRecv: nowhere,
  addrFrom: nowhere,
  nonce: 1n,
  userAgent: '/x/',
  startHeight: 0,
  relay: true,
}

/** A core whose every `work` message takes a millisecond. */
function setUp(canHold: boolean, fill?: (peer: PeerId) => number) {
  let now = 1e12
  const tasks: (() => void)[] = []
  const delays: number[] = []
  const handled: string[] = []
  const calls: string[] = []
  const worker: Protocol = {
    name: 'worker',
    messages: { work: { codec: u32, maxBytes: 4 } },
    services: 0n,
    handshakeCommands: [],
    rpc: {},
    start() {},
    stop() {},
    startHeight: () => 0,
    onPeerReady() {},
    onPeerGone() {},
    onMessage(peer, _command, payload) {
      now++
      handled.push(`${peer.id}:${payload}`)
    },
    readMetrics: () => [],
  }
  const host: Host = {
    clock: {
      now: () => now,
      after(ms, task) {
        delays.push(ms)
        if (ms <= 50) tasks.push(task)
        return () => {}
      },
    },
    random: createRandom('turns'),
    store: new MemoryStore(),
    connections: {
      dial() {},
      send() {},
      pad() {},
      close: peer => void calls.push(`close ${peer}`),
      identify() {},
      backlogBytes: () => 0,
      ...(fill && { fill }),
      ...(canHold ? { hold: (peer: PeerId, on: boolean) => void calls.push(`hold ${peer} ${on}`) } : {}),
    },
    emit() {},
  }
  const core = new Core(
    {
      magic: TEST_MAGIC,
      userAgent: '/test/',
      listenAddress: undefined,
      connect: [],
      mode: 'fixed',
      maxOutbound: 8,
      maxConnections: 125,
    },
    host,
    [worker],
  )
  core.start()
  const connect = (id: PeerId, inbound = true) => {
    core.onConnected(id, `10.0.0.${id}:5`, inbound)
    core.onData(id, encodeFrame(TEST_MAGIC, 'version', encode(baseMessages.version.codec, hello)))
    core.onData(id, encodeFrame(TEST_MAGIC, 'verack', new Uint8Array(0)))
  }
  connect(1)
  connect(2)
  return { core, connect, handled, calls, nextTurn: () => tasks.shift()?.(), tasks, delays }
}

function work(count: number, from = 0): Uint8Array {
  const frames = Array.from({ length: count }, (_, i) =>
    encodeFrame(TEST_MAGIC, 'work', encode(u32, from + i)),
  )
  return Uint8Array.from(frames.flatMap(frame => [...frame]))
}

test('a flood waits after its turn, others get theirs, and nothing is lost or reordered', () => {
  const { core, handled, calls, nextTurn, tasks } = setUp(true)
  core.onData(1, work(100))
  expect(handled).toHaveLength(10)
  expect(calls).toEqual(['hold 1 true'])
  core.onData(2, work(1, 777))
  expect(handled.at(-1)).toBe('2:777')
  core.onData(1, work(5, 100))
  while (tasks.length > 0) nextTurn()
  expect(handled.filter(one => one.startsWith('1:'))).toEqual(Array.from({ length: 105 }, (_, i) => `1:${i}`))
  expect(calls).toEqual(['hold 1 true', 'hold 1 false'])
})

test('a peer that is gone has no more turns', () => {
  const { core, handled, nextTurn } = setUp(true)
  core.onData(1, work(100))
  core.onClosed(1, 'closed by peer')
  nextTurn()
  expect(handled).toHaveLength(10)
})

test('where a flood cannot be held back, it is closed before it fills the memory', () => {
  const { core, handled, calls } = setUp(false)
  core.onData(1, work(20))
  const megabyte = encodeFrame(TEST_MAGIC, 'whatever', new Uint8Array(1024 * 1024))
  for (let i = 0; i < 70; i++) core.onData(1, megabyte)
  expect(calls).toEqual(['close 1'])
  expect(handled).toHaveLength(10)
})

test("a turn is one peer's, and every other one is of those that we dialled, however many there are beside them", () => {
  const { core, connect, handled, nextTurn, tasks } = setUp(true)
  for (let id = 3; id <= 20; id++) connect(id)
  connect(21, false)
  while (tasks.length > 0) nextTurn()
  for (let id = 1; id <= 21; id++) core.onData(id, work(100, id * 1000))
  // Two turns of ten are a sitting: what comes after them waits.
  expect(new Set(handled.map(one => one.split(':')[0]))).toEqual(new Set(['1', '2']))
  const before = handled.length
  while (handled.length < before + 100) {
    const had = handled.length
    nextTurn()
    expect(handled.length - had).toBeLessThanOrEqual(10)
  }
  const ofDialled = handled.slice(before).filter(one => one.startsWith('21:'))
  expect(ofDialled.length).toBeGreaterThanOrEqual(40)
})

test('who does not read what it has asked for is not heard until it has', () => {
  let waits = 0
  const { core, handled, calls, nextTurn, tasks } = setUp(true, () => waits)
  waits = 2.5
  core.onData(1, work(5))
  expect(handled).toEqual([])
  expect(calls).toEqual(['hold 1 true'])
  for (let i = 0; i < 10; i++) nextTurn()
  expect(handled).toEqual([])
  waits = 1
  for (let i = 0; i < 10 && tasks.length > 0; i++) nextTurn()
  expect(handled).toHaveLength(5)
  expect(calls).toEqual(['hold 1 true', 'hold 1 false'])
})

test('of messages that never end there are 16 MB in all: the one that has waited longest goes, and who talks stays', () => {
  const { core, connect, handled, calls } = setUp(true)
  const unended = encodeFrame(TEST_MAGIC, 'whatever', new Uint8Array(3_900_000)).subarray(0, 3_800_000)
  for (let id = 3; id <= 12; id++) {
    connect(id)
    core.onData(id, unended)
    core.onData(2, work(1, id))
  }
  expect(calls).toEqual([3, 4, 5, 6, 7, 8].map(id => `close ${id}`))
  expect(handled).toHaveLength(10)
})

test('after the machine has had its turn, the next to speak is heard at once', () => {
  const { core, handled, nextTurn, tasks } = setUp(true)
  for (const id of [1, 2]) core.onData(id, work(10, id * 1000))
  while (tasks.length > 0) nextTurn()
  expect(handled).toHaveLength(20)
  core.onData(1, work(2))
  expect(handled).toHaveLength(22)
})

test('a turn that was planned for a peer that is gone by then is nobody’s', () => {
  const { core, handled, nextTurn, tasks } = setUp(true)
  core.onData(1, work(100))
  core.onClosed(1, 'closed by peer')
  while (tasks.length > 0) nextTurn()
  expect(handled).toHaveLength(10)
  core.onData(2, work(5))
  expect(handled).toHaveLength(15)
})

test('who brought a message to its end goes behind those who have not, though it began another', () => {
  const { core, connect, calls } = setUp(true)
  const frame = encodeFrame(TEST_MAGIC, 'whatever', new Uint8Array(3_900_000))
  const [begun, rest] = [frame.subarray(0, 3_800_000), frame.subarray(3_800_000)]
  for (let id = 3; id <= 6; id++) {
    connect(id)
    core.onData(id, begun)
  }
  core.onData(3, Buffer.concat([rest, begun]))
  connect(7)
  core.onData(7, begun)
  expect(calls.filter(call => call.startsWith('close'))).toEqual(['close 4'])
})

test('of messages that never end 16 MB may wait, to the byte; one of less than 128 kB is not worth closing anybody for', () => {
  const LIMIT = 16 * 1024 * 1024
  for (const [small, closed] of [
    [128 * 1024, 3],
    [128 * 1024 - 1, 4],
  ] as const) {
    const { core, connect, calls } = setUp(true)
    const frame = encodeFrame(TEST_MAGIC, 'whatever', new Uint8Array(3_900_000))
    const shares = [small, 3_800_000, 3_800_000, 3_800_000, 3_800_000]
    shares.push(LIMIT - shares.reduce((sum, bytes) => sum + bytes, 0))
    for (const [i, bytes] of shares.entries()) {
      connect(3 + i)
      // A header that was read waits no more.
      core.onData(3 + i, frame.subarray(0, 24 + bytes))
    }
    expect(calls).toEqual([])
    connect(9)
    core.onData(9, frame.subarray(0, 1))
    expect(calls).toEqual([`close ${closed}`])
  }
})

test('turns follow each other without a pause; whoever has to read first is looked at every 50 ms', () => {
  let waits = 0
  const { core, delays, nextTurn } = setUp(true, () => waits)
  delays.length = 0
  core.onData(1, work(100))
  for (let i = 0; i < 5; i++) nextTurn()
  expect(new Set(delays)).toEqual(new Set([0]))
  waits = 2
  core.onData(2, work(5))
  expect(delays.at(-1)).toBe(50)
})

test('who only goes on with a message stays where it was, however often', () => {
  const { core, connect, calls } = setUp(true)
  const frame = encodeFrame(TEST_MAGIC, 'whatever', new Uint8Array(3_900_000))
  for (let id = 3; id <= 6; id++) {
    connect(id)
    core.onData(id, frame.subarray(0, 3_800_000))
  }
  for (let at = 3_800_000; at < 3_800_100; at += 10) core.onData(3, frame.subarray(at, at + 10))
  connect(7)
  core.onData(7, frame.subarray(0, 3_800_000))
  expect(calls.filter(call => call.startsWith('close'))).toEqual(['close 3'])
})
