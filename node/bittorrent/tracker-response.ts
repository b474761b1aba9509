// An HTTP tracker's answer (RFC 9112; BEP 3, 23), read as it comes: the status, a body as long as its header says or until the
// connection ends, and in it peers, counts and when to come back, or why there are none.

import { ProtocolError } from '../errors.ts'
import { decodeBencode, isDictionary } from './bencode.ts'

const MAX_HEAD_BYTES = 16_384
/** Room for some thousand peers. */
const MAX_BODY_BYTES = 131_072
/** Where it does not say. */
const USUAL_INTERVAL_MS = 1_800_000
const SHORTEST_INTERVAL_MS = 1_000
const LONGEST_INTERVAL_MS = 86_400_000
/** Nobody needs more of them at once. */
const MAX_PEERS = 1_000

export interface TrackerAnswer {
  /** `host:port` each. */
  readonly peers: readonly string[]
  readonly intervalMs: number
  /** Not to be asked again before, but for an event. */
  readonly minIntervalMs: number
  readonly seeds: number | undefined
  readonly leechers: number | undefined
  /** To be said again. */
  readonly trackerId: Uint8Array | undefined
}

/** Why there is none: the tracker's own words, or ours. */
export interface Failed {
  readonly why: string
}

export class ResponseReader {
  #bytes = new Uint8Array(0)
  #bodyAt = -1
  #bodyBytes: number | undefined

  /** Undefined: more is to come. */
  push(bytes: Uint8Array): TrackerAnswer | Failed | undefined {
    const whole = new Uint8Array(this.#bytes.length + bytes.length)
    whole.set(this.#bytes)
    whole.set(bytes, this.#bytes.length)
    this.#bytes = whole
    if (this.#bodyAt < 0) {
      const failed = this.#readHead()
      if (failed || this.#bodyAt < 0) return failed
    }
    const had = whole.length - this.#bodyAt
    if (had > MAX_BODY_BYTES) return { why: 'its answer is too long' }
    return this.#bodyBytes !== undefined && had >= this.#bodyBytes ? this.#answer(this.#bodyBytes) : undefined
  }

  /** The connection ended: that may be how the body ends. */
  end(): TrackerAnswer | Failed {
    const isWhole = this.#bodyAt >= 0 && this.#bodyBytes === undefined
    return isWhole ? this.#answer(this.#bytes.length - this.#bodyAt) : { why: 'it hung up' }
  }

  #readHead(): Failed | undefined {
    const head = String.fromCharCode(...this.#bytes.subarray(0, MAX_HEAD_BYTES))
    const end = head.indexOf('\r\n\r\n')
    if (end < 0) return head.length < MAX_HEAD_BYTES ? undefined : { why: 'its answer is not HTTP' }
    const [line = '', ...fields] = head.slice(0, end).split('\r\n')
    const status = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(line)?.[1]
    if (status === undefined) return { why: 'its answer is not HTTP' }
    if (status !== '200') return { why: `it answers with status ${status}` }
    const valuesOf = (name: RegExp) =>
      fields.map(field => name.exec(field)?.[1]).filter(value => value !== undefined)
    if (valuesOf(/^transfer-encoding: *(.*)$/i).length > 0) return { why: 'its answer comes in chunks' }
    if (valuesOf(/^content-encoding: *(?!identity)(.*)$/i).length > 0)
      return { why: 'its answer is compressed' }
    const [length, ...others] = valuesOf(/^content-length: *(.*?) *$/i)
    if (others.some(other => other !== length) || !/^\d{1,9}$/.test(length ?? '0'))
      return { why: 'its answer is not HTTP' }
    this.#bodyAt = end + 4
    this.#bodyBytes = length === undefined ? undefined : Number(length)
    return (this.#bodyBytes ?? 0) > MAX_BODY_BYTES ? { why: 'its answer is too long' } : undefined
  }

  #answer(length: number): TrackerAnswer | Failed {
    return answerIn(this.#bytes.subarray(this.#bodyAt, this.#bodyAt + length))
  }
}

function answerIn(body: Uint8Array): TrackerAnswer | Failed {
  const said = valueIn(body)
  if (!isDictionary(said)) return { why: 'its answer is not bencoded' }
  if ('failure reason' in said) return { why: `it says: ${wordsIn(said['failure reason'])}` }
  const peers = peersIn(said.peers)
  if (!peers) return { why: 'its answer names no peers' }
  const intervalMs = msIn(said.interval) ?? USUAL_INTERVAL_MS
  const id = said['tracker id']
  return {
    peers: peers.slice(0, MAX_PEERS),
    intervalMs,
    minIntervalMs: Math.min(intervalMs, msIn(said['min interval']) ?? intervalMs),
    seeds: countIn(said.complete),
    leechers: countIn(said.incomplete),
    trackerId: id instanceof Uint8Array && id.length <= 100 ? id : undefined,
  }
}

function valueIn(body: Uint8Array): unknown {
  try {
    return decodeBencode(body)
  } catch (error) {
    if (error instanceof ProtocolError) return undefined
    throw error
  }
}

/** Six bytes each (BEP 23), or a dictionary each (BEP 3); those that cannot be dialled are passed over. */
function peersIn(value: unknown): readonly string[] | undefined {
  if (value instanceof Uint8Array) return value.length % 6 === 0 ? compactPeers(value) : undefined
  if (!Array.isArray(value)) return undefined
  return value.flatMap(each => {
    const { ip, port } = isDictionary(each) ? each : {}
    const host = ip instanceof Uint8Array ? wordsIn(ip) : ''
    const address = `${host}:${port}`
    return /^(\d{1,3}(\.\d{1,3}){3}|[0-9A-Za-z._-]{1,253}):\d{1,5}$/.test(address) && isPort(port)
      ? [address]
      : []
  })
}

function compactPeers(bytes: Uint8Array): readonly string[] {
  const peers: string[] = []
  for (let at = 0; at < bytes.length; at += 6) {
    const [a, b, c, d, high = 0, low = 0] = bytes.subarray(at, at + 6)
    if (high + low > 0) peers.push(`${a}.${b}.${c}.${d}:${high * 256 + low}`)
  }
  return peers
}

function isPort(value: unknown): boolean {
  return typeof value === 'number' && value >= 1 && value <= 65_535
}

/** Seconds, within reason. */
function msIn(value: unknown): number | undefined {
  if (typeof value !== 'number' || value < 0) return undefined
  return Math.min(Math.max(value * 1000, SHORTEST_INTERVAL_MS), LONGEST_INTERVAL_MS)
}

function countIn(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 ? value : undefined
}

/** For a line of the log. */
function wordsIn(value: unknown): string {
  if (!(value instanceof Uint8Array)) return 'nothing that can be read'
  return new TextDecoder().decode(value.subarray(0, 200)).replace(/\p{C}/gu, '?')
}
