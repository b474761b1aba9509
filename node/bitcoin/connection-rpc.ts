// RPC that opens connections of a kind and sends raw messages over them: for tests, as in Core.

import { RPC, RpcError, type RpcTable } from '../core/service.ts'
import type { DialKind } from './dials.ts'
import type { NodeRpcDeps } from './rpc-deps.ts'
import { canonicalAddress } from './wire/address.ts'
import { COMMAND_BYTES } from './wire/framing.ts'
import { fromHex } from './wire/hex.ts'
import { NODE_P2P_V2 } from './wire/v2/transport.ts'

/** Core's names, and how many there may be of each (0: any number). */
const KINDS: Readonly<Record<string, readonly [kind: DialKind, most: number]>> = {
  'outbound-full-relay': ['outbound', 8],
  'block-relay-only': ['blocks', 2],
  'addr-fetch': ['addresses', 0],
  feeler: ['feeler', 0],
}

export function connectionRpc(deps: NodeRpcDeps): RpcTable {
  return {
    addconnection: {
      params: ['address', 'connection_type', 'v2transport'],
      summary:
        'Opens a connection of this type: outbound-full-relay, block-relay-only, addr-fetch, feeler. For tests.',
      hidden: true,
      handle: ([address, type, v2transport]) => addConnection(deps, address, type, v2transport),
    },
    sendmsgtopeer: {
      params: ['peer_id', 'msg_type', 'msg'],
      summary: 'Sends a message, in hex and without its header, to one peer. For tests.',
      hidden: true,
      handle: ([id, command, message]) => sendMessage(deps, id, command, message),
    },
  }
}

function addConnection(
  { peers, services, dials }: NodeRpcDeps,
  address: unknown,
  type: unknown,
  v2transport: unknown,
): Record<string, unknown> {
  if (typeof address !== 'string' || typeof type !== 'string')
    throw new RpcError(RPC.typeError, 'JSON value is not a string as expected')
  const chosen = Object.hasOwn(KINDS, type.trim()) ? KINDS[type.trim()] : undefined
  if (!chosen)
    throw new RpcError(RPC.invalidParameter, `connection_type: one of ${Object.keys(KINDS).join(', ')}`)
  if (typeof v2transport !== 'boolean')
    throw new RpcError(RPC.typeError, 'JSON value is not a boolean as expected')
  if (v2transport && (services & NODE_P2P_V2) === 0n)
    throw new RpcError(
      RPC.invalidParameter,
      'Error: Adding v2transport connections requires -v2transport init flag to be set.',
    )
  const [kind, most] = chosen
  const there = peers.staying().filter(peer => peer.kind === kind).length
  if (most > 0 && there >= most)
    throw new RpcError(
      RPC.clientNodeCapacityReached,
      'Error: Already at capacity for specified connection type.',
    )
  dials.as(canonicalAddress(address) ?? address, kind, v2transport)
  return { address, connection_type: type.trim() }
}

function sendMessage({ peers }: NodeRpcDeps, id: unknown, command: unknown, message: unknown): object {
  if (typeof command !== 'string' || typeof message !== 'string')
    throw new RpcError(RPC.typeError, 'JSON value is not a string as expected')
  if (command.length > COMMAND_BYTES)
    throw new RpcError(RPC.invalidParameter, `Error: msg_type too long, max length is ${COMMAND_BYTES}`)
  const payload = fromHex(message)
  if (!payload) throw new RpcError(RPC.invalidParameter, 'Error parsing input for msg')
  const peer = peers.staying().find(each => each.id === id)
  if (!peer) throw new RpcError(RPC.misc, 'Error: Could not send message to peer')
  peers.sendRaw(peer, command, payload)
  return {}
}
