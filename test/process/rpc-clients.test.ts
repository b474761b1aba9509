// Bitcoin's own clients against a real node, by the cookie file as they would find it: what npm has (bitcoin-core, rpc-bitcoin), what
// Debian has (python-bitcoinlib), Core's AuthProxy as its test framework has it, and bitcoin-cli by the bytes that it sends,
// since no registry has the program itself.

import { execFile, execFileSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { connect } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeEach, describe, expect, test } from 'vitest'
import { REGTEST_SPEC } from '../../node/params.ts'
import { nodeConfig, TOKEN, temporaryDirectory } from '../support/node-config.ts'
import { RunningNode } from '../support/node-process.ts'

const require = createRequire(import.meta.url)
const run = promisify(execFile)
const PYTHON = '/usr/bin/python3'

function hasBitcoinlib(): boolean {
  try {
    execFileSync(PYTHON, ['-c', 'import bitcoin.rpc'], { stdio: 'ignore' })
    return true
  } catch {
    console.warn('SKIPPED: no python3-bitcoinlib on this machine, that client is not tried')
    return false
  }
}

const bitcoinlib = hasBitcoinlib()
if (!bitcoinlib && process.env.CI) throw new Error('python3-bitcoinlib is missing')

let node: RunningNode
let url: URL
let cookie: string

beforeEach(async () => {
  node = await RunningNode.start(nodeConfig(temporaryDirectory(), { chain: REGTEST_SPEC }))
  url = new URL(node.ready.control)
  cookie = readFileSync(join(node.config.dataDirectory, '.cookie'), 'utf8')
  await node.mine(101)
})

const password = () => cookie.slice(cookie.indexOf(':') + 1)

test('the cookie file is as Core writes it, for its owner alone, and gone with the node', async () => {
  const file = join(node.config.dataDirectory, '.cookie')
  expect(cookie).toBe(`__cookie__:${TOKEN}`)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  node.spawned.process.kill('SIGTERM')
  await node.spawned.exited
  expect(existsSync(file)).toBe(false)
})

test('npm bitcoin-core: single calls, a batch, named arguments, a wallet’s path, errors, REST', async () => {
  const Client = require('bitcoin-core')
  const options = { username: '__cookie__', password: password(), version: '0.21.0' }
  const client = new Client({ ...options, host: url.origin })
  expect(await client.getBlockCount()).toBe(101)
  const tip = await client.command('getblockhash', { height: 101 })
  expect(await client.getBestBlockHash()).toBe(tip)
  const batch = [
    { method: 'getblockcount', parameters: [] },
    { method: 'getblockhash', parameters: [999] },
  ]
  const [count, error] = await client.command(batch)
  expect(count).toBe(101)
  expect(error).toMatchObject({ code: -8 })
  await expect(client.command('removeprunedfunds', 'file')).rejects.toMatchObject({ code: -32601 })
  const wallet = new Client({ ...options, host: url.origin, allowDefaultWallet: true })
  expect(await wallet.getBalance()).toBe(50)
  const other = new Client({ ...options, host: url.origin, wallet: 'other' })
  await expect(other.getBalance()).rejects.toMatchObject({ code: -18 })
  const rest = new Client({ ...options, host: `http://${cookie}@${url.host}` })
  expect(await rest.getBlockchainInformation()).toMatchObject({ chain: 'regtest', bestblockhash: tip })
  expect(await rest.getBlockByHash(tip, { extension: 'hex' })).toBe(
    `${await node.rpc<string>('getblock', tip, 0)}\n`,
  )
  expect(await rest.getBlockHeadersByHash(await client.getBlockHash(99), 5)).toHaveLength(3)
})

test('npm rpc-bitcoin: named arguments, its batch, its REST, an error', async () => {
  const { RPCClient } = require('rpc-bitcoin')
  const client = new RPCClient({
    url: `http://${url.hostname}`,
    port: Number(url.port),
    user: '__cookie__',
    pass: password(),
  })
  expect(await client.getblockcount()).toBe(101)
  const blockhash = await client.getblockhash({ height: 5 })
  expect(await client.getblock({ blockhash, verbosity: 1 })).toMatchObject({ hash: blockhash, height: 5 })
  await expect(client.getblockhash({ height: 999 })).rejects.toMatchObject({ code: -8 })
  expect(await client.batch([{ method: 'getblockcount', id: 1 }])).toMatchObject([{ result: 101, id: 1 }])
  expect(await client.getChainInfo()).toMatchObject({ blocks: 101 })
})

/** Runs a program in Debian's Python; what it prints is one JSON document. */
async function python(program: string, ...args: string[]): Promise<unknown> {
  const { stdout } = await run(PYTHON, ['-c', program, ...args], { timeout: 60_000 })
  return JSON.parse(stdout)
}

