// Places at the page's stream: bounded in number and in memory, and never all of them somebody else's.

import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PassThrough } from 'node:stream'
import { expect, onTestFinished, test } from 'vitest'
import { commandAddress } from '../../orchestrator/web/keys.ts'
import { isPrivate, pageWords } from '../../orchestrator/web/printed.ts'
import { Readers, type Sink } from '../../orchestrator/web/readers.ts'
import { createWebHandler } from '../../orchestrator/web/server.ts'
import { PaperNetwork } from '../support/network-double.ts'
import { until } from '../support/until.ts'

/** Takes nothing in. */
function deaf(): PassThrough {
  return new PassThrough({ highWaterMark: 1 })
}

/** Takes everything in at once. */
function keen(): PassThrough & { heard: string } {
  const sink = Object.assign(new PassThrough(), { heard: '' })
  sink.setEncoding('utf8').on('data', text => {
    sink.heard += text
  })
  return sink
}

const sinkOf = (stream: PassThrough) => stream as unknown as Sink

test('guests that never read leave places to the owner, and one another place after a while', () => {
  let nowMs = 0
  const readers = new Readers(() => nowMs)
  const guests: PassThrough[] = []
  for (;;) {
    if (!readers.admits(false)) break
    const guest = deaf()
    guests.push(guest)
    readers.add(sinkOf(guest), false, ['page'])
  }
  expect(guests).toHaveLength(24)
  for (let i = 0; i < 8; i++) {
    expect(readers.admits(true)).toBe(true)
    readers.add(sinkOf(deaf()), true, ['page'])
  }
  // Even then: a guest gives way, and it is the one that was there first.
  expect(readers.admits(true)).toBe(true)
  expect(guests.findIndex(guest => !guest.destroyed)).toBe(1)
  readers.add(sinkOf(deaf()), true, ['page'])
  expect(readers.admits(false)).toBe(false)
  nowMs = 60_000
  expect(readers.admits(false)).toBe(true)
  expect(guests.findIndex(guest => !guest.destroyed)).toBe(2)
})

test('one that takes nothing in is cut off, soon, and before it costs much', async () => {
  let nowMs = 0
  const readers = new Readers(() => nowMs)
  const [stalled, greedy, reader] = [deaf(), deaf(), keen()]
  for (const each of [stalled, greedy, reader]) readers.add(sinkOf(each), true, ['page'])
  readers.tell('x'.repeat(700_000))
  readers.tell('y'.repeat(700_000))
  await until('it is read', () => reader.heard.length === 1_400_004)
  readers.tell('z')
  expect([stalled.destroyed, greedy.destroyed, reader.destroyed]).toEqual([true, true, false])

  const slow = deaf()
  readers.add(sinkOf(slow), true, ['page'])
  for (nowMs = 0; nowMs <= 19_000; nowMs += 1_000) readers.tell('news')
  expect(slow.destroyed).toBe(false)
  nowMs = 21_000
  readers.tell('news')
  expect(slow.destroyed).toBe(true)
  await until('only who reads is left', () => readers.size === 1)
})

test('a large snapshot is no backlog', () => {
  const readers = new Readers(() => 0)
  const guest = deaf()
  readers.add(sinkOf(guest), false, ['p'.repeat(5_000_000)])
  readers.tell('news')
  expect(guest.destroyed).toBe(false)
})

test('over HTTP: every place is taken by readers that never read, and the owner still gets the stream', async () => {
  const paper = new PaperNetwork()
  paper.launch()
  const token = 'secret token'
  const web = createWebHandler(paper.watched, token)
  const server = createServer((request, response) => void web.handle(request, response)).listen(
    0,
    '127.0.0.1',
  )
  onTestFinished(() => {
    web.close()
    server.closeAllConnections()
    server.close()
  })
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const ask = async (path: string, headers: Record<string, string>) => {
    const asked = request(url + path, { headers, agent: false }).end()
    onTestFinished(() => void asked.destroy())
    const [answer] = await once(asked, 'response')
    return {
      status: answer.statusCode as number,
      cookie: String(answer.headers['set-cookie'] ?? '').split(';')[0],
    }
  }
  const address = new URL(commandAddress(url, token))
  const { cookie = '' } = await ask(address.pathname + address.search, {})
  for (let i = 0; i < 24; i++) expect((await ask('/web/stream', { cookie })).status).toBe(200)
  expect((await ask('/web/stream', { cookie })).status).toBe(503)

  const bearer = `Bearer ${address.hash.replace('#command=', '')}`
  expect((await ask('/web/owner', { cookie })).status).toBe(403)
  expect((await ask('/web/owner', { cookie, authorization: 'Bearer nonsense' })).status).toBe(403)
  expect((await ask('/web/owner', { authorization: bearer })).status).toBe(401)
  const owner = await ask('/web/owner', { cookie, authorization: bearer })
  expect(owner.status).toBe(204)
  const both = `${cookie}; ${owner.cookie}`
  for (let i = 0; i < 12; i++) expect((await ask('/web/stream', { cookie: both })).status).toBe(200)
})

test('the key of the page is printed where a person alone reads it', () => {
  expect(isPrivate({ isTTY: true }, {})).toBe(true)
  expect(isPrivate({}, {})).toBe(false)
  expect(isPrivate({ isTTY: true }, { CI: 'true' })).toBe(false)
  expect(pageWords('demo', 'http://127.0.0.1:1/?key=abc', true)).toBe('http://127.0.0.1:1/?key=abc')
  expect(pageWords('demo', 'http://127.0.0.1:1/?key=abc', false)).not.toContain('key=')
})
