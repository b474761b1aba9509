// The gateway before nodes that are plain HTTP servers here: who may ask whom, and that nothing of what passes is kept, lost or
// held up.

import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, request } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import type { GatewayTable } from '../../orchestrator/gateway/api.ts'
import { Gateway } from '../../orchestrator/gateway/gateway.ts'
import { HttpClient, linesOf } from '../../orchestrator/machine/http.ts'
import { NodeClient } from '../../orchestrator/network/node-client.ts'
import { GatewayClient, isGateway } from '../../orchestrator/runtime/docker/gateway-client.ts'
import { gatewayId, metricsToken, nodeToken } from '../../orchestrator/runtime/docker/tokens.ts'
import { until, untilStill } from '../support/until.ts'

const SECRET = 'the controller'
const MB = 1 << 20

const portOf = (server: { address(): unknown }) => (server.address() as AddressInfo).port

/** A node that answers so. */
async function node(listener: RequestListener): Promise<number> {
  const server = createServer(listener)
  server.listen({ host: '127.0.0.1', port: 0 })
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return portOf(server)
}

/** Says what it was asked. */
const echo: RequestListener = async (asked, response) => {
  const parts: Buffer[] = []
  for await (const part of asked) parts.push(part as Buffer)
  const { method, url, headers } = asked
  const { authorization } = headers
  response.end(JSON.stringify({ method, url, authorization, body: Buffer.concat(parts).toString() }))
}

interface Open {
  readonly url: string
  readonly controller: HttpClient
  readonly client: GatewayClient
}

async function gateway(ports: Readonly<Record<string, number>>): Promise<Open> {
  const tokens = { token: SECRET, metricsToken: metricsToken(SECRET), id: gatewayId(SECRET), machine: '' }
  const made = new Gateway({ ...tokens, host: '127.0.0.1', port: 0, heartbeatTimeoutMs: 0 })
  const url = `http://127.0.0.1:${await made.listen()}`
  const controller = new HttpClient(url, SECRET)
  const client = new GatewayClient(url, SECRET)
  onTestFinished(() => {
    controller.close()
    client.close()
    made.close()
  })
  const nodes: GatewayTable = Object.fromEntries(
    Object.entries(ports).map(([name, port]) => [
      name,
      { host: '127.0.0.1', port, token: nodeToken(SECRET, name) },
    ]),
  )
  await client.setNodes(nodes)
  return { url, controller, client }
}

async function ask(url: string, authorization: string, init: RequestInit = {}) {
  const response = await fetch(url, { ...init, headers: { authorization } })
  const text = await response.text()
  return { status: response.status, text, json: () => JSON.parse(text) }
}

