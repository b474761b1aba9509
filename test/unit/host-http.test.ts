// The control address over real HTTP: nothing without the token, limits, and each route's answers.

import { request as httpRequest, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { LinkTable } from '../../node/api.ts'
import { PERFECT_LINK } from '../../node/core/link.ts'
import { ControlServer } from '../../node/host/http.ts'
import { type Ask, askControl, basic, FakeNode } from '../support/fake-controlled-node.ts'
import { TOKEN } from '../support/node-config.ts'
import { until } from '../support/until.ts'

const ROUTES = [
  ['POST', '/'],
  ['POST', '/rpc'],
  ['POST', '/wallet/any'],
  ['GET', '/rest/chaininfo.json'],
  ['GET', '/metrics'],
  ['GET', '/events'],
  ['GET', '/health'],
  ['GET', '/links'],
  ['PUT', '/links'],
  ['POST', '/pad'],
  ['POST', '/reset'],
  ['GET', '/machine'],
  ['PUT', '/machine'],
  ['POST', '/burn'],
  ['POST', '/stop'],
] as const

let node: FakeNode
let server: ControlServer
let url: string
let bugs: unknown[]

beforeEach(async () => {
  node = new FakeNode()
  bugs = []
  server = new ControlServer(node, { token: TOKEN, onBug: (_, error) => bugs.push(error) })
  url = await server.listen({ host: '127.0.0.1', port: 0 })
  onTestFinished(async () => {
    node.events.close()
    await server.close()
  })
})

const ask = (method: string, path: string, how?: Ask) => askControl(url, method, path, how)

describe('without the right token', () => {
  test.each(ROUTES)('%s %s is refused', async (method, path) => {
    for (const headers of [
      { authorization: '' },
      { authorization: 'Bearer wrong' },
      { authorization: `Basic ${TOKEN}` },
      { authorization: `Bearer ${TOKEN}x` },
      { authorization: TOKEN },
      { authorization: basic('__cookie__', `${TOKEN}x`) },
      { authorization: basic('somebody', TOKEN) },
      { authorization: basic('__cookie__', '') },
    ]) {
      const answer = await ask(method, path, { headers })
      expect(answer.status).toBe(401)
      expect(answer.headers['www-authenticate']).toBe('Bearer, Basic realm="jsonrpc"')
      expect(answer.text).not.toContain(TOKEN)
    }
    expect(node.calls).toEqual([])
  })

  test('nobody counts as having asked', async () => {
    expect(server.takeAsked()).toBe(true)
    await ask('GET', '/health', { token: 'wrong' })
    expect(server.takeAsked()).toBe(false)
    await ask('GET', '/health')
    expect(server.takeAsked()).toBe(true)
    expect(server.takeAsked()).toBe(false)
  })
})

test('whoever reads metrics is no sign of a controller', async () => {
  server.takeAsked()
  expect((await ask('GET', '/metrics')).status).toBe(200)
  expect(server.takeAsked()).toBe(false)
  expect((await ask('GET', '/links')).status).toBe(200)
  expect(server.takeAsked()).toBe(true)
})

test('who alone may ask, is heard; the machine itself is told no, and to others nothing is said', async () => {
  const heard = new ControlServer(node, { token: TOKEN, onBug: (_, error) => bugs.push(error) })
  const at = new URL(await heard.listen({ host: '127.0.0.1', port: 0, from: '127.0.0.2' }))
  onTestFinished(() => heard.close())
  heard.takeAsked()
  const statusFor = (localAddress: string, path: string) =>
    new Promise<number | string>(resolve => {
      const headers = { authorization: `Bearer ${TOKEN}` }
      httpRequest({ host: at.hostname, port: at.port, path, headers, localAddress, agent: false })
        .once('response', answer => resolve(answer.resume().statusCode ?? 0))
        .once('error', (error: NodeJS.ErrnoException) => resolve(`${error.code}`))
        .end()
    })
  for (const path of ['/health', '/metrics', '/rest/chaininfo.json']) {
    expect(await statusFor('127.0.0.1', path)).toBe(403)
    expect(await statusFor('127.0.0.3', path)).toBe('ECONNRESET')
  }
  expect([node.calls, heard.takeAsked()]).toEqual([[], false])
  expect(await statusFor('127.0.0.2', '/health')).toBe(200)
  expect(heard.takeAsked()).toBe(true)
})

test('an unknown path is 404, another method 405 with those that are allowed', async () => {
  expect((await ask('GET', '/nowhere')).status).toBe(404)
  expect((await ask('POST', '/wallet/a/b')).status).toBe(404)
  expect((await ask('GET', '/')).status).toBe(405)
  expect((await ask('GET', '/constructor')).status).toBe(404)
  const answer = await ask('DELETE', '/links')
  expect([answer.status, answer.headers.allow]).toEqual([405, 'GET, PUT'])
})

test('a Host header that is no host is refused', async () => {
  expect((await ask('GET', '/health', { headers: { host: 'a b' } })).status).toBe(400)
  expect((await ask('GET', '/health', { headers: { host: '[::1]:80' } })).status).toBe(200)
  expect((await ask('GET', '/health', { headers: { host: 'node-1:8080' } })).status).toBe(200)
})

test('a body over 32 MiB, or 4 MiB where it is no RPC, is refused, announced or not, before anyone sees it', async () => {
  const limits = [
    ['POST', '/rpc', 32],
    ['PUT', '/links', 4],
  ] as const
  const kinds: Record<string, string>[] = [{}, { 'transfer-encoding': 'chunked' }]
  const body = (path: string) =>
    'x'.repeat(1024 * 1024 * (limits.find(([, at]) => at === path)?.[2] ?? 0) + 1)
  for (const [method, path, headers] of limits.flatMap(([method, path]) =>
    kinds.map(headers => [method, path, headers] as const),
  )) {
    const answer = await ask(method, path, { body: body(path), headers }).catch(
      (error: NodeJS.ErrnoException) => error,
    )
    // The refusal may overtake the body: then the client sees its connection closed while it still writes.
    if ('status' in answer) expect(answer.status).toBe(413)
    else expect(['EPIPE', 'ECONNRESET']).toContain(answer.code)
  }
  expect(node.calls).toEqual([])
  expect((await ask('POST', '/rpc', { body: body('/rpc').slice(1) })).status).toBe(404)
})

test('Core’s paths are there: / and /wallet/<name> for RPC, /rest/ for what is read', async () => {
  const headers = { authorization: basic('__cookie__', TOKEN) }
  for (const path of ['/', '/wallet/', '/wallet/my%20own'])
    expect((await ask('POST', path, { body: '{}', headers })).status).toBe(404)
  expect((await ask('POST', '/wallet/%', { body: '{}', headers })).status).toBe(400)
  expect(await ask('GET', '/rest/block/ab.bin?x=1', { headers })).toMatchObject({
    status: 200,
    text: '\u0001\u0002',
    headers: { 'content-type': 'application/octet-stream' },
  })
  expect(node.calls).toEqual(['{}', ': {}', 'my own: {}', 'rest block/ab.bin x=1'])
})

test('/rpc passes the body on, for the wallet without a name, and the answer with its status back', async () => {
  expect(await ask('POST', '/rpc', { body: '{"method":1}' })).toMatchObject({
    status: 404,
    text: '{"answer":1}\n',
  })
  expect(node.calls).toEqual([': {"method":1}'])
})

test('/health is 200 while running and 503 before and after', async () => {
  expect(await ask('GET', '/health')).toMatchObject({
    status: 200,
    text: '{"status":"running","name":"fake"}\n',
  })
  node.status = 'stopping'
  expect((await ask('GET', '/health')).status).toBe(503)
})

test('/metrics is plain text for Prometheus', async () => {
  const answer = await ask('GET', '/metrics')
  expect([answer.text, answer.headers['content-type']]).toEqual(['up 1\n', 'text/plain; version=0.0.4'])
})

test('/links gives the table and replaces it whole', async () => {
  const table: LinkTable = {
    default: { ...PERFECT_LINK, blocked: true },
    peers: { '127.0.0.1:1': PERFECT_LINK },
  }
  expect((await ask('PUT', '/links', { body: JSON.stringify(table) })).status).toBe(204)
  expect(JSON.parse((await ask('GET', '/links')).text)).toEqual(table)
  const bad = await ask('PUT', '/links', { body: '{"default":{}}' })
  expect(bad).toMatchObject({ status: 400 })
  expect(bad.text).toContain('default.latencyMs must be a number')
  expect((await ask('PUT', '/links', { body: '{' })).status).toBe(400)
  expect(node.links).toEqual(table)
})

test('/stop answers 202, then stops', async () => {
  expect((await ask('POST', '/stop')).status).toBe(202)
  expect(node.calls).toEqual(['stop asked over HTTP'])
})

test('a bug is answered with 500 and reported', async () => {
  expect((await ask('POST', '/rpc', { body: 'bug' })).status).toBe(500)
  expect(bugs).toHaveLength(1)
})

describe('/events', () => {
  async function open(query = ''): Promise<{ response: IncomingMessage; lines: string[] }> {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      httpRequest(`${url}/events${query}`, { agent: false, headers: { authorization: `Bearer ${TOKEN}` } })
        .on('response', resolve)
        .on('error', reject)
        .end()
    })
    const lines: string[] = []
    let rest = ''
    response
      .on('error', () => {})
      .on('data', (chunk: Buffer) => {
        const parts = (rest + chunk).split('\n')
        rest = parts.pop() ?? ''
        lines.push(...parts)
      })
    return { response, lines }
  }

  test('names the boot at once, then streams, also what comes later', async () => {
    const { response, lines } = await open()
    expect(response.headers['netsplit-boot']).toBe(node.events.boot)
    expect(response.headers['content-type']).toBe('application/x-ndjson')
    node.events.emit({ type: 'first' })
    await until('the event', () => lines.length === 1)
    expect(JSON.parse(lines[0] ?? '')).toEqual({ seq: 1, timeMs: 0, type: 'first' })
    response.destroy()
    await until('the reader to be gone', () => node.events.readers === 0)
  })

  test('resumed after every break, loses nothing and doubles nothing', async () => {
    let last = 0
    for (let round = 1; round <= 5; round++) {
      const { response, lines } = await open(`?after=${last}&boot=${node.events.boot}`)
      for (let i = 0; i < 10; i++) node.events.emit({ type: `round-${round}` })
      await until('the newest event', () => lines.length >= round * 10 - last)
      for (const line of lines) expect(JSON.parse(line).seq).toBe(++last)
      // Broken off in mid-stream: what is emitted meanwhile comes with the next.
      response.destroy()
    }
    expect(last).toBe(50)
  })

  test('counts as someone asking for as long as it is open', async () => {
    const { response } = await open()
    server.takeAsked()
    expect(server.takeAsked()).toBe(true)
    response.destroy()
    await until('nobody to ask', () => !server.takeAsked())
  })

  test('with a position that is no number is refused', async () => {
    expect((await ask('GET', '/events?after=-1')).status).toBe(400)
    expect((await ask('GET', '/events?after=x')).status).toBe(400)
  })

  test('ends when the node closes, after all it had', async () => {
    const { response, lines } = await open()
    let ended = false
    response.on('end', () => {
      ended = true
    })
    node.events.emit({ type: 'last' })
    node.events.close()
    await until('the end', () => ended)
    expect(lines).toHaveLength(1)
  })
})

