// The RPC methods of the node itself: peers, network, addresses. Names, shapes and errors are Bitcoin Core's.

import type { PeerId } from '../core/host.ts'
import { RPC, RpcError, type RpcTable } from '../core/service.ts'
import { addressRpc } from './address-rpc.ts'
import { networkOfPeer, splitAddress } from './address-words.ts'
import { banRpc } from './ban-rpc.ts'
import { connectionRpc } from './connection-rpc.ts'
import type { ConnectionKind, Peer } from './peer.ts'
import type { Totals } from './peers.ts'
import type { NodeRpcDeps } from './rpc-deps.ts'
import { addressAsTyped } from './wire/address.ts'
import { PROTOCOL_VERSION } from './wire/messages.ts'
import { NODE_P2P_V2 } from './wire/v2/transport.ts'

/** The version of Core whose shapes these are; tools look at it. */
const CORE_VERSION = 280000

/** By the number of their bit. */
const SERVICE_NAMES: ReadonlyMap<number, string> = new Map([
  [0, 'NETWORK'],
  [2, 'BLOOM'],
  [3, 'WITNESS'],
  [6, 'COMPACT_FILTERS'],
  [10, 'NETWORK_LIMITED'],
  [11, 'P2P_V2'],
])

/** Of addresses; only IP is spoken here. */
const NETWORKS = ['ipv4', 'ipv6', 'onion', 'i2p', 'cjdns']
/** Where no port is named (Core's on regtest). */
const USUAL_PORT = 18_444

const CONNECTION_TYPES: Readonly<Record<ConnectionKind, string>> = {
  inbound: 'inbound',
  manual: 'manual',
  outbound: 'outbound-full-relay',
  blocks: 'block-relay-only',
  addresses: 'addr-fetch',
  feeler: 'feeler',
}

export function nodeRpc(deps: NodeRpcDeps): RpcTable {
  const { peers, keepAlive } = deps
  return {
    getpeerinfo: {
      params: [],
      summary:
        'One object for each connected peer. Its network: (ipv4, ipv6, onion, i2p, cjdns, not_publicly_routable).',
      handle: () => peers.staying().map(peer => peerInfo(deps, peer)),
    },
    getconnectioncount: {
      params: [],
      summary: 'Number of connections, both ways.',
      handle: () => peers.staying().length,
    },
    getnetworkinfo: {
      params: [],
      summary: 'State of the P2P network, and of networks by name: (ipv4, ipv6, onion, i2p, cjdns).',
      handle: () => networkInfo(deps),
    },
    addnode: {
      params: ['node', 'command', 'v2transport?'],
      summary: 'Keeps a peer connected (add), stops that (remove), or dials it once (onetry).',
      handle: ([node, command, v2transport]) => addNode(deps, node, command, v2transport),
    },
    disconnectnode: {
      params: ['address?', 'nodeid?'],
      summary: 'Closes the connection to one peer, by its address or by its id.',
      handle: ([address, nodeid]) => disconnectNode(deps, address, nodeid),
    },
    getaddednodeinfo: {
      params: ['node?'],
      summary: 'The peers that are kept connected, or one of them, and whether they are.',
      handle: ([node]) => addedNodes(deps, node),
    },
    getnettotals: {
      params: [],
      summary: 'Bytes over all connections there ever were.',
      handle: () => netTotals(deps),
    },
    ping: {
      params: [],
      summary: 'Pings all peers; getpeerinfo shows the times.',
      handle: () => {
        keepAlive.pingAll()
        return null
      },
    },
    ...addressRpc(deps),
    ...connectionRpc(deps),
    ...banRpc(deps),
  }
}

function peerInfo(deps: NodeRpcDeps, peer: Peer): Record<string, unknown> {
  const { clock, gossip, peers, protocols } = deps
  const nowMs = clock.now()
  const bound = deps.boundTo(peer.id)
  const waitMs = peer.ping.waitMs(nowMs)
  const addresses = gossip.statsOf(peer)
  return {
    id: peer.id,
    addr: peer.address,
    ...(bound !== undefined && { addrbind: bound }),
    network: networkOfPeer(peer.address),
    services: servicesHex(peer.services),
    servicesnames: serviceNames(peer.services),
    relaytxes: peer.relaysTransactions,
    lastsend: peer.sent.bytes === 0 ? 0 : seconds(peer.sent.lastMs),
    lastrecv: peer.heardBytes === 0 ? 0 : seconds(peer.received.lastMs),
    last_transaction: seconds(peer.lastTransactionMs),
    last_block: seconds(peer.lastBlockMs),
    bytessent: peer.sent.bytes,
    bytesrecv: peer.heardBytes,
    conntime: seconds(peer.connectedMs),
    timeoffset: peer.timeOffsetSeconds,
    ...(peer.ping.lastMs === undefined ? {} : { pingtime: peer.ping.lastMs / 1000 }),
    ...(peer.minPingMs === undefined ? {} : { minping: peer.minPingMs / 1000 }),
    ...(waitMs === undefined ? {} : { pingwait: waitMs / 1000 }),
    version: peer.protocolVersion,
    subver: peer.userAgent,
    inbound: peer.inbound,
    bip152_hb_to: false,
    bip152_hb_from: false,
    startingheight: peer.startHeight,
    presynced_headers: -1,
    synced_headers: -1,
    synced_blocks: -1,
    inflight: [],
    addr_relay_enabled: gossip.takesPart(peer),
    addr_processed: addresses.processed,
    addr_rate_limited: addresses.limited,
    permissions: [...peer.permissions],
    minfeefilter: 0,
    bytessent_per_msg: perMessage(peers.by(peer.sent)),
    bytesrecv_per_msg: perMessage(peers.by(peer.received)),
    connection_type: CONNECTION_TYPES[peer.kind],
    transport_protocol_type: peer.v2?.type ?? 'v1',
    session_id: peer.v2?.sessionId ?? '',
    // What the protocols know better.
    ...Object.assign({}, ...protocols.map(protocol => protocol.describePeer?.(peer))),
  }
}

