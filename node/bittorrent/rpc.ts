// What can be asked of a BitTorrent peer by JSON-RPC. Hashes are hex, files and bitfields base64.

import { decodeBase64, encodeBase64 } from '../core/base64.ts'
import { LATER, RPC, RpcError, type RpcTable } from '../core/service.ts'
import type { MakingOrder } from './content-source.ts'
import type { PeerFace } from './face.ts'
import { contentDetails, contentHealth } from './health.ts'
import { toHex } from './hex.ts'
import { Making } from './making.ts'
import { formatMagnet, parseMagnet } from './metainfo/magnet.ts'
import { encodeTorrent, parseTorrent } from './metainfo/parse.ts'
import type { WhenComplete } from './options.ts'
import type { Digests } from './storage.ts'
import type { Torrent, Wanted } from './torrent.ts'

/** Straight from a file: no more than this at once. */
const MAX_READ_BYTES = 1024 * 1024
const ADDRESS = /^(\d{1,3}(\.\d{1,3}){3}|\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z._-]+):\d{1,5}$/

export function bittorrentRpc(service: PeerFace): RpcTable {
  return { ...makingMethods(service), ...readingMethods(service) }
}

function makingMethods(service: PeerFace): RpcTable {
  return {
    createtorrent: {
      params: ['options'],
      summary: 'Makes a torrent of generated or of local files and seeds it; its magnet link.',
      handle: ([options], respond) => {
        const done = (torrent: Torrent) => madeOf(torrent, service.world.address)
        new Making(service, orderOf(options), respond, done).start()
        return LATER
      },
    },
    addtorrent: {
      params: ['torrent', 'options?'],
      summary: 'Takes part in the content of a magnet link or of a torrent file (base64).',
      handle: ([torrent, options]) => addTorrent(service, text(torrent, 'torrent'), optionsOf(options)),
    },
    removetorrent: {
      params: ['content', 'options?'],
      summary: 'Forgets a content; with files: true what is stored of it as well.',
      handle: ([content, options]) => {
        service.remove(contentOf(service, content), fields(options ?? {}).files === true)
        return null
      },
    },
    addtorrentpeer: {
      params: ['content', 'address'],
      summary: 'Connects to a peer for this content.',
      handle: ([content, address]) => {
        service.addPeers(contentOf(service, content), [addressOf(address)], 'plan')
        return null
      },
    },
  }
}

function readingMethods(service: PeerFace): RpcTable {
  return {
    gettorrents: {
      params: [],
      summary: 'How each content stands.',
      handle: () => Array.from(service.torrents.values(), torrent => contentHealth(torrent, service.nowMs)),
    },
    gettorrent: {
      params: ['content'],
      summary: 'How one content stands, with its peers and how many of them have each piece.',
      handle: ([content]) => {
        const torrent = contentOf(service, content)
        return contentDetails(torrent, service.trackersOf(torrent), service.nowMs)
      },
    },
    gettorrentfile: {
      params: ['content'],
      summary: 'The torrent file, in base64.',
      handle: ([content]) => encodeBase64(torrentFile(contentOf(service, content))),
    },
    readtorrentfile: {
      params: ['content', 'path', 'offset', 'length'],
      summary: 'Bytes as they are stored, in base64; path: elements joined by slashes.',
      handle: ([content, path, offset, length]) => {
        const torrent = contentOf(service, content)
        const name = text(path, 'path')
        const file = torrent.meta?.files.find(each => each.path.join('/') === name)
        if (!file) throw new RpcError(RPC.invalidParameter, `${name}: the content has no such file`)
        const most = whole(length, 'length', MAX_READ_BYTES)
        const bytes = torrent.kept?.readFile(file, whole(offset, 'offset', Number.MAX_SAFE_INTEGER), most)
        if (!bytes) throw new RpcError(RPC.misc, `${name}: nothing is stored of it`)
        return encodeBase64(bytes)
      },
    },
    banned: {
      params: [],
      summary: 'Peers that were proved to lie, and how.',
      handle: () => service.bans.list(),
    },
  }
}

