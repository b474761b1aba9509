// Messages of the distributed hash table (BEP 5): a bencoded dictionary a datagram. Read wholly or not at all.

import { ProtocolError } from '../../errors.ts'
import { type Bencoded, type Dictionary, decodeBencode, encodeBencode, isDictionary } from '../bencode.ts'
import { COMPACT_BYTES, compactAddress, expandAddress } from '../compact.ts'

export const ID_BYTES = 20
const NODE_BYTES = ID_BYTES + COMPACT_BYTES
/** More would not fit into one packet of most networks. */
const MAX_BYTES = 2_048
const MAX_TRANSACTION_BYTES = 32
const MAX_TOKEN_BYTES = 64

export interface DhtNode {
  readonly id: Uint8Array
  readonly address: string
}

export type Query =
  | { readonly q: 'ping' }
  | { readonly q: 'find_node'; readonly target: Uint8Array }
  | { readonly q: 'get_peers'; readonly infoHash: Uint8Array }
  | {
      readonly q: 'announce_peer'
      readonly infoHash: Uint8Array
      readonly token: Uint8Array
      /** Undefined: the port that the question comes from. */
      readonly port: number | undefined
    }

export interface Answer {
  readonly nodes: readonly DhtNode[]
  /** `host:port` of peers. */
  readonly values: readonly string[]
  readonly token: Uint8Array | undefined
}

export interface Asked {
  readonly t: Uint8Array
  readonly id: Uint8Array
  readonly query: Query
  /** It asks and never answers: not for anybody's table (BEP 43). */
  readonly isReadOnly: boolean
}

export type Krpc =
  | Asked
  | { readonly t: Uint8Array; readonly id: Uint8Array; readonly answer: Answer }
  | { readonly t: Uint8Array; readonly error: number }
  /** A question that is none: what is wrong with it. */
  | { readonly t: Uint8Array; readonly refused: 203 | 204 }

export function encodeQuery(t: Uint8Array, id: Uint8Array, query: Query): Uint8Array {
  return encodeBencode({ a: { id, ...argumentsOf(query) }, q: query.q, t, v: VERSION, y: 'q' })
}

function argumentsOf(query: Query): Dictionary {
  switch (query.q) {
    case 'ping':
      return {}
    case 'find_node':
      return { target: query.target }
    case 'get_peers':
      return { info_hash: query.infoHash }
    case 'announce_peer': {
      const { infoHash, token, port } = query
      return { implied_port: port === undefined ? 1 : 0, info_hash: infoHash, port: port ?? 1, token }
    }
  }
}

/** Answers to `ping` and `announce_peer` have none of it. */
export function encodeAnswer(
  t: Uint8Array,
  id: Uint8Array,
  { nodes, values, token }: Partial<Answer> = {},
): Uint8Array {
  const r: Dictionary = {
    id,
    nodes: nodes && compactNodes(nodes),
    token,
    values: values && values.length > 0 ? values.flatMap(value => compactAddress(value) ?? []) : undefined,
  }
  return encodeBencode({ r, t, v: VERSION, y: 'r' })
}

export function encodeError(t: Uint8Array, code: number, words: string): Uint8Array {
  return encodeBencode({ e: [code, words], t, v: VERSION, y: 'e' })
}

const VERSION = 'NS01'

/** Undefined: it is none, and nobody is to hear of it. */
export function decodeKrpc(bytes: Uint8Array): Krpc | undefined {
  const said = bytes.length <= MAX_BYTES ? valueIn(bytes) : undefined
  const { t, y, q, a, r, e, ro } = isDictionary(said) ? said : {}
  if (!(t instanceof Uint8Array) || t.length === 0 || t.length > MAX_TRANSACTION_BYTES) return undefined
  const kind = wordIn(y)
  if (kind === 'e') return { t, error: Array.isArray(e) && typeof e[0] === 'number' ? e[0] : 201 }
  if (kind === 'r') {
    const id = isDictionary(r) ? bytesIn(r.id, ID_BYTES) : undefined
    return isDictionary(r) && id ? { t, id, answer: answerIn(r) } : undefined
  }
  if (kind !== 'q') return undefined
  const id = isDictionary(a) ? bytesIn(a.id, ID_BYTES) : undefined
  if (!isDictionary(a) || !id) return { t, refused: 203 }
  const query = queryIn(wordIn(q), a)
  return typeof query === 'number' ? { t, refused: query } : { t, id, query, isReadOnly: ro === 1 }
}

function queryIn(q: string | undefined, a: Dictionary): Query | 203 | 204 {
  const infoHash = bytesIn(a.info_hash, ID_BYTES)
  const target = bytesIn(a.target, ID_BYTES)
  switch (q) {
    case 'ping':
      return { q }
    case 'find_node':
      return target ? { q, target } : 203
    case 'get_peers':
      return infoHash ? { q, infoHash } : 203
    case 'announce_peer': {
      const { token, port, implied_port: implied } = a
      if (!infoHash || !(token instanceof Uint8Array) || token.length > MAX_TOKEN_BYTES) return 203
      if (typeof implied === 'number' && implied !== 0) return { q, infoHash, token, port: undefined }
      return typeof port === 'number' && port >= 1 && port <= 65_535 ? { q, infoHash, token, port } : 203
    }
    // Whoever asks what is not known is to be answered as if for nodes, where it names a target (BEP 5's extensions do).
    default:
      return (target ?? infoHash) ? { q: 'find_node', target: (target ?? infoHash) as Uint8Array } : 204
  }
}

function answerIn({ nodes, values, token }: Dictionary): Answer {
  return {
    nodes: nodes instanceof Uint8Array ? nodesIn(nodes) : [],
    values: Array.isArray(values) ? (values as readonly Bencoded[]).flatMap(peerIn) : [],
    token: token instanceof Uint8Array && token.length <= MAX_TOKEN_BYTES ? token : undefined,
  }
}

function peerIn(value: Bencoded): string[] {
  if (!(value instanceof Uint8Array) || value.length !== COMPACT_BYTES) return []
  const address = expandAddress(value, 0)
  return isDialable(address) ? [address] : []
}

function nodesIn(bytes: Uint8Array): DhtNode[] {
  const nodes: DhtNode[] = []
  for (let at = 0; at + NODE_BYTES <= bytes.length; at += NODE_BYTES) {
    const address = expandAddress(bytes, at + ID_BYTES)
    if (isDialable(address)) nodes.push({ id: bytes.slice(at, at + ID_BYTES), address })
  }
  return nodes
}

export function compactNodes(nodes: readonly DhtNode[]): Uint8Array {
  const parts = nodes.flatMap(({ id, address }) => {
    const compact = compactAddress(address)
    return compact ? [...id, ...compact] : []
  })
  return Uint8Array.from(parts)
}

export function expandNodes(bytes: Uint8Array): readonly DhtNode[] {
  return nodesIn(bytes)
}

function isDialable(address: string): boolean {
  return !address.endsWith(':0') && !address.startsWith('0.')
}

function bytesIn(value: unknown, length: number): Uint8Array | undefined {
  return value instanceof Uint8Array && value.length === length ? value : undefined
}

function wordIn(value: unknown): string | undefined {
  return value instanceof Uint8Array ? String.fromCharCode(...value.subarray(0, 32)) : undefined
}

function valueIn(bytes: Uint8Array): unknown {
  try {
    return decodeBencode(bytes, { anyOrder: true })
  } catch (error) {
    if (error instanceof ProtocolError) return undefined
    throw error
  }
}