function networkInfo(deps: NodeRpcDeps): Record<string, unknown> {
  const { peers, services, userAgent, listenAddress, protocols } = deps
  const there = peers.staying()
  const inbound = there.filter(peer => peer.inbound).length
  const networks = NETWORKS.map(name => ({
    name,
    limited: !name.startsWith('ip'),
    reachable: name.startsWith('ip'),
    proxy: '',
    proxy_randomize_credentials: false,
  }))
  return {
    version: CORE_VERSION,
    subversion: userAgent,
    protocolversion: PROTOCOL_VERSION,
    localservices: servicesHex(services),
    localservicesnames: serviceNames(services),
    localrelay: !deps.blocksOnly,
    timeoffset: 0,
    networkactive: !deps.dials.paused,
    connections: there.length,
    connections_in: inbound,
    connections_out: there.length - inbound,
    networks,
    relayfee: 0,
    incrementalfee: 0,
    localaddresses: listenAddress === undefined ? [] : [{ ...splitAddress(listenAddress), score: 1 }],
    warnings: [],
    ...Object.assign({}, ...protocols.map(protocol => protocol.describeNetwork?.())),
  }
}

const COMMANDS = ['add', 'remove', 'onetry']

function addNode(deps: NodeRpcDeps, node: unknown, command: unknown, v2transport: unknown): null {
  const { kept, forgive, dials } = deps
  if (!COMMANDS.some(each => each === command))
    throw new RpcError(RPC.misc, 'addnode "node" "command" ( v2transport )\n\ncommand: add, remove or onetry')
  const address = typeof node === 'string' ? addressAsTyped(node, USUAL_PORT) : undefined
  if (typeof node !== 'string' || address === undefined)
    throw new RpcError(RPC.invalidParameter, 'node: host or host:port expected')
  const v2 = wantsV2(deps, v2transport)
  if (command === 'onetry') dials.byHand(address, v2)
  else if (command === 'add') {
    forgive(address)
    if (!kept.add(address, v2, node))
      throw new RpcError(RPC.clientNodeAlreadyAdded, 'Error: Node already added')
  } else if (!kept.remove(address))
    throw new RpcError(
      RPC.clientNodeNotAdded,
      'Error: Node could not be removed. It has not been added previously.',
    )
  return null
}

/** As the node has it, where nothing is said. */
function wantsV2({ services, dials }: NodeRpcDeps, v2transport: unknown): boolean {
  if (v2transport === undefined || v2transport === null) return dials.v2
  if (typeof v2transport !== 'boolean')
    throw new RpcError(RPC.typeError, 'JSON value is not a boolean as expected')
  if (v2transport && (services & NODE_P2P_V2) === 0n)
    throw new RpcError(
      RPC.invalidParameter,
      'Error: v2transport requested but not enabled (see -v2transport)',
    )
  return v2transport
}

function disconnectNode({ peers }: NodeRpcDeps, address: unknown, nodeid: unknown): null {
  const byAddress = typeof address === 'string' && address !== ''
  if (byAddress === (typeof nodeid === 'number'))
    throw new RpcError(RPC.invalidParams, 'Only one of address and nodeid should be provided.')
  const peer = byAddress
    ? peers.staying().find(one => one.address === address || one.socketAddress === address)
    : peers.get(nodeid as PeerId)
  if (!peer) throw new RpcError(RPC.clientNodeNotConnected, 'Node not found in connected nodes')
  peers.drop(peer, 'disconnectnode')
  return null
}

function addedNodes({ kept, peers }: NodeRpcDeps, node: unknown): unknown[] {
  const wanted = typeof node === 'string' ? (addressAsTyped(node, USUAL_PORT) ?? node) : undefined
  const chosen = kept.addresses().filter(address => wanted === undefined || address === wanted)
  if (wanted !== undefined && chosen.length === 0)
    throw new RpcError(RPC.clientNodeNotAdded, 'Error: Node has not been added.')
  return chosen.map(address => {
    const peer = peers.at(address)
    const connected = peer !== undefined
    const direction = peer?.inbound ? 'inbound' : 'outbound'
    return {
      addednode: kept.nameOf(address),
      connected,
      addresses: connected ? [{ address, connected: direction }] : [],
    }
  })
}

/** Nothing here limits what is uploaded. */
const NO_UPLOAD_TARGET = {
  timeframe: 86_400,
  target: 0,
  target_reached: false,
  serve_historical_blocks: true,
  bytes_left_in_cycle: 0,
  time_left_in_cycle: 0,
}

function netTotals({ clock, peers }: NodeRpcDeps): Record<string, unknown> {
  return {
    totalbytesrecv: peers.heardBytes,
    totalbytessent: peers.sentBytes,
    timemillis: Math.floor(clock.now()),
    uploadtarget: NO_UPLOAD_TARGET,
  }
}

function servicesHex(services: bigint): string {
  return services.toString(16).padStart(16, '0')
}

function serviceNames(services: bigint): string[] {
  const bits = Array.from({ length: 64 }, (_, bit) => bit).filter(bit => services & (1n << BigInt(bit)))
  return bits.map(bit => SERVICE_NAMES.get(bit) ?? `UNKNOWN[2^${bit}]`)
}

function perMessage(totals: Totals): Record<string, number> {
  return Object.fromEntries(Array.from(totals, ([command, { bytes }]) => [command, bytes]))
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000)
}