const basic = (user: string, password: string) =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`

test('a path names the node, which hears its own token and the rest of the path', async () => {
  const { url } = await gateway({ 'a-1': await node(echo), 'b-1': await node(echo) })
  const a = await ask(`${url}/a-1/events?after=3`, `Bearer ${SECRET}`)
  expect(a.json()).toEqual({
    ...{ method: 'GET', url: '/events?after=3', body: '' },
    authorization: `Bearer ${nodeToken(SECRET, 'a-1')}`,
  })
  const b = await ask(`${url}/b-1/rpc`, `Bearer ${SECRET}`, { method: 'POST', body: '{"x":1}' })
  expect(b.json()).toMatchObject({ method: 'POST', url: '/rpc', body: '{"x":1}' })
  expect(nodeToken(SECRET, 'a-1')).not.toBe(nodeToken(SECRET, 'b-1'))
  expect(await ask(`${url}/c-1/health`, `Bearer ${SECRET}`)).toMatchObject({
    ...{ status: 404, text: '{"error":"no node is named c-1"}\n' },
  })
  expect((await ask(`${url}/constructor/health`, `Bearer ${SECRET}`)).status).toBe(404)
})

test('a program that knows host and port names the node by its user, and its own users by what follows', async () => {
  const { url } = await gateway({ 'a-1': await node(echo), wallet: await node(echo) })
  const own = basic('a-1', nodeToken(SECRET, 'a-1'))
  for (const path of ['/', '/wallet/w?x=1', '/rest/chaininfo.json'])
    expect((await ask(url + path, own)).json()).toMatchObject({
      ...{ url: path, authorization: `Bearer ${nodeToken(SECRET, 'a-1')}` },
    })
  // What users the node has, it knows alone.
  expect((await ask(url, basic('a-1/alice', 'pw:2'))).json()).toMatchObject({
    authorization: basic('alice', 'pw:2'),
  })
  for (const [user, password, why] of [
    ['a-1', nodeToken(SECRET, 'wallet'), 'that is not the password of a-1'],
    ['a-1', SECRET, 'that is not the password of a-1'],
    ['x-1', nodeToken(SECRET, 'x-1'), 'no node is named x-1'],
    ['x-1/alice', 'pw', 'no node is named x-1'],
  ] as const)
    expect(await ask(url, basic(user, password))).toMatchObject({
      ...{ status: 401, text: `${JSON.stringify({ error: why })}\n` },
    })
})

test('nobody else gets in: no token, a node’s token as the bearer, the metrics’ token for other than metrics', async () => {
  const { url } = await gateway({ 'a-1': await node(echo) })
  for (const authorization of ['', 'Bearer ', `Bearer ${nodeToken(SECRET, 'a-1')}`, 'Basic !!', 'Basic'])
    for (const path of ['/a-1/health', '/-/nodes', '/-/asks', '/', '/a-1/metrics'])
      expect((await ask(url + path, authorization)).status).toBe(401)
  const reader = `Bearer ${metricsToken(SECRET)}`
  expect((await ask(`${url}/a-1/metrics`, reader)).json()).toMatchObject({ url: '/metrics' })
  for (const path of ['/a-1/health', '/a-1/metrics?x', '/-/nodes', '/-/asks', '/a-1/', '/'])
    expect((await ask(url + path, reader)).status).toBe(403)
  expect((await ask(`${url}/a-1/metrics`, reader, { method: 'POST', body: 'x' })).status).toBe(403)
})

test('a node that is not there is said not to answer, in words that reach who asked', async () => {
  const gone = createTcpServer().listen({ host: '127.0.0.1', port: 0 })
  await once(gone, 'listening')
  const port = portOf(gone)
  gone.close()
  await once(gone, 'close')
  const { url } = await gateway({ 'a-1': port })
  expect(await ask(`${url}/a-1/health`, `Bearer ${SECRET}`)).toMatchObject({
    ...{ status: 502, text: '{"error":"a-1 does not answer (ECONNREFUSED)"}\n' },
  })
  const client = new NodeClient(`${url}/a-1`, SECRET)
  onTestFinished(() => client.close())
  await expect(client.rpc('getblockcount', [])).rejects.toThrow('a-1 does not answer (ECONNREFUSED)')
  await expect(client.health()).rejects.toThrow('a-1 does not answer (ECONNREFUSED)')
  await expect(client.setLinks({ default: {}, peers: {} } as never)).rejects.toThrow('a-1 does not answer')
  // What has a body that nobody takes is answered as well.
  const body = 'x'.repeat(4 * MB)
  expect((await ask(`${url}/a-1/rpc`, `Bearer ${SECRET}`, { method: 'POST', body })).status).toBe(502)
})

test('a reader that stops, stops the node’s writing; and gets every byte when it goes on', async () => {
  const TOTAL = 64
  let written = 0
  const writer: RequestListener = async (_, response) => {
    for (let i = 0; i < TOTAL && !response.destroyed; i++) {
      written++
      if (!response.write(Buffer.alloc(MB, i))) await once(response, 'drain')
    }
    response.end()
  }
  const { url } = await gateway({ 'a-1': await node(writer) })
  const asking = request(`${url}/a-1/events`, { headers: { authorization: `Bearer ${SECRET}` } }).end()
  const [answer] = (await once(asking, 'response')) as [IncomingMessage]
  // Nobody reads: what is written is what the system holds on the way, and that has an end.
  await untilStill('it stands', () => written)
  expect(written).toBeLessThan(TOTAL / 2)
  let [bytes, wrong] = [0, 0]
  for await (const part of answer as AsyncIterable<Buffer>)
    for (const byte of part) if (byte !== Math.floor(bytes++ / MB)) wrong++
  expect({ bytes, wrong, written }).toEqual({ bytes: TOTAL * MB, wrong: 0, written: TOTAL })
})

test('a node that does not read what it is sent stops whoever sends it', async () => {
  const resume: (() => void)[] = []
  let got = 0
  const slow: RequestListener = (asked, response) => {
    resume.push(() => asked.on('data', (part: Buffer) => (got += part.length)))
    asked.on('end', () => response.end())
  }
  const { url } = await gateway({ 'a-1': await node(slow) })
  const asking = request(`${url}/a-1/rpc`, {
    ...{ method: 'POST', headers: { authorization: `Bearer ${SECRET}` } },
  })
  const TOTAL = 64
  let sent = 0
  const sending = (async () => {
    for (; sent < TOTAL; sent++) if (!asking.write(Buffer.alloc(MB))) await once(asking, 'drain')
    asking.end()
  })()
  await until('it has come', () => resume.length === 1)
  await untilStill('it stands', () => sent)
  expect(sent).toBeLessThan(TOTAL / 2)
  resume[0]?.()
  await sending
  await once(asking, 'response')
  expect(got).toBe(TOTAL * MB)
})

test('what is broken off on one side is on the other, both ways', async () => {
  const open = new Set<Socket>()
  let ended = 0
  const endless: RequestListener = (asked, response) => {
    open.add(asked.socket)
    response.on('close', () => ended++)
    response.write('a line\n')
  }
  const { url, controller } = await gateway({ 'a-1': await node(endless) })
  const stream = () => controller.open({ method: 'GET', path: '/a-1/events', timeoutMs: 10_000 })
  const first = await stream()
  await until('it is carried', async () => (await health(url)).open === 1)
  first.destroy()
  await until('the node sees it end', () => ended === 1)
  await until('nothing is carried', async () => (await health(url)).open === 0)

  const second = await stream()
  const read = (async () => {
    for await (const _ of linesOf(second));
  })()
  for (const socket of open) socket.destroy()
  await expect(read).rejects.toThrow()
})

async function health(url: string): Promise<{ nodes: number; open: number }> {
  return (await ask(`${url}/-/health`, `Bearer ${SECRET}`)).json()
}

test('a stream’s head does not wait for its first word', async () => {
  const silent: RequestListener = (_, response) =>
    response.writeHead(200, { 'netsplit-boot': 'b' }).flushHeaders()
  const { controller } = await gateway({ 'a-1': await node(silent) })
  const stream = await controller.open({ method: 'GET', path: '/a-1/events', timeoutMs: 10_000 })
  expect(stream).toMatchObject({ statusCode: 200, headers: { 'netsplit-boot': 'b' } })
  stream.destroy()
})

test('a node that closes idle connections at the wrong moment is asked anew', async () => {
  let connections = 0
  const server = createServer(echo)
  server.on('connection', (socket: Socket) => {
    // The first serves once, and is gone when it is asked for more.
    if (++connections === 1) {
      let requests = 0
      socket.on('data', () => {
        if (++requests === 2) socket.destroy()
      })
    }
  })
  server.listen({ host: '127.0.0.1', port: 0 })
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const { url } = await gateway({ 'a-1': portOf(server) })
  for (let i = 0; i < 2; i++)
    expect(await ask(`${url}/a-1/health`, `Bearer ${SECRET}`)).toMatchObject({ status: 200 })
  expect(connections).toBe(2)
})

test('what it does not have it asks the controller, and nobody where there is none', async () => {
  const { url, client } = await gateway({ 'a-1': await node(echo) })
  const reader = `Bearer ${metricsToken(SECRET)}`
  expect(await ask(`${url}/-/metrics`, reader)).toMatchObject({
    ...{ status: 503, text: '{"error":"the controller of this network is not there"}\n' },
  })
  const over = new AbortController()
  onTestFinished(() => over.abort())
  const served = client.serve(async path => {
    if (path === '/x-1/metrics') throw new Error('no node is named x-1')
    return { status: 200, type: 'text/plain', body: `of ${path}` }
  }, over.signal)
  await until('it is held', async () => (await ask(`${url}/-/metrics`, reader)).status === 200)
  expect(await ask(`${url}/-/metrics`, reader)).toMatchObject({ text: 'of /-/metrics' })
  const many = Array.from({ length: 20 }, (_, i) => ask(`${url}/far-${i}/metrics`, reader))
  expect((await Promise.all(many)).map(({ text }) => text)).toEqual(
    many.map((_, i) => `of /far-${i}/metrics`),
  )
  expect(await ask(`${url}/x-1/metrics`, reader)).toMatchObject({
    ...{ status: 500, text: '{"error":"no node is named x-1"}\n' },
  })
  // Only metrics: other things of nodes that are not here it does not know.
  expect((await ask(`${url}/far-1/health`, `Bearer ${SECRET}`)).status).toBe(404)
  over.abort()
  await served
  await until('it is gone', async () => (await ask(`${url}/-/metrics`, reader)).status === 503)
})

test('what is too much is refused, and leaves the others alone', async () => {
  const { url } = await gateway({ 'a-1': await node(echo) })
  const headers = { authorization: `Bearer ${SECRET}`, 'x-long': 'x'.repeat(20_000) }
  const [answer] = await once(request(`${url}/a-1/health`, { headers }).end(), 'response')
  expect(answer.statusCode).toBe(400)
  const body = `{"a":"${'x'.repeat(9 * MB)}"}`
  const large = request(`${url}/-/nodes`, {
    method: 'PUT',
    headers: { authorization: headers.authorization },
  })
  large.on('error', () => {}) // what was still to come has nobody who takes it
  large.end(body)
  const [refused] = await once(large, 'response')
  expect(refused.statusCode).toBe(413)
  expect((await ask(`${url}/-/nodes`, `Bearer ${SECRET}`, { method: 'PUT', body: '{' })).status).toBe(400)
  expect(await health(url)).toEqual({ nodes: 1, open: 0 })
  expect((await ask(`${url}/a-1/health`, `Bearer ${SECRET}`)).status).toBe(200)
})

test('it is known by what it tells everybody, and nothing else is taken for it', async () => {
  const { url } = await gateway({})
  expect(await isGateway(url, gatewayId(SECRET))).toBe(true)
  expect(await isGateway(url, gatewayId('of another network'))).toBe(false)
  expect(await isGateway(`http://127.0.0.1:${await node(echo)}`, gatewayId(SECRET))).toBe(false)
})
