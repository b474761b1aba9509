// A stand-in for dist/node.js that knows no chain: it speaks the same configuration, ready line, HTTP and dials, and can be
// told by its name to misbehave. For tests of what the orchestrator does with nodes that are not well.
//
//   dies-…     ends with exit code 3 before it is ready, after saying why on stderr
//   mute-…     never says that it is ready
//   gorges-…   runs out of V8's heap before it is ready
//   babbles-…  says something else first, and some more afterwards
//   deaf-…     ignores SIGTERM
//   breaks-…   cuts every stream of events in its fourth line, so that readers must resume

import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { connect, createServer } from 'node:net'
import { setFlagsFromString } from 'node:v8'

const config = JSON.parse(readFileSync(process.argv[3], 'utf8'))
const token = readFileSync(config.tokenFile, 'utf8').trim()
const kind = config.name.split('-')[0]
const boot = randomUUID()
const tip = '00'.repeat(32)
const lines = []
const readers = new Set()
let peers = 0
let links = config.links

function emit(event) {
  const line = `${JSON.stringify({ seq: lines.length + 1, timeMs: Date.now(), ...event })}\n`
  lines.push(line)
  for (const write of readers) write(line)
}

function adopt(socket, address, inbound) {
  const peer = ++peers
  socket.on('error', () => {})
  socket.on('close', () => emit({ type: 'peer-down', peer, address, inbound, why: 'closed by peer' }))
  socket.resume()
  emit({ type: 'peer-up', peer, address, inbound, userAgent: '/fake/' })
}

function follow(response, after) {
  let written = 0
  const write = line => {
    if (response.destroyed || (kind === 'breaks' && written === 3)) return
    response.write(line)
    written++
    if (kind === 'breaks' && written === 3) response.write('{"seq":', () => response.destroy())
  }
  for (const line of lines.slice(after)) write(line)
  readers.add(write)
  response.on('close', () => readers.delete(write))
}

const health = () => ({
  status: 'running',
  name: config.name,
  version: 'fake',
  boot,
  p2p: `${config.services.bitcoin.listen.host}:${config.services.bitcoin.listen.port}`,
  rssBytes: process.memoryUsage.rss(),
  services: {
    bitcoin: {
      peers: { inbound: 0, outbound: peers },
      ledger: {
        height: 0,
        tip,
        headers: 0,
        mempool: 0,
        mining: { mode: 'off', askedHps: 0, measuredHps: 0, hashes: 0 },
      },
    },
  },
})

async function rpc(request) {
  let text = ''
  for await (const part of request) text += part
  const { id, method, params } = JSON.parse(text)
  if (method === 'echo') return { jsonrpc: '2.0', id, result: params }
  if (method === 'emit') {
    for (let i = 0; i < params[0]; i++) emit({ type: 'log', level: 'info', message: `number ${i}` })
    return { jsonrpc: '2.0', id, result: null }
  }
  return { jsonrpc: '2.0', id, error: { code: -32601, message: 'Method not found' } }
}

const http = createHttpServer(async (request, response) => {
  const url = new URL(request.url, 'http://localhost')
  if (request.headers.authorization !== `Bearer ${token}`) return response.writeHead(401).end()
  if (url.pathname === '/health') return response.end(JSON.stringify(health()))
  if (url.pathname === '/events') return follow(response, Number(url.searchParams.get('after') ?? 0))
  if (url.pathname === '/rpc') return response.end(JSON.stringify(await rpc(request)))
  if (url.pathname === '/links' && request.method === 'GET') return response.end(JSON.stringify(links))
  let text = ''
  for await (const part of request) text += part
  links = JSON.parse(text)
  response.writeHead(204).end()
})

process.on('SIGTERM', () => {
  if (kind === 'deaf') return console.error('I do not hear')
  emit({ type: 'node-stopping', why: 'SIGTERM' })
  setTimeout(() => process.exit(0), 20)
})

if (kind === 'dies') {
  for (let i = 1; i <= 60; i++) console.error(`line ${i}`)
  console.error('fatal: the dog ate my blocks')
  process.exit(3)
}
if (kind === 'gorges') {
  setFlagsFromString('--max-old-space-size=24')
  const held = []
  for (;;) held.push(new Array(1e5).fill(held.length))
}
emit({ type: 'node-started', version: 'fake', resumedHeight: 0, kernel: 'none' })
const p2p = createServer(socket => adopt(socket, 'unknown', true))
p2p.listen({ fd: config.services.bitcoin.listen.fd }, () =>
  http.listen({ host: '127.0.0.1', port: 0 }, () => {
    for (const address of config.services.bitcoin.peers.connect) {
      const [host, port] = address.split(':')
      const socket = connect({ host, port: Number(port) }, () => adopt(socket, address, false))
      socket.on('error', () => {})
    }
    if (kind === 'mute') return
    const control = `http://127.0.0.1:${http.address().port}`
    const ready = { ready: true, name: config.name, pid: process.pid, p2p: health().p2p, control }
    console.error('started')
    const line = `${JSON.stringify(ready)}\n`
    process.stdout.write(kind === 'babbles' ? `hello\n{"ready":\nI say: ${line}bye\n` : line)
  }),
)
