// The control address as Core's own server: other credentials, an open REST interface, a limit of calls, what is too long.

import { expect, onTestFinished, test } from 'vitest'
import { type ControlOptions, ControlServer } from '../../node/host/http.ts'
import { type Ask, askControl, basic, FakeNode } from '../support/fake-controlled-node.ts'
import { TOKEN } from '../support/node-config.ts'
import { until } from '../support/until.ts'

async function serve(options: Partial<ControlOptions> = {}) {
  const node = new FakeNode()
  const server = new ControlServer(node, { token: TOKEN, onBug() {}, ...options })
  const url = await server.listen({ host: '127.0.0.1', port: 0 })
  onTestFinished(async () => {
    node.events.close()
    await server.close()
  })
  return { node, ask: (method: string, path: string, how?: Ask) => askControl(url, method, path, how) }
}

test('further credentials are taken, and may call only what they may', async () => {
  const known = basic('someone', 'word')
  const { node, ask } = await serve({
    admits: authorization => authorization === known,
    mayCall: (authorization, body) => authorization !== known || body === 'allowed',
  })
  const headers = { authorization: known }
  expect((await ask('POST', '/', { headers, body: 'allowed' })).status).toBe(404)
  expect((await ask('POST', '/', { headers, body: 'other' })).status).toBe(403)
  expect((await ask('POST', '/', { body: 'other' })).status).toBe(404)
  expect((await ask('GET', '/health', { headers: { authorization: basic('someone', 'w') } })).status).toBe(
    401,
  )
  expect(node.calls).toEqual(['allowed', 'other'])
})

test('REST is open where that is said, and nothing else is', async () => {
  const { ask } = await serve({ openRest: true })
  const headers = { authorization: '' }
  expect((await ask('GET', '/rest/chaininfo.json', { headers })).status).toBe(200)
  expect((await ask('GET', '/health', { headers })).status).toBe(401)
  expect((await ask('POST', '/rest/getutxos.bin', { headers, body: 'ab' })).status).toBe(200)
  expect((await ask('POST', '/rest/chaininfo.json', { headers })).status).toBe(405)
  const broken = await ask('GET', '/rest/chaininfo.json?%', { headers })
  expect([broken.status, broken.text]).toEqual([
    400,
    'URI parsing failed, it likely contained RFC 3986 invalid characters\r\n',
  ])
})

test('more calls than there is room for are turned away', async () => {
  let finish = () => {}
  const waiting = new Promise<void>(resolve => {
    finish = resolve
  })
  const { node, ask } = await serve({ maxCalls: 1 })
  node.rpc = async body => {
    node.calls.push(body)
    await waiting
    return { status: 200, body: '{}' } as never
  }
  const first = ask('POST', '/', { body: 'one' })
  await until('the first call', async () => node.calls.length === 1 || undefined)
  const second = await ask('POST', '/', { body: 'two' })
  expect([second.status, second.text]).toEqual([503, 'Work queue depth exceeded'])
  finish()
  expect((await first).status).toBe(200)
  expect((await ask('POST', '/', { body: 'three' })).status).toBe(200)
})

test('a head that is too long is a bad request; lengths are told', async () => {
  const { ask } = await serve()
  expect((await ask('GET', `/${'x'.repeat(10_000)}`)).status).toBe(400)
  expect((await ask('POST', '/', { body: 'x' })).headers['content-length']).toBe('13')
})

test('a connection is kept for as long as it is said, or a minute', async () => {
  const kept = async (options: Partial<ControlOptions>) => {
    const { ask } = await serve(options)
    return (await ask('GET', '/health', { headers: { connection: 'keep-alive' } })).headers['keep-alive']
  }
  expect(await kept({})).toBe('timeout=60')
  expect(await kept({ idleMs: 5_000 })).toBe('timeout=5')
})
