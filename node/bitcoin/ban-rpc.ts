// RPC that keeps others out: bans of hosts and subnets, and the switch of the whole P2P network.

import { RPC, RpcError, type RpcTable } from '../core/service.ts'
import { parseSubnet } from './bans.ts'
import type { NodeRpcDeps } from './rpc-deps.ts'

export const USUAL_BAN_SECONDS = 24 * 60 * 60
const ALL_BITS = 128

export function banRpc(deps: NodeRpcDeps): RpcTable {
  const { bans, clock } = deps
  return {
    setban: {
      params: ['subnet', 'command', 'bantime?', 'absolute?'],
      summary:
        'Keeps a host or a subnet out (add) for so many seconds (0: a day), or lets it in again (remove).',
      handle: ([subnet, command, time, absolute]) => setBan(deps, subnet, command, time, absolute),
    },
    listbanned: {
      params: [],
      summary: 'Hosts and subnets that are kept out.',
      handle: () => {
        const now = Math.floor(clock.now() / 1000)
        return bans.list().map(([address, { created, until }]) => ({
          address,
          ban_created: created,
          banned_until: until,
          ban_duration: until - created,
          time_remaining: until - now,
        }))
      },
    },
    clearbanned: {
      params: [],
      summary: 'Lets everybody in again.',
      handle: () => {
        bans.clear()
        return null
      },
    },
    setnetworkactive: {
      params: ['state'],
      summary: 'Takes this node off the P2P network (false), or lets it connect again (true).',
      handle: ([state]) => {
        if (typeof state !== 'boolean')
          throw new RpcError(RPC.typeError, `JSON value of type ${typeof state} is not of expected type bool`)
        deps.setActive(state)
        return state
      },
    },
  }
}

function setBan(
  deps: NodeRpcDeps,
  said: unknown,
  command: unknown,
  time: unknown = 0,
  absolute: unknown = false,
): null {
  const { banSeconds, bans, clock } = deps
  if (command !== 'add' && command !== 'remove')
    throw new RpcError(RPC.misc, 'setban "subnet" "command" ( bantime absolute )')
  const subnet = typeof said === 'string' ? parseSubnet(said) : undefined
  if (!subnet) throw new RpcError(RPC.clientInvalidIpOrSubnet, 'Error: Invalid IP/Subnet')
  if (command === 'remove') {
    if (!bans.remove(subnet))
      throw new RpcError(
        RPC.clientInvalidIpOrSubnet,
        'Error: Unban failed. Requested address/subnet was not previously manually banned.',
      )
    return null
  }
  if (subnet.bits === ALL_BITS ? bans.coversHost(subnet) : bans.has(subnet))
    throw new RpcError(RPC.clientNodeAlreadyAdded, 'Error: IP/Subnet already banned')
  const seconds = typeof time === 'number' && Number.isInteger(time) ? time : 0
  const now = Math.floor(clock.now() / 1000)
  if (absolute === true && seconds < now)
    throw new RpcError(RPC.invalidParameter, 'Error: Absolute timestamp is in the past')
  bans.add(subnet, absolute === true ? seconds : now + (seconds > 0 ? seconds : banSeconds))
  closeBanned(deps)
  return null
}

function closeBanned({ bans, peers }: NodeRpcDeps): void {
  for (const peer of peers.staying()) if (bans.covers(peer.socketAddress)) peers.drop(peer, 'banned')
}
