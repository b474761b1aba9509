// Bitcoin Core's REST interface (doc/REST-interface.md): what can be read of the chain and the mempool by plain GETs, as JSON, as
// hex or as bytes. Everything comes from the RPC methods; here are only the paths and the forms.

import { RPC, RpcError } from '../core/service.ts'
import { answerText } from './answer-text.ts'

const MAX_HEADERS = 2_000
const DEFAULT_HEADERS = 5
/** Outputs in one question (BIP 64). */
const MAX_OUTPOINTS = 15
/** What Core gives as the height of a coin that is in no block yet. */
const MEMPOOL_HEIGHT = 0x7fffffff
const OUTPOINT_BYTES = 36
const FORMATS = ['bin', 'hex', 'json'] as const

type Format = (typeof FORMATS)[number]

export interface RestReply {
  readonly status: 200 | 400 | 404 | 500 | 503
  readonly type: string
  readonly body: string | Uint8Array
}

/** Where answers come from. */
export interface RestSource {
  call(method: string, ...params: unknown[]): Promise<unknown>
}

/** A question that has no answer of the kind asked for. */
class RestError extends Error {
  readonly status: RestReply['status']
  constructor(status: RestReply['status'], message: string) {
    super(message)
    this.status = status
  }
}

interface Question {
  readonly source: RestSource
  readonly words: readonly string[]
  readonly format: Format
  readonly query: URLSearchParams
  /** What came with a POST, which only outputs are asked for by. */
  readonly body: Buffer
}

type Resource = (question: Question) => Promise<RestReply>

/** `path`: what stands behind `/rest/`. `source` is undefined while the node starts. */
export async function answerRest(
  source: RestSource | undefined,
  path: string,
  query: URLSearchParams,
  body = Buffer.alloc(0) as Buffer,
): Promise<RestReply> {
  if (!source) return refused(503, 'Service temporarily unavailable: the node is starting')
  try {
    const [first = '', ...words] = path.replace(/\.[a-z]*$/, '').split('/')
    const resource = Object.hasOwn(RESOURCES, first) ? RESOURCES[first] : undefined
    if (!resource) throw new RestError(404, 'no such resource')
    return await resource({ source, words, format: formatOf(path), query, body })
  } catch (error) {
    if (error instanceof RestError) return refused(error.status, error.message)
    if (!(error instanceof RpcError)) throw error
    return refused(error.code === RPC.internal ? 500 : 404, error.message)
  }
}

const RESOURCES: { readonly [first: string]: Resource } = {
  chaininfo: async ({ source, format }) => jsonOnly(format, await source.call('getblockchaininfo')),
  deploymentinfo: async ({ source, format, words }) => {
    const hashes = words.map(hashOf)
    const answer = source.call('getdeploymentinfo', ...hashes).catch(error => {
      if (error instanceof RpcError && error.code === RPC.invalidAddressOrKey)
        throw new RestError(400, 'Block not found')
      throw error
    })
    return jsonOnly(format, await answer)
  },
  mempool: async ({ source, format, words, query }) => {
    const [what] = words
    if (what === 'info') return jsonOnly(format, await source.call('getmempoolinfo'))
    if (what !== 'contents')
      throw new RestError(400, 'Invalid URI format. Expected /rest/mempool/<info|contents>.json')
    const verbose = truth(query, 'verbose', true)
    const sequence = truth(query, 'mempool_sequence', false)
    if (verbose && sequence)
      throw new RestError(
        400,
        'Verbose results cannot contain mempool sequence values. (hint: set "verbose=false")',
      )
    return jsonOnly(format, await source.call('getrawmempool', verbose, sequence))
  },
  tx: async ({ source, format, words }) => {
    const txid = hashOf(words[0])
    const detail = format === 'json' ? 1 : 0
    return formed(format, await orMissing(txid, source.call('getrawtransaction', txid, detail)))
  },
  block: async ({ source, format, words }) => {
    const briefly = words[0] === 'notxdetails'
    const hash = hashOf(words[briefly ? 1 : 0])
    const detail = format !== 'json' ? 0 : briefly ? 1 : 3
    return formed(format, await orMissing(hash, source.call('getblock', hash, detail)))
  },
  blockhashbyheight: async ({ source, format, words }) => {
    const [text = ''] = words
    if (!/^\d{1,9}$/.test(text)) throw new RestError(400, `Invalid height: ${text.slice(0, 100)}`)
    const hash = await source.call('getblockhash', Number(text)).catch(() => {
      throw new RestError(404, 'Block height out of range')
    })
    if (format === 'json') return json({ blockhash: hash })
    return format === 'hex' ? plain(200, String(hash)) : bytes(wireHash(String(hash)))
  },
  headers,
  blockfilter: async ({ source, format, words }) => {
    const [type = '', hash] = words
    const { filter } = await filterOf(source, type, hashOf(hash))
    if (format === 'json') return json({ filter })
    const bytes = Buffer.from(filter, 'hex')
    const whole = [Buffer.of(0), wireHash(hashOf(hash)), compactSize(bytes.length), bytes]
    return formed(format, Buffer.concat(whole).toString('hex'))
  },
  blockfilterheaders,
  getutxos: unspentOutputs,
}