function addTorrent(service: PeerFace, source: string, options: AddOptions) {
  const { whenComplete = 'seed', peers = [] } = options
  if (!service.world.content) throw new RpcError(RPC.misc, 'this node has no room for content')
  const { wanted, info, layers, addresses } = source.startsWith('magnet:')
    ? fromMagnet(source)
    : fromFile(source, service.world.digests)
  const known = service.torrents.get(wanted.content)
  if (known) {
    if (options.whenComplete !== undefined) known.setWhenComplete(whenComplete)
    service.addPeers(known, peers, 'plan')
    return { content: known.content }
  }
  if (wanted.infoHashV1 && !service.world.digests)
    throw new RpcError(RPC.misc, 'torrents of version 1 and hybrids need SHA-1, which this machine has not')
  const torrent = service.add(
    { ...wanted, whenComplete },
    {
      ...(info && { info }),
      begin: begun => {
        for (const tree of begun.verifier?.trees ?? []) {
          const layer = layers?.get(toHex(tree.root))
          if (layer) tree.giveLayer(layer)
        }
        begun.begin()
      },
    },
  )
  service.addPeers(torrent, [...addresses, ...peers], 'plan')
  return { content: torrent.content }
}

interface Source {
  readonly wanted: Omit<Wanted, 'whenComplete'>
  readonly info?: Uint8Array
  readonly layers?: ReadonlyMap<string, Uint8Array>
  readonly addresses: readonly string[]
}

function fromMagnet(link: string): Source {
  const magnet = refusing(() => parseMagnet(link))
  const { infoHashV1, infoHashV2, name, trackers, peers } = magnet
  const content = toHex(infoHashV2 ?? infoHashV1 ?? new Uint8Array(0))
  const addresses = peers.filter(peer => ADDRESS.test(peer))
  return { wanted: { content, infoHashV1, infoHashV2, name: name ?? content, trackers }, addresses }
}

function fromFile(base64: string, digests: Digests | undefined): Source {
  const bytes = decodeBase64(base64)
  if (!bytes)
    throw new RpcError(RPC.invalidParameter, 'torrent must be a magnet link or a torrent file in base64')
  const { metainfo, layers } = refusing(() => parseTorrent(bytes, digests))
  const { infoHashV1, infoHashV2, name, trackers, info } = metainfo
  const content = toHex(infoHashV2 ?? infoHashV1 ?? new Uint8Array(0))
  return { wanted: { content, infoHashV1, infoHashV2, name, trackers }, info, layers, addresses: [] }
}

/** What is told of a torrent that was made here. */
function madeOf(torrent: Torrent, address: string | undefined) {
  const { infoHashV1, infoHashV2 } = torrent.wanted
  return {
    content: torrent.content,
    ...(infoHashV1 && { infoHashV1: toHex(infoHashV1) }),
    ...(infoHashV2 && { infoHashV2: toHex(infoHashV2) }),
    magnet: magnetOf(torrent, address),
    pieces: torrent.meta?.pieces ?? 0,
    bytes: torrent.meta?.contentBytes ?? 0,
  }
}

function magnetOf(torrent: Torrent, address: string | undefined): string {
  const { infoHashV1, infoHashV2, trackers } = torrent.wanted
  const peers = address === undefined ? [] : [address]
  return formatMagnet({
    ...(infoHashV1 && { infoHashV1 }),
    ...(infoHashV2 && { infoHashV2 }),
    name: torrent.name,
    trackers,
    peers,
  })
}

