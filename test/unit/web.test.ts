// The page's server part over real HTTP: who may look, what is sent, and that changes add up to the state.

import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { pageAddress } from '../../orchestrator/web/keys.ts'
import { apply, difference, type Page, pageOf } from '../../orchestrator/web/page.ts'
import { createWebHandler, type WebHandler } from '../../orchestrator/web/server.ts'
import { PaperNetwork } from '../support/network-double.ts'
import { eventually } from '../support/until.ts'

const ASSETS = { page: '<!doctype html>', script: 'void 0', style: 'a{}' }
const open: { server: Server; web: WebHandler }[] = []
afterEach(async () => {
  for (const { server, web } of open.splice(0)) {
    web.close()
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
})

async function serve() {
  const paper = new PaperNetwork()
  paper.launch()
  const web = createWebHandler(paper.watched, 'secret token', { assets: ASSETS })
  const server = createServer((request, response) => {
    if (!web.handle(request, response)) response.writeHead(404).end('not the page')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  open.push({ server, web })
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`
  const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    new Promise<{ status: number; headers: IncomingMessage['headers']; body: string }>((resolve, reject) => {
      const asked = request(url + path, { headers, method }, async response => {
        let body = ''
        for await (const part of response) body += part
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body })
      })
      asked.on('error', reject).end()
    })
  const { pathname, search } = new URL(pageAddress(url, 'secret token'))
  const cookie = async () => String((await get(pathname + search)).headers['set-cookie']).split(';')[0] ?? ''
  return { paper, web, url, port, get, cookie, keyed: pathname + search }
}

describe('the page', () => {
  it('trades its key for a cookie and takes it out of the address', async () => {
    const { get, keyed, port } = await serve()
    const first = await get(keyed)
    expect(first).toMatchObject({ status: 303, headers: { location: '/' } })
    const [cookie] = first.headers['set-cookie'] ?? []
    expect(cookie).toMatch(new RegExp(`^netsplit-${port}=[0-9a-f]{32}; Path=/; HttpOnly; SameSite=Strict$`))
    expect(cookie).not.toContain('secret token')
    const page = await get('/', { cookie: cookie?.split(';')[0] ?? '' })
    expect(page).toMatchObject({ status: 200, body: ASSETS.page })
  })

  it('is shown to nobody else', async () => {
    const { get, port } = await serve()
    for (const path of ['/', '/web/app.js', '/web/stream', '/?key=wrong'])
      expect((await get(path)).status, path).toBe(401)
    expect((await get('/', { cookie: `netsplit-${port}=${'0'.repeat(32)}` })).status).toBe(401)
  })

  it('does not answer to foreign names and origins', async () => {
    const { get, cookie } = await serve()
    const mine = { cookie: await cookie() }
    expect((await get('/', { ...mine, host: 'evil.example' })).status).toBe(403)
    expect((await get('/web/stream', { ...mine, origin: 'http://evil.example' })).status).toBe(403)
    expect((await get('/', mine, 'POST')).status).toBe(405)
  })

  it('allows nothing from elsewhere', async () => {
    const { get, cookie } = await serve()
    const { headers } = await get('/web/app.js', { cookie: await cookie() })
    expect(headers['content-security-policy']).toContain("default-src 'none'")
    expect(headers['content-security-policy']).not.toContain('unsafe')
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' })
  })

  it('leaves other paths to others', async () => {
    const { get } = await serve()
    for (const path of ['/state', '/nodes/miners-1/rpc', '//', '/web/../state'])
      expect((await get(path)).body).toBe('not the page')
  })
})

describe('the stream', () => {
  interface Message {
    readonly id: string
    readonly event: string
    readonly data: unknown
  }

  /** Reads messages until closed. */
  function listen(url: string, headers: Record<string, string>) {
    const messages: Message[] = []
    let rest = ''
    const asked = request(`${url}/web/stream`, { headers }, response => {
      response.setEncoding('utf8').on('data', (part: string) => {
        const texts = (rest + part).split('\n\n')
        rest = texts.pop() ?? ''
        for (const text of texts) {
          const fields = Object.fromEntries(text.split('\n').map(line => line.split(/: (.*)/s).slice(0, 2)))
          if (fields.event) messages.push({ ...fields, data: JSON.parse(fields.data) } as Message)
        }
      })
    })
    asked.on('error', () => {}).end()
    return { messages, close: () => asked.destroy() }
  }

  /** What a browser makes of the messages. */
  const assembled = (messages: readonly Message[]) =>
    messages.reduce<Page | undefined>(
      (page, { event, data }) =>
        event === 'page' ? (data as Page) : page && apply(page, data as Parameters<typeof apply>[1]),
      undefined,
    )

  it('sends the page, then changes that add up to the state', async () => {
    const { paper, url, cookie } = await serve()
    const { messages, close } = listen(url, { cookie: await cookie() })
    await eventually(() => expect(messages).toHaveLength(1))
    paper.block({ miner: 'miners-2' })
    paper.pass(200)
    await eventually(() => expect(assembled(messages)?.systems.ledger.height).toBe(1))
    const wanted = JSON.parse(JSON.stringify(pageOf(paper.observer.state())))
    expect({ ...assembled(messages), facts: 0 }).toEqual({ ...wanted, facts: 0 })
    expect(JSON.stringify(messages.at(-1)?.data).length).toBeLessThan(JSON.stringify(wanted).length)
    close()
  })

  it('goes on where a reader left off', async () => {
    const { paper, url, cookie } = await serve()
    const headers = { cookie: await cookie() }
    const first = listen(url, headers)
    const other = listen(url, headers)
    await eventually(() => expect(first.messages.length).toBeGreaterThan(0))
    await eventually(() => expect(other.messages.length).toBeGreaterThan(0))
    first.close()
    paper.block({ miner: 'miners-1' })
    paper.pass(200)
    await eventually(() => expect(assembled(other.messages)?.systems.ledger.height).toBe(1))
    const last = first.messages.at(-1)?.id ?? ''
    const again = listen(url, { ...headers, 'last-event-id': last })
    await eventually(() =>
      expect(assembled([...first.messages, ...again.messages])?.systems.ledger.height).toBe(1),
    )
    expect(again.messages.every(({ event }) => event === 'change')).toBe(true)

    const stranger = listen(url, { ...headers, 'last-event-id': 'abcdef-3' })
    await eventually(() => expect(stranger.messages[0]?.event).toBe('page'))
    for (const reader of [other, again, stranger]) reader.close()
  })

  it('ends a reader when the network ends', async () => {
    const { web, url, cookie } = await serve()
    const asked = request(`${url}/web/stream`, { headers: { cookie: await cookie() } })
    asked.end()
    const [response] = (await once(asked, 'response')) as [IncomingMessage]
    response.resume()
    web.close()
    await once(response, 'end')
  })
})

describe('changes', () => {
  it('applied one after another give the page, whatever happens', () => {
    const happening = fc.constantFrom('block', 'split', 'sample', 'exit', 'fault')
    fc.assert(
      fc.property(fc.array(fc.array(happening, { maxLength: 4 }), { maxLength: 12 }), batches => {
        const paper = new PaperNetwork()
        paper.launch()
        let before = pageOf(paper.observer.state())
        let copy: Page = JSON.parse(JSON.stringify(before))
        for (const batch of batches) {
          for (const what of batch) happen(paper, what)
          const after = pageOf(paper.observer.state())
          copy = apply(copy, JSON.parse(JSON.stringify(difference(before, after))))
          before = after
        }
        expect(JSON.parse(JSON.stringify(copy))).toEqual(JSON.parse(JSON.stringify(before)))
      }),
      { numRuns: 50 },
    )
  })
})

function happen(paper: PaperNetwork, what: string): void {
  paper.pass(100)
  const exit = { node: 'miners-5', code: 1, signal: null, expected: false, lastLines: [] }
  if (what === 'block') paper.block({ miner: 'miners-1' })
  if (what === 'split') paper.block({ miner: 'miners-3', reach: ['miners-4'] })
  if (what === 'sample') paper.sample()
  if (what === 'exit') paper.testnet({ type: 'node-exited', ...exit })
  if (what === 'fault')
    paper.testnet({ type: 'fault-started', id: 'f', kind: 'cut', target: 't', detail: '' })
}