/** `headers/<hash>?count=5`, or as it used to be `headers/5/<hash>`. */
async function headers({ source, format, words, query }: Question): Promise<RestReply> {
  const found: unknown[] = []
  for await (const { hash, header } of headersFrom(source, words, query))
    found.push(format === 'json' ? header : await source.call('getblockheader', hash, false))
  return format === 'json' ? json(found) : formed(format, found.join(''))
}

/** `blockfilterheaders/basic/<hash>?count=5`, or as it used to be `blockfilterheaders/basic/5/<hash>`. */
async function blockfilterheaders({ source, format, words, query }: Question): Promise<RestReply> {
  const [type = '', ...rest] = words
  const found: string[] = []
  for await (const { hash } of headersFrom(source, rest, query))
    found.push((await filterOf(source, type, hash)).header)
  if (format === 'json') return json(found)
  return formed(format, found.map(hash => wireHash(hash).toString('hex')).join(''))
}

/** Up the active chain, as many as are asked for. */
async function* headersFrom(
  source: RestSource,
  [first = '', second]: readonly string[],
  query: URLSearchParams,
): AsyncGenerator<{ readonly hash: string; readonly header: Header }> {
  const count = countOf(second === undefined ? (query.get('count') ?? String(DEFAULT_HEADERS)) : first)
  let hash: string | undefined = hashOf(second ?? first)
  for (let given = 0; hash !== undefined && given < count; given++) {
    const header: Header | undefined = await headerOf(source, hash)
    if (!header) return
    yield { hash, header }
    hash = header.nextblockhash
  }
}

async function filterOf(
  source: RestSource,
  type: string,
  hash: string,
): Promise<{ readonly filter: string; readonly header: string }> {
  if (type !== 'basic') throw new RestError(400, `Unknown filtertype ${type.slice(0, 100)}`)
  try {
    return (await source.call('getblockfilter', hash, type)) as { filter: string; header: string }
  } catch (error) {
    if (!(error instanceof RpcError)) throw error
    const isOff = error.message.startsWith('Index is not enabled')
    throw isOff ? new RestError(400, error.message) : new RestError(404, `${hash} not found`)
  }
}

function countOf(text: string): number {
  const count = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (count < 1 || count > MAX_HEADERS)
    throw new RestError(400, `Header count is invalid or out of acceptable range (1-${MAX_HEADERS}): ${text}`)
  return count
}

interface Header {
  readonly confirmations: number
  readonly nextblockhash?: string
}

/** Undefined off the active chain: there is nothing to go on with. */
async function headerOf(source: RestSource, hash: string): Promise<Header | undefined> {
  try {
    const header = (await source.call('getblockheader', hash, true)) as Header
    return header.confirmations > 0 ? header : undefined
  } catch (error) {
    if (error instanceof RpcError && error.code === RPC.invalidAddressOrKey) return undefined
    throw error
  }
}

interface Unspent {
  readonly confirmations: number
  readonly value: number
  readonly scriptPubKey: { readonly hex: string }
}

/** `getutxos/checkmempool/<txid>-<n>/…` (BIP 64). */
async function unspentOutputs({ source, format, words, body }: Question): Promise<RestReply> {
  const posted = body.length > 0 ? postedOutputs(body, format) : undefined
  if (posted && words.length > 0)
    throw new RestError(400, 'Combination of URI scheme inputs and raw post data is not allowed')
  const withMempool = posted?.withMempool ?? words[0] === 'checkmempool'
  const points = posted?.points ?? (withMempool ? words.slice(1) : words)
  if (points.length === 0) throw new RestError(400, 'Error: empty request')
  if (points.length > MAX_OUTPOINTS)
    throw new RestError(400, `Error: max outpoints exceeded (max: ${MAX_OUTPOINTS}, tried: ${points.length})`)
  const chainHeight = Number(await source.call('getblockcount'))
  const chaintipHash = String(await source.call('getbestblockhash'))
  const outputs: (Unspent | null)[] = []
  for (const point of points) {
    const [, txid, n] = /^([0-9a-fA-F]{64})-(\d{1,9})$/.exec(point) ?? []
    if (txid === undefined) throw new RestError(400, 'Parse error')
    outputs.push((await source.call('gettxout', txid, Number(n), withMempool)) as Unspent | null)
  }
  const utxos = outputs.flatMap(output => {
    if (!output) return []
    const { confirmations, value, scriptPubKey } = output
    return [
      { height: confirmations > 0 ? chainHeight - confirmations + 1 : MEMPOOL_HEIGHT, value, scriptPubKey },
    ]
  })
  const bitmap = outputs.map(output => (output ? 1 : 0))
  if (format === 'json') return json({ chainHeight, chaintipHash, bitmap: bitmap.join(''), utxos })
  return formed(format, unspentBytes(chainHeight, chaintipHash, bitmap, utxos).toString('hex'))
}

