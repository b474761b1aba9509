// Who may give orders from the page: over real HTTP, with the controller's own routes behind it.

import { request } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import { Controller } from '../../orchestrator/control/controller.ts'
import type { TestnetHandle } from '../../orchestrator/network/handle.ts'
import { commandAddress, pageAddress } from '../../orchestrator/web/keys.ts'
import { createWebHandler } from '../../orchestrator/web/server.ts'
import { PaperNetwork } from '../support/network-double.ts'

const TOKEN = 'the-token-of-this-controller'

/** A controller whose network notes what it is told. */
async function serve() {
  const told: string[] = []
  const paper = new PaperNetwork()
  paper.launch()
  const note =
    (verb: string) =>
    async (...args: unknown[]) => {
      told.push([verb, ...args.map(arg => (typeof arg === 'object' ? JSON.stringify(arg) : arg))].join(' '))
      return []
    }
  // What no order of the page may reach is left out, and would crash.
  const testnet = {
    ...paper.watched,
    ...{ kill: note('kill'), pause: note('pause'), inject: note('inject'), heal: note('heal') },
    add: async () => 'full-1',
  } as unknown as TestnetHandle
  const controller = new Controller(TOKEN)
  const url = await controller.listen()
  const down = () => void told.push('down')
  const web = createWebHandler(testnet, TOKEN)
  controller.serve({ testnet, web, metrics: async () => '', onDown: down, onStop: down })
  onTestFinished(() => controller.close())
  const [, key = ''] = /#command=([0-9a-f]{32})$/.exec(commandAddress(url, TOKEN)) ?? []
  const looking = new URL(pageAddress(url, TOKEN)).searchParams.get('key') ?? ''
  const send = (method: string, path: string, headers: Record<string, string>, body = '') =>
    new Promise<number>((resolve, reject) => {
      const sent = request(url + path, { method, headers }, answer => {
        answer.resume().on('end', () => resolve(answer.statusCode ?? 0))
      })
      sent.on('error', reject).end(body)
    })
  return { url, told, send, key, looking }
}

const FAULT = '{"fault":{"kind":"partition","cut":"miners-1 | rest"}}'

test('the key in the fragment gives orders, from the page itself', async () => {
  const { url, told, send, key } = await serve()
  const mine = { authorization: `Bearer ${key}`, origin: url }
  expect(await send('POST', '/faults', mine, FAULT)).toBe(201)
  expect(await send('DELETE', '/faults', mine)).toBe(200)
  expect(await send('POST', '/nodes/miners-1/kill', mine)).toBe(204)
  expect(await send('POST', '/nodes', mine, '{}')).toBe(201)
  expect(told).toEqual(['inject {"kind":"partition","cut":"miners-1 | rest"} {}', 'heal', 'kill miners-1'])
})

test('without it, with the key that only looks, or from elsewhere nothing is obeyed', async () => {
  const { url, told, send, key, looking } = await serve()
  const bearer = (given: string) => ({ authorization: `Bearer ${given}` })
  const attempts: Record<string, string>[] = [
    { origin: url },
    { ...bearer(looking), origin: url },
    { ...bearer(looking), origin: url, cookie: `netsplit-${new URL(url).port}=${looking}` },
    { cookie: `netsplit-${new URL(url).port}=${key}`, origin: url },
    // An order that does not say where it comes from, or comes from another site.
    bearer(key),
    { ...bearer(key), origin: 'http://evil.example' },
    { ...bearer(key), origin: 'null' },
    { ...bearer(key), origin: `http://localhost:${new URL(url).port}` },
  ]
  for (const headers of attempts) {
    expect(await send('POST', '/faults', headers, FAULT), JSON.stringify(headers)).toBe(401)
    expect(await send('POST', '/nodes/miners-1/kill', headers)).toBe(401)
  }
  expect(await send('POST', '/faults', { ...bearer(key), origin: url, host: 'evil.example' }, FAULT)).toBe(
    403,
  )
  expect(told).toEqual([])
})

test('the page may break and mend, not end the network, read its plan or spend', async () => {
  const { url, told, send, key } = await serve()
  const mine = { authorization: `Bearer ${key}`, origin: url }
  for (const [method, path] of [
    ['POST', '/down'],
    ['POST', '/nodes/miners-1/rpc'],
    ['GET', '/plan'],
    ['GET', '/state'],
    ['GET', '/events'],
    ['GET', '/metrics'],
  ] as const)
    expect(await send(method, path, mine, method === 'POST' ? '{}' : ''), path).toBe(403)
  expect(told).toEqual([])
})
