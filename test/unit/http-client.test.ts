// The HTTP client of nodes and controllers: lines, limits, deadlines, and what it says when the other side is gone.

import { createServer, type RequestListener } from 'node:http'
import { createServer as createTcpServer, type Socket } from 'node:net'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { HttpClient, linesOf } from '../../orchestrator/machine/http.ts'
import { NodeClient } from '../../orchestrator/network/node-client.ts'
import { TOKEN } from '../support/node-config.ts'
import { until } from '../support/until.ts'

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>(resolve => server.listen({ host: '127.0.0.1', port: 0 }, resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  return typeof address === 'object' && address ? `http://127.0.0.1:${address.port}` : ''
}

function clientOf(url: string): HttpClient {
  const client = new HttpClient(url, TOKEN)
  onTestFinished(() => client.close())
  return client
}

test('lines come out whole, however their bytes were cut; a last one without an end is left out', async () => {
  const line = fc.string({ unit: 'binary' }).map(text => text.replaceAll('\n', ''))
  await fc.assert(
    fc.asyncProperty(
      fc.array(line),
      line,
      fc.infiniteStream(fc.integer({ min: 1, max: 7 })),
      async (lines, rest, cuts) => {
        const bytes = Buffer.from(lines.map(each => `${each}\n`).join('') + rest)
        const parts: Buffer[] = []
        for (let at = 0; at < bytes.length; ) {
          const size = cuts.next().value as number
          parts.push(bytes.subarray(at, at + size))
          at += size
        }
        const seen: string[] = []
        for await (const each of linesOf(streamOf(parts))) seen.push(each)
        expect(seen).toEqual(
          Buffer.from(lines.join('\n')).toString() === '' && lines.length === 0 ? [] : lines.map(utf8),
        )
      },
    ),
  )
})

const utf8 = (text: string) => Buffer.from(text).toString()

async function* streamOf(parts: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* parts
}

test('a line without end is refused before it fills the memory', async () => {
  async function* endless(): AsyncGenerator<Buffer> {
    for (;;) yield Buffer.alloc(1 << 20, 'x')
  }
  const reading = (async () => {
    for await (const _ of linesOf(endless())) throw new Error('there is no line')
  })()
  await expect(reading).rejects.toThrow(RangeError)
})

test('the token goes with every request', async () => {
  const url = await serve((request, response) => response.end(request.headers.authorization))
  const answer = await clientOf(url).ask({ method: 'GET', path: '/', timeoutMs: 5_000 })
  expect(answer).toEqual({ status: 200, body: `Bearer ${TOKEN}` })
})

test('an answer that never begins, and one that never ends, meet their deadline', async () => {
  const url = await serve((request, response) => {
    if (request.url === '/half') response.write('half')
  })
  const client = clientOf(url)
  for (const path of ['/never', '/half'])
    await expect(client.ask({ method: 'GET', path, timeoutMs: 50 })).rejects.toThrow('timed out after 50 ms')
})

test('a server that is gone is an error with its code', async () => {
  const asking = clientOf('http://127.0.0.1:1').ask({ method: 'GET', path: '/', timeoutMs: 5_000 })
  await expect(asking).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})

/** Of each connection it answers so many requests; the next one meets a reset, as when an idle connection is given up. */
async function resetsAfter(answers: number): Promise<{ url: string; connections: Socket[] }> {
  const connections: Socket[] = []
  const server = createTcpServer(socket => {
    let asked = 0
    connections.push(socket)
    socket.on('data', () => {
      if (asked++ < answers) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
      else socket.resetAndDestroy()
    })
  })
  await new Promise<void>(resolve => server.listen({ host: '127.0.0.1', port: 0 }, resolve))
  onTestFinished(() => {
    for (const socket of connections) socket.destroy()
    server.close()
  })
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return { url: `http://127.0.0.1:${port}`, connections }
}

test('what meets the end of an idle connection is asked anew over another, and only that', async () => {
  const ask = { method: 'POST', path: '/', body: '{}', timeoutMs: 60_000 } as const
  const idle = await resetsAfter(1)
  const client = clientOf(idle.url)
  for (const connections of [1, 2]) {
    expect(await client.ask(ask)).toEqual({ status: 200, body: 'ok' })
    expect(idle.connections).toHaveLength(connections)
  }
  const broken = await resetsAfter(0)
  await expect(clientOf(broken.url).ask(ask)).rejects.toMatchObject({ code: 'ECONNRESET' })
  expect(broken.connections).toHaveLength(1)
})

test('a closed client asks nothing anew', async () => {
  const asked: string[] = []
  const url = await serve((request, response) => {
    asked.push(request.url ?? '')
    if (request.url === '/first') response.end()
  })
  const client = clientOf(url)
  await client.ask({ method: 'GET', path: '/first', timeoutMs: 60_000 })
  const asking = client.ask({ method: 'GET', path: '/never', timeoutMs: 60_000 })
  const failure = asking.catch((error: NodeJS.ErrnoException) => error.code)
  await until('the question', () => asked.length === 2)
  client.close()
  expect(await failure).toBe('ECONNRESET')
  expect(asked).toEqual(['/first', '/never'])
})

test('what a node answers that is no JSON-RPC is an error with its beginning', async () => {
  const url = await serve((_, response) => response.writeHead(502).end('<html>bad gateway</html>'))
  const node = new NodeClient(url, TOKEN)
  onTestFinished(() => node.close())
  await expect(node.rpc('getblockcount', [])).rejects.toThrow('/rpc answered 502 <html>bad gateway')
  await expect(node.health()).rejects.toThrow('/health answered 502')
})

test('lost events are said where they were lost, and the stream goes on from there', async () => {
  const lines = [
    { type: 'events-lost', count: 7, seq: 7, timeMs: 0 },
    { type: 'log', level: 'info', message: 'eight', seq: 8, timeMs: 0 },
  ]
  const asked: string[] = []
  const url = await serve((request, response) => {
    asked.push(request.url ?? '')
    const next =
      asked.length === 1 ? lines : [{ type: 'log', level: 'info', message: 'nine', seq: 9, timeMs: 0 }]
    response.end(next.map(line => `${JSON.stringify(line)}\n`).join(''))
  })
  const node = new NodeClient(url, TOKEN)
  onTestFinished(() => node.close())
  const end = new AbortController()
  const seen: (string | number)[] = []
  for await (const event of node.events('the boot', end.signal)) {
    seen.push(event.type === 'events-lost' ? event.type : event.seq)
    if (event.seq === 9) end.abort()
  }
  expect(seen).toEqual(['events-lost', 8, 9])
  expect(asked).toEqual(['/events?after=0&boot=the%20boot', '/events?after=8&boot=the%20boot'])
})