test('garbage instead of HTTP is answered with 400 and a closed connection', async () => {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  let text = ''
  let closed = false
  socket.on('data', chunk => {
    text += chunk
  })
  socket.on('close', () => {
    closed = true
  })
  socket.write('\0\x01garbage\r\n\r\n')
  await until('the close', () => closed)
  expect(text).toContain('400 Bad Request')
})

test('a client that leaves in the middle of its body is nobody’s bug', async () => {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.on('error', () => {})
  socket.write(
    `POST /rpc HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Length: 100\r\n\r\n{`,
  )
  server.takeAsked()
  await until('the request to arrive', () => server.takeAsked())
  socket.resetAndDestroy()
  expect((await ask('GET', '/health')).status).toBe(200)
  expect([node.calls, bugs]).toEqual([[], []])
})

test('closing does not wait for idle or endless connections', async () => {
  const idle = connect(Number(new URL(url).port), '127.0.0.1')
  idle.on('error', () => {})
  await new Promise(resolve => idle.once('connect', resolve))
  await server.close()
  idle.destroy()
})

test('what is done to the machine and its links on purpose is checked and passed on', async () => {
  const orders = [
    ['PUT', '/machine', { clockSkewMs: -5000, diskFull: true }],
    ['POST', '/reset', { peers: ['127.0.0.1:1'] }],
    ['POST', '/pad', { peer: '127.0.0.1:1', frames: 2, bytes: 10 }],
  ] as const
  for (const [method, path, body] of orders)
    expect((await ask(method, path, { body: JSON.stringify(body) })).status).toBe(204)
  expect(node.calls).toEqual([
    'machine {"clockSkewMs":-5000,"diskFull":true}',
    'reset 127.0.0.1:1',
    'pad {"peer":"127.0.0.1:1","frames":2,"bytes":10}',
  ])
  expect(JSON.parse((await ask('GET', '/machine')).text)).toMatchObject({ clockSkewMs: 5, timeMs: 1 })
  const { tookMs } = JSON.parse((await ask('POST', '/burn', { body: '{"cpuMs":5}' })).text)
  expect(tookMs).toBeGreaterThan(0)
  for (const [path, body] of [
    ['/machine', '{"clockSkewMs":1e12,"diskFull":false}'],
    ['/reset', '{"peers":["nobody"]}'],
    ['/pad', '{"peer":"127.0.0.1:1","frames":1e9,"bytes":1}'],
    ['/burn', '{"cpuMs":1e9}'],
  ] as const)
    expect((await ask(path === '/machine' ? 'PUT' : 'POST', path, { body })).status).toBe(400)
})
