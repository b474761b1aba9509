// The REST interface over a small chain: each path in each form, and what is refused.

import { beforeAll, describe, expect, test } from 'vitest'
import { answerRest } from '../../node/host/rest.ts'
import { RpcServer } from '../../node/host/rpc.ts'
import { createLedgerNetwork, type LedgerNetwork, simulatedSpec } from '../support/ledger-network.ts'

let net: LedgerNetwork
let server: RpcServer
let hashes: readonly string[]
let txid: string

const rpc = <T>(method: string, ...params: unknown[]) => net.rpc(0, method, ...params) as T

async function get(path: string, query = '', posted?: Buffer) {
  const { status, type, body } = await answerRest(server, path, new URLSearchParams(query), posted)
  const text = typeof body === 'string' ? body : Buffer.from(body).toString('hex')
  return { status, type, text, json: type === 'application/json' ? JSON.parse(text) : undefined }
}

beforeAll(() => {
  net = createLedgerNetwork({ seed: 'rest', nodes: 1, chain: simulatedSpec(1, { coinbaseMaturity: 2 }) })
  net.advance(5_000)
  hashes = net.mine(0, 6)
  txid = rpc('sendtoaddress', rpc('getnewaddress'), 1)
  server = new RpcServer({ methods: net.node(0).core.rpc, observe() {}, onBug() {} })
})

describe('each resource', () => {
  test('is what the RPC method says', async () => {
    expect((await get('chaininfo.json')).json).toEqual(rpc('getblockchaininfo'))
    expect((await get('deploymentinfo.json')).json).toEqual(rpc('getdeploymentinfo'))
    expect((await get('mempool/info.json')).json).toEqual(rpc('getmempoolinfo'))
    expect((await get('mempool/contents.json')).json).toEqual(rpc('getrawmempool', true))
    expect((await get('mempool/contents.json', 'verbose=false')).json).toEqual([txid])
    expect((await get(`tx/${txid}.json`)).json).toEqual(rpc('getrawtransaction', txid, 1))
    expect((await get(`block/${hashes[2]}.json`)).json).toEqual(rpc('getblock', hashes[2], 3))
    expect((await get(`block/notxdetails/${hashes[2]}.json`)).json).toEqual(rpc('getblock', hashes[2], 1))
    expect((await get('blockhashbyheight/3.json')).json).toEqual({ blockhash: hashes[2] })
  })

  test('comes as hex with an end of line, and as the same bytes', async () => {
    const raw = rpc<string>('getblock', hashes[2], 0)
    expect(await get(`block/${hashes[2]}.hex`)).toMatchObject({ type: 'text/plain', text: `${raw}\n` })
    expect(await get(`block/${hashes[2]}.bin`)).toMatchObject({ type: 'application/octet-stream', text: raw })
    expect((await get(`tx/${txid}.bin`)).text).toBe(rpc('getrawtransaction', txid))
    const wire = Buffer.from(hashes[2] ?? '', 'hex')
      .reverse()
      .toString('hex')
    expect((await get('blockhashbyheight/3.bin')).text).toBe(wire)
  })

  test('headers go on along the chain, by either form of the path', async () => {
    const headers = hashes.slice(1, 4).map(hash => rpc('getblockheader', hash, false))
    expect((await get(`headers/3/${hashes[1]}.hex`)).text).toBe(`${headers.join('')}\n`)
    expect((await get(`headers/${hashes[1]}.bin`, 'count=3')).text).toBe(headers.join(''))
    expect((await get(`headers/${hashes[1]}.json`)).json).toHaveLength(5)
    expect((await get(`headers/5/${hashes[4]}.json`)).json).toHaveLength(2)
    expect((await get(`headers/5/${'ab'.repeat(32)}.json`)).json).toEqual([])
  })

  test('getutxos says which are there, and what they hold (BIP 64)', async () => {
    const [coinbase] = rpc<{ tx: string[] }>('getblock', hashes[5]).tx
    const out = rpc<{ scriptPubKey: { hex: string } }>('gettxout', coinbase, 0)
    const path = `getutxos/checkmempool/${coinbase}-0/${'ab'.repeat(32)}-0/${txid}-0`
    const { json } = await get(`${path}.json`)
    expect(json).toMatchObject({ chainHeight: 6, chaintipHash: hashes[5], bitmap: '101' })
    expect(json.utxos[0]).toMatchObject({ height: 6, value: 50, scriptPubKey: out.scriptPubKey })
    expect(json.utxos[1].height).toBe(0x7fffffff)
    expect((await get(`getutxos/${txid}-0.json`)).json).toMatchObject({ bitmap: '0', utxos: [] })
    const bytes = Buffer.from((await get(`getutxos/${coinbase}-0.bin`)).text, 'hex')
    const script = Buffer.from(out.scriptPubKey.hex, 'hex')
    expect([bytes.readInt32LE(0), bytes.subarray(4, 36).reverse().toString('hex')]).toEqual([6, hashes[5]])
    expect([...bytes.subarray(36, 39)]).toEqual([1, 1, 1])
    expect([bytes.readUInt32LE(39), bytes.readUInt32LE(43)]).toEqual([0, 6])
    expect(bytes.readBigInt64LE(47)).toBe(5_000_000_000n)
    expect(bytes.subarray(55)).toEqual(Buffer.concat([Buffer.of(script.length), script]))
  })
})

