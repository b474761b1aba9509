// A program that is started, configured and asked as btcd is, and is our stand-in for Core's behind it: no wallet, blocks by `generate` to
// the address of its configuration, and btcd's words for what it does not have.

import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { standIn } from './core-stand-in/program.ts'
import { temporaryDirectory } from './node-config.ts'

const script = (core: string) => `#!/usr/bin/env node
import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { createServer as createHttp } from 'node:http'
import { createServer } from 'node:net'

const file = process.argv.find(text => text.startsWith('--configfile=')).slice('--configfile='.length)
const lines = readFileSync(file, 'utf8').split('\\n').filter(line => line.includes('='))
const all = name => lines.filter(line => line.startsWith(name + '=')).map(line => line.slice(name.length + 1))
const [one] = [name => all(name)[0]]
for (const name of ['regtest', 'notls', 'nodnsseed']) if (one(name) !== '1') throw new Error('not ' + name)
mkdirSync(one('datadir'), { recursive: true })
const own = await new Promise(resolve => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address()
    server.close(() => resolve(port))
  })
})
const listen = one('listen')
const child = spawn(process.execPath, [${JSON.stringify(core)}, '-regtest', '-datadir=' + one('datadir'), '-bind=' + listen,
  '-port=' + listen.split(':')[1], '-rpcport=' + own, '-rpcuser=u', '-rpcpassword=p', ...all('connect').map(peer => '-connect=' + peer)],
  { stdio: ['ignore', 'inherit', 'inherit'] })
child.on('exit', code => process.exit(code ?? 1))
process.on('SIGTERM', () => child.kill('SIGTERM'))
process.on('exit', () => child.kill('SIGKILL'))
const LOGIN = 'Basic ' + Buffer.from(one('rpcuser') + ':' + one('rpcpass')).toString('base64')
const UNIMPLEMENTED = { gettxoutsetinfo: 'Command unimplemented', getchaintips: 'Command unimplemented' }
const WALLET = new Set(['getnewaddress', 'sendtoaddress', 'listunspent'])
const refuse = (id, code, message) => JSON.stringify({ id, result: null, error: { code, message } })
createHttp(async (request, response) => {
  let body = ''
  for await (const piece of request) body += piece
  const { id, method, params } = JSON.parse(body)
  if (request.headers.authorization !== LOGIN) return response.writeHead(401).end()
  if (UNIMPLEMENTED[method]) return response.end(refuse(id, -1, UNIMPLEMENTED[method]))
  if (WALLET.has(method)) return response.end(refuse(id, -1, 'This implementation does not implement wallet commands'))
  if (method === 'generatetoaddress') return response.end(refuse(id, -32601, 'Method not found'))
  if (method === 'getblock' && typeof params[1] === 'boolean') return response.end(refuse(id, -32602, 'verbosity is a number'))
  const asked = method === 'generate' ? { method: 'generatetoaddress', params: [...params, one('miningaddr')] } : { method, params }
  try {
    const answer = await fetch('http://127.0.0.1:' + own + '/', {
      method: 'POST',
      headers: { authorization: 'Basic ' + Buffer.from('u:p').toString('base64') },
      body: JSON.stringify({ id, ...asked }),
    })
    response.end(await answer.text())
  } catch {
    response.writeHead(503).end()
  }
}).listen(Number(one('rpclisten').split(':')[1]), '127.0.0.1')
`

/** Its path. */
export async function btcdStandIn(): Promise<string> {
  const core = await standIn()
  const program = join(temporaryDirectory(), 'btcd.mjs')
  writeFileSync(program, script(`${core}.cjs`))
  chmodSync(program, 0o755)
  return program
}
