// What answers a node's RPC: its services' methods and the host's own; of a node that is other people's program little of that,
// and the program itself for the rest.

import { rpcOf } from '../compose.ts'
import type { RpcTable, Service } from '../core/service.ts'
import { type HostServices, hostMethods } from './methods.ts'
import { type RpcOptions, RpcServer } from './rpc.ts'

/** Of the host's own, those that are about the node and not about what it runs. */
const ABOUT_THE_NODE = ['stop'] as const

export function answering(
  services: readonly Service[],
  host: HostServices,
  told: Pick<RpcOptions, 'observe' | 'onBug'>,
): RpcServer {
  const others = rpcOf(services)
  const methods = hostMethods(others, host)
  const stranger = services.find(service => service.forward !== undefined)
  if (!stranger) return new RpcServer({ methods, ...told })
  const ours: RpcTable = {
    ...others,
    ...Object.fromEntries(ABOUT_THE_NODE.flatMap(name => (methods[name] ? [[name, methods[name]]] : []))),
  }
  const forward: RpcOptions['forward'] = (method, params, respond, wallet) =>
    stranger.forward?.(method, params, respond, wallet)
  return new RpcServer({ methods: ours, forward, ...told })
}