describe.runIf(bitcoinlib)('python-bitcoinlib', () => {
  test('finds the cookie in the folder, counts, pays, and tells Core’s errors apart', async () => {
    const program = `
import json, sys, os, bitcoin, bitcoin.rpc
bitcoin.SelectParams('regtest')
folder, port = sys.argv[1], sys.argv[2]
conf = os.path.join(folder, 'bitcoin.conf')
with open(conf, 'w') as fd:
    fd.write('datadir=%s\\nrpcport=%s\\n' % (folder, port))
os.makedirs(os.path.join(folder, 'regtest'), exist_ok=True)
os.link(os.path.join(folder, '.cookie'), os.path.join(folder, 'regtest', '.cookie'))
proxy = bitcoin.rpc.Proxy(btc_conf_file=conf)
block = proxy.getblock(proxy.getblockhash(3))
address = proxy._call('getnewaddress', '', 'legacy')
txid = proxy.sendtoaddress(bitcoin.wallet.CBitcoinAddress(address), 150000000)
tx = proxy.getrawtransaction(txid)
try:
    proxy.getblockhash(9999)
    error = None
except IndexError as refused:
    error = str(refused)
try:
    proxy._call('sendtoaddress', 'nonsense', 1)
    code = None
except bitcoin.rpc.JSONRPCError as refused:
    code = refused.error['code']
print(json.dumps({
  'count': proxy.getblockcount(),
  'merkle': block.calc_merkle_root() == block.hashMerkleRoot,
  'paid': 150000000 in [out.nValue for out in tx.vout],
  'chain': proxy._call('getblockchaininfo')['chain'],
  'mempool': len(proxy.getrawmempool()),
  'balance': proxy.getbalance(minconf=0) > 0,
  'error': error is not None,
  'code': code,
}))`
    expect(await python(program, node.config.dataDirectory, url.port)).toEqual({
      count: 101,
      merkle: true,
      paid: true,
      chain: 'regtest',
      mempool: 1,
      balance: true,
      error: true,
      code: -5,
    })
  })
})

test('Core’s AuthProxy: one connection for all calls, amounts as decimals, errors with their status', async () => {
  const program = `
import base64, decimal, http.client, json, sys, urllib.parse
url = urllib.parse.urlparse(sys.argv[1])
auth = b'Basic ' + base64.b64encode((url.username + ':' + url.password).encode())
conn = http.client.HTTPConnection(url.hostname, port=url.port, timeout=30)
def post(body, path=''):
    headers = {'Host': url.hostname, 'User-Agent': 'AuthServiceProxy/0.1', 'Authorization': auth, 'Content-type': 'application/json'}
    conn.request('POST', url.path + path, json.dumps(body), headers)
    answer = conn.getresponse()
    text = answer.read().decode('utf8')
    assert text == '' or answer.getheader('Content-Type') == 'application/json', answer.getheader('Content-Type')
    return answer.status, (json.loads(text, parse_float=decimal.Decimal) if text else None)
def call(method, *params, **named):
    return post({'jsonrpc': '2.0', 'method': method, 'params': dict(args=params, **named) if named else list(params), 'id': 1})
status, body = call('getblockcount')
first = conn.sock
balance = call('getbalance')[1]['result']
batch = post([{'jsonrpc': '2.0', 'method': 'getblockhash', 'params': [h], 'id': h} for h in (1, 2)])
old = post({'method': 'nosuch', 'params': [], 'id': 5})
note = post({'jsonrpc': '2.0', 'method': 'getblockcount', 'params': []})
named = call('getblock', call('getbestblockhash')[1]['result'], verbosity=0)
wallet = post({'method': 'getbalance', 'params': [], 'id': 2}, 'wallet/')
print(json.dumps({
  'status': status, 'result': body['result'], 'kept': conn.sock is first,
  'decimal': balance == decimal.Decimal('50.00000000'),
  'batch': [one['id'] for one in batch[1]],
  'old': [old[0], old[1]['error']['code'], old[1]['id']],
  'note': list(note), 'named': isinstance(named[1]['result'], str),
  'wallet': wallet[0],
}))`
  expect(await python(program, `http://${cookie}@${url.host}/`)).toEqual({
    status: 200,
    result: 101,
    kept: true,
    decimal: true,
    batch: [1, 2],
    old: [404, -32601, 5],
    note: [204, null],
    named: true,
    wallet: 200,
  })
})

test('bitcoin-cli’s own bytes: a single call, and -getinfo as a batch of four', async () => {
  const auth = Buffer.from(cookie).toString('base64')
  const ask = (path: string, body: unknown): Promise<string> =>
    new Promise((resolve, reject) => {
      const text = `${JSON.stringify(body)}\n`
      let answer = ''
      const socket = connect(Number(url.port), url.hostname)
      socket.on('data', chunk => {
        answer += chunk
      })
      socket.on('end', () => resolve(answer)).on('error', reject)
      socket.write(
        `POST ${path} HTTP/1.1\r\nHost: ${url.hostname}\r\nConnection: close\r\nContent-Type: application/json\r\n` +
          `Authorization: Basic ${auth}\r\nContent-Length: ${text.length}\r\n\r\n${text}`,
      )
    })
  const single = await ask('/', { method: 'getblockcount', params: [], id: 1 })
  expect(single).toMatch(/^HTTP\/1\.1 200 /)
  expect(single).toContain('{"result":101,"error":null,"id":1}')
  const methods = ['getnetworkinfo', 'getblockchaininfo', 'getwalletinfo', 'getbalances']
  const info = await ask(
    '/',
    methods.map((method, id) => ({ method, params: [], id })),
  )
  const replies = JSON.parse(info.slice(info.indexOf('['), info.lastIndexOf(']') + 1))
  expect(replies.map(({ error }: { error: unknown }) => error)).toEqual([null, null, null, null])
  expect(replies[0].result).toMatchObject({ version: 280000, relayfee: 0.00001 })
  expect(replies[2].result).toMatchObject({ walletname: '', paytxfee: 0 })
})