test.each([
  ['block/xyz.json', 400, 'Invalid hash: xyz\r\n'],
  [`block/${'ab'.repeat(32)}.json`, 404, `${'ab'.repeat(32)} not found\r\n`],
  [`tx/${'ab'.repeat(32)}.hex`, 404, `${'ab'.repeat(32)} not found\r\n`],
  ['chaininfo.bin', 404, 'output format not found (available: json)\r\n'],
  ['chaininfo', 404, 'output format not found (available: .bin, .hex, .json)\r\n'],
  ['blockhashbyheight/x.json', 400, 'Invalid height: x\r\n'],
  ['blockhashbyheight/99.json', 404, 'Block height out of range\r\n'],
  ['mempool/other.json', 400, expect.stringContaining('Invalid URI format')],
  ['getutxos.json', 400, 'Error: empty request\r\n'],
  [
    `getutxos/${new Array(16).fill(`${'ab'.repeat(32)}-0`).join('/')}.json`,
    400,
    expect.stringContaining('max outpoints'),
  ],
  ['getutxos/nonsense.json', 400, 'Parse error\r\n'],
  [`headers/0/${'ab'.repeat(32)}.json`, 400, expect.stringContaining('Header count')],
  ['constructor.json', 404, 'no such resource\r\n'],
])('%s is %i', async (path, status, text) => {
  expect(await get(path)).toMatchObject({ status, text })
})

test('while the node starts there is nothing to read', async () => {
  expect(await answerRest(undefined, 'chaininfo.json', new URLSearchParams())).toMatchObject({ status: 503 })
})

describe('outputs that are asked for by what is posted', () => {
  const point = () => Buffer.concat([Buffer.from(txid, 'hex').reverse(), Buffer.of(0, 0, 0, 0)])
  const question = (flag: number) => Buffer.concat([Buffer.of(flag, 1), point()])

  test('are those of the path, in bytes and in hex', async () => {
    const byPath = (await get(`getutxos/checkmempool/${txid}-0.bin`)).text
    expect((await get('getutxos.bin', '', question(1))).text).toBe(byPath)
    const hex = Buffer.from(question(1).toString('hex'))
    expect((await get('getutxos.hex', '', hex)).text).toBe(`${byPath}\n`)
    expect((await get('getutxos.bin', '', question(0))).text).toBe((await get(`getutxos/${txid}-0.bin`)).text)
  })

  test('are refused beside a path, as JSON, and where something is missing', async () => {
    for (const [path, body] of [
      [`getutxos/${txid}-0.bin`, question(1)],
      ['getutxos.json', question(1)],
      ['getutxos.bin', question(1).subarray(0, 20)],
    ] as const)
      expect((await get(path, '', body)).status).toBe(400)
  })
})

test('block filters are refused where none are kept, and of another kind', async () => {
  expect(await get(`blockfilter/basic/${hashes[0]}.json`)).toMatchObject({
    status: 400,
    text: 'Index is not enabled for filtertype basic\r\n',
  })
  expect((await get(`blockfilterheaders/extended/${hashes[0]}.json`)).status).toBe(400)
})
