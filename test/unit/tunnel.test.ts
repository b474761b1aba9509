// The tunnel to a gateway whose port cannot be reached, over plain streams: connections go through it as they would directly.

import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { Duplex, PassThrough } from 'node:stream'
import { expect, onTestFinished, test } from 'vitest'
import { serveTunnel } from '../../orchestrator/gateway/tunnel.ts'
import { Spoken } from '../../orchestrator/runtime/docker/exec-way.ts'
import { Tunnel } from '../../orchestrator/runtime/docker/tunnel.ts'
import { until, untilStill } from '../support/until.ts'

const MB = 1 << 20

/** Two ends of one way. */
function pair(): [Duplex, Duplex] {
  const [there, back] = [new PassThrough(), new PassThrough()]
  return [Duplex.from({ readable: back, writable: there }), Duplex.from({ readable: there, writable: back })]
}

async function listening(onConnection: (socket: Socket) => void): Promise<number> {
  const server = createServer(onConnection).listen({ host: '127.0.0.1', port: 0 })
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

/** A tunnel to this port; `ways`: every way that was opened. */
async function tunnelTo(port: number): Promise<{ port: number; ways: Duplex[]; tunnel: Tunnel }> {
  const ways: Duplex[] = []
  const tunnel = new Tunnel(async () => {
    const [near, far] = pair()
    ways.push(near)
    serveTunnel(far, { host: '127.0.0.1', port })
    return near
  })
  onTestFinished(() => tunnel.close())
  return { port: await tunnel.listen(), ways, tunnel }
}

async function dial(port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port })
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  return socket
}

/** Whoever listens at the far end gives each word back. */
async function echoed(port: number, word: string): Promise<Socket> {
  const socket = (await dial(port)).on('error', () => {})
  socket.write(word)
  expect(`${(await once(socket, 'data'))[0]}`).toBe(word)
  return socket
}

async function read(socket: Socket): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of socket) parts.push(part as Buffer)
  return Buffer.concat(parts)
}

test('many connections at once, each with its own words, and one way for all of them', async () => {
  const far = await listening(socket => socket.pipe(socket))
  const { port, ways } = await tunnelTo(far)
  const said = Array.from({ length: 50 }, (_, i) => Buffer.alloc(100_000 + i, `${i} `))
  const heard = await Promise.all(
    said.map(async words => {
      const socket = await dial(port)
      socket.end(words)
      return await read(socket)
    }),
  )
  for (const [i, words] of said.entries()) expect(heard[i]?.equals(words)).toBe(true)
  expect(ways).toHaveLength(1)
})

test('a way that never opens is given up, and the next who comes has a new one tried', async () => {
  const far = await listening(socket => socket.pipe(socket))
  let opened = 0
  const tunnel = new Tunnel(async () => {
    if (++opened === 1) return await new Promise<Duplex>(() => {})
    const [near, other] = pair()
    serveTunnel(other, { host: '127.0.0.1', port: far })
    return near
  }, 500)
  onTestFinished(() => tunnel.close())
  const port = await tunnel.listen()
  await read(await dial(port)).catch(() => {}) // it is closed
  expect(opened).toBe(1)
  const socket = await dial(port)
  socket.end('word')
  expect((await read(socket)).toString()).toBe('word')
})

test('whoever does not read stops who writes, and holds up nobody else', async () => {
  let written = 0
  const TOTAL = 64
  const far = await listening(async socket => {
    socket.on('error', () => {})
    const [word] = (await once(socket, 'data')) as [Buffer]
    if (word.toString() === 'little') return void socket.end('here')
    for (; written < TOTAL && !socket.destroyed; written++)
      if (!socket.write(Buffer.alloc(MB, written))) await once(socket, 'drain')
    socket.end()
  })
  const { port } = await tunnelTo(far)
  const slow = await dial(port)
  slow.write('much')
  await untilStill('it stands', () => written)
  expect(written).toBeLessThan(TOTAL / 2)
  const quick = await dial(port)
  quick.write('little')
  expect((await read(quick)).toString()).toBe('here')
  let [bytes, wrong] = [0, 0]
  for await (const part of slow) for (const byte of part) if (byte !== Math.floor(bytes++ / MB)) wrong++
  expect({ bytes, wrong }).toEqual({ bytes: TOTAL * MB, wrong: 0 })
})

test('what ends on one side ends on the other; a port where nobody listens ends at once', async () => {
  const sockets: Socket[] = []
  const far = await listening(socket => sockets.push(socket.on('error', () => {}).resume()))
  const { port } = await tunnelTo(far)
  const [one, two] = [await dial(port), await dial(port)]
  await until('both are there', () => sockets.length === 2)
  for (const socket of [one, two]) socket.on('error', () => {}).resume()
  let closed = 0
  for (const socket of sockets) socket.on('close', () => closed++)
  one.destroy()
  await until('the far end sees it', () => closed === 1)
  for (const socket of sockets) socket.destroy()
  await until('the near end sees it', () => two.destroyed)

  const server = createServer().listen({ host: '127.0.0.1', port: 0 })
  await once(server, 'listening')
  const nobody = (server.address() as AddressInfo).port
  server.close()
  const third = await dial((await tunnelTo(nobody)).port)
  third.on('error', () => {})
  await once(third, 'close')
})

test('a way that breaks takes its connections with it, and the next connection opens another', async () => {
  const far = await listening(socket => socket.on('error', () => {}).pipe(socket))
  const { port, ways, tunnel } = await tunnelTo(far)
  const first = await echoed(port, 'x')
  ways[0]?.destroy()
  await until('the connection has gone', () => first.destroyed)
  const second = await echoed(port, 'y')
  expect(ways).toHaveLength(2)
  tunnel.close()
  await until('closed, nothing is left', () => second.destroyed && ways.every(way => way.destroyed))
})

test('a far end that is another: the way to the one before is given up, though it stands', async () => {
  const far = await listening(socket => socket.on('error', () => {}).pipe(socket))
  const { port, ways, tunnel } = await tunnelTo(far)
  const first = await echoed(port, 'x')
  tunnel.renew()
  for (const word of ['y', 'z']) {
    await echoed(port, word)
    await until('the first has gone', () => first.destroyed && ways[0]?.destroyed)
  }
  expect(ways).toHaveLength(2)
})

test('what the engine puts around a program’s words is taken off, wherever it is cut', async () => {
  const frame = (output: number, text: string) => {
    const head = Buffer.alloc(8)
    head.writeUInt8(output, 0)
    head.writeUInt32BE(Buffer.byteLength(text), 4)
    return Buffer.concat([head, Buffer.from(text)])
  }
  const all = Buffer.concat([frame(1, 'one '), frame(2, 'an error'), frame(1, ''), frame(1, 'two'.repeat(9))])
  for (let size = 1; size <= all.length; size++) {
    const said = new Spoken()
    for (let at = 0; at < all.length; at += size) said.write(all.subarray(at, at + size))
    said.end()
    let heard = ''
    for await (const part of said) heard += part
    expect(heard).toBe(`one ${'two'.repeat(9)}`)
  }
})