function torrentFile({ meta, verifier, content }: Torrent): Uint8Array {
  const trees = verifier?.trees ?? []
  if (!meta) throw new RpcError(RPC.misc, `${content}: its info is not here yet`)
  if (!trees.every(({ complete }) => complete))
    throw new RpcError(RPC.misc, `${content}: its hashes are not here yet`)
  const layers = new Map(
    trees.filter(({ pieces }) => pieces > 1).map(({ root, layer }) => [toHex(root), layer]),
  )
  return encodeTorrent(meta, layers)
}

function contentOf(service: PeerFace, content: unknown): Torrent {
  const name = text(content, 'content').toLowerCase()
  const torrent = service.torrents.get(name)
  if (!torrent) throw new RpcError(RPC.invalidParameter, `${name}: there is no such content here`)
  return torrent
}

interface AddOptions {
  readonly whenComplete?: WhenComplete
  readonly peers?: readonly string[]
}

function optionsOf(value: unknown): AddOptions {
  const { whenComplete, peers, ...others } = fields(value ?? {})
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) throw new RpcError(RPC.invalidParameter, `unknown option ${unknown}`)
  if (peers !== undefined && !Array.isArray(peers)) throw new RpcError(RPC.typeError, 'peers must be a list')
  return {
    ...(whenComplete !== undefined && { whenComplete: whenCompleteOf(whenComplete) }),
    ...(peers !== undefined && { peers: (peers as unknown[]).map(addressOf) }),
  }
}

function orderOf(value: unknown): MakingOrder {
  const {
    name,
    pieceLength,
    version = 'v2',
    generate,
    from,
    trackers = [],
    whenComplete = 'seed',
  } = fields(value)
  if (version !== 'v1' && version !== 'v2' && version !== 'hybrid')
    throw new RpcError(RPC.invalidParameter, 'version must be v1, v2 or hybrid')
  if ((generate === undefined) === (from === undefined))
    throw new RpcError(RPC.invalidParameter, 'it needs one of generate and from')
  if (!Array.isArray(trackers)) throw new RpcError(RPC.typeError, 'trackers must be a list')
  return {
    name: text(name, 'name'),
    pieceLength: whole(pieceLength, 'pieceLength', 2 ** 30),
    version,
    trackers: trackers.map(each => text(each, 'trackers')),
    whenComplete: whenCompleteOf(whenComplete),
    ...(from !== undefined && { from: text(from, 'from') }),
    ...(generate !== undefined && { generate: generateOf(generate) }),
  }
}

function generateOf(value: unknown): MakingOrder['generate'] {
  const { seed, files } = fields(value)
  if (!Array.isArray(files) || files.length === 0)
    throw new RpcError(RPC.typeError, 'generate.files must be a list')
  return {
    seed: text(seed, 'generate.seed'),
    files: files.map(each => {
      const { path, length } = fields(each)
      const elements = Array.isArray(path) ? path : text(path, 'path').split('/')
      return {
        path: elements.map(element => text(element, 'path')),
        length: whole(length, 'length', 2 ** 40),
      }
    }),
  }
}

function whenCompleteOf(value: unknown): WhenComplete {
  if (value === 'seed' || value === 'leave') return value
  return { ms: whole(fields(value).ms, 'whenComplete.ms', Number.MAX_SAFE_INTEGER) }
}

function addressOf(value: unknown): string {
  const address = text(value, 'address')
  if (!ADDRESS.test(address))
    throw new RpcError(RPC.invalidParameter, `${address} is no address as host:port`)
  return address
}

function text(value: unknown, name: string): string {
  if (typeof value !== 'string') throw new RpcError(RPC.typeError, `${name} must be a string`)
  return value
}

function whole(value: unknown, name: string, most: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > most)
    throw new RpcError(RPC.typeError, `${name} must be a whole number from 0 to ${most}`)
  return value
}

function fields(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new RpcError(RPC.typeError, 'options must be an object')
  return value as Record<string, unknown>
}

/** What is wrong with it, as the caller is told. */
function refusing<T>(parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    throw new RpcError(RPC.deserialization, error instanceof Error ? error.message : String(error))
  }
}