/** The same as bytes, or as those in hex: a flag for the mempool, a count, and ids with their numbers. */
function postedOutputs(body: Buffer, format: Format): { withMempool: boolean; points: string[] } {
  if (format === 'json') throw new RestError(400, 'Error: empty request')
  const bytes = format === 'hex' ? Buffer.from(body.toString('latin1'), 'hex') : body
  const [withMempool, count = 0] = bytes
  if (bytes.length < 2 || count >= 0xfd || bytes.length < 2 + count * OUTPOINT_BYTES)
    throw new RestError(400, 'Parse error')
  const points = Array.from({ length: count }, (_, i) => {
    const at = 2 + i * OUTPOINT_BYTES
    const txid = Buffer.from(bytes.subarray(at, at + 32)).reverse()
    return `${txid.toString('hex')}-${bytes.readUInt32LE(at + 32)}`
  })
  return { withMempool: withMempool === 1, points }
}

function unspentBytes(
  height: number,
  tip: string,
  bitmap: readonly number[],
  utxos: readonly { height: number; value: number; scriptPubKey: { hex: string } }[],
): Buffer {
  const bits = Buffer.alloc(Math.ceil(bitmap.length / 8))
  for (const [i, bit] of bitmap.entries()) bits[i >> 3] = (bits[i >> 3] as number) | (bit << (i & 7))
  const head = Buffer.alloc(4)
  head.writeInt32LE(height)
  const coins = utxos.map(({ height: at, value, scriptPubKey }) => {
    const script = Buffer.from(scriptPubKey.hex, 'hex')
    const front = Buffer.alloc(16) // a version that is always 0, the height, the amount
    front.writeUInt32LE(at, 4)
    front.writeBigInt64LE(BigInt(Math.round(value * 1e8)), 8)
    return Buffer.concat([front, compactSize(script.length), script])
  })
  return Buffer.concat([
    head,
    wireHash(tip),
    compactSize(bits.length),
    bits,
    compactSize(utxos.length),
    ...coins,
  ])
}

/** Scripts are shorter than 65,536 bytes. */
function compactSize(count: number): Buffer {
  if (count < 0xfd) return Buffer.of(count)
  const size = Buffer.of(0xfd, 0, 0)
  size.writeUInt16LE(count, 1)
  return size
}

function formatOf(path: string): Format {
  const ending = /\.([a-z]*)$/.exec(path)?.[1]
  const format = FORMATS.find(each => each === ending)
  if (!format) throw new RestError(404, 'output format not found (available: .bin, .hex, .json)')
  return format
}

function hashOf(word = ''): string {
  if (!/^[0-9a-fA-F]{64}$/.test(word)) throw new RestError(400, `Invalid hash: ${word.slice(0, 100)}`)
  return word.toLowerCase()
}

function truth(query: URLSearchParams, name: string, fallback: boolean): boolean {
  const value = query.get(name) ?? String(fallback)
  if (value === 'true' || value === 'false') return value === 'true'
  throw new RestError(400, `The "${name}" query parameter must be either "true" or "false".`)
}

async function orMissing(hash: string, answer: Promise<unknown>): Promise<unknown> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof RpcError && error.code === RPC.invalidAddressOrKey)
      throw new RestError(404, `${hash} not found`)
    throw error
  }
}

function jsonOnly(format: Format, value: unknown): RestReply {
  if (format !== 'json') throw new RestError(404, 'output format not found (available: json)')
  return json(value)
}

/** JSON as it is; hex as text, or as the bytes that it stands for. */
function formed(format: Format, value: unknown): RestReply {
  if (format === 'json') return json(value)
  return format === 'hex' ? plain(200, String(value)) : bytes(Buffer.from(String(value), 'hex'))
}

function json(value: unknown): RestReply {
  return { status: 200, type: 'application/json', body: `${answerText(value)}\n` }
}

function plain(status: RestReply['status'], text: string): RestReply {
  return { status, type: 'text/plain', body: `${text}\n` }
}

/** Core ends these lines otherwise than those above. */
function refused(status: RestReply['status'], why: string): RestReply {
  return { status, type: 'text/plain', body: `${why}\r\n` }
}

function bytes(body: Uint8Array): RestReply {
  return { status: 200, type: 'application/octet-stream', body }
}

function wireHash(hash: string): Buffer {
  return Buffer.from(hash, 'hex').reverse()
}
