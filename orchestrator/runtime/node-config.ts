// What a runtime tells a node: the plan's part, service by service, and the place that the runtime has for it.

import type { LinkTable, NodeConfig, ServiceConfigs } from '../../node/api.ts'
import { paceOf } from '../network/pace.ts'
import { roundTripOf } from '../network/patience.ts'
import type { Plan, PlannedNode } from '../spec/types.ts'
import type { ServicePlace } from '../systems/service.ts'
import type { Addresses, Dials } from './runtime.ts'
import { reachedBy, SERVICE_NAMES, serviceConfig, servicesOf } from './service-parts.ts'

const EVENT_BUFFER = 20_000

/** What only the runtime knows. */
export type NodePlace = Pick<
  NodeConfig,
  'control' | 'tokenFile' | 'dataDirectory' | 'heartbeatTimeoutMs' | 'lifeline' | 'ownGroup'
> & { listen(service: string): ServicePlace['listen'] }

export function nodeConfig(
  plan: Plan,
  node: PlannedNode,
  dials: Dials,
  links: LinkTable,
  { listen, ...place }: NodePlace,
): NodeConfig {
  const roundTripMs = roundTripOf(plan)
  const heartbeatGraceMs = paceOf(plan).ms(place.heartbeatTimeoutMs)
  return {
    name: node.name,
    seed: node.seed,
    services: serviceConfigs(plan, node, dials, listen),
    ...place,
    ...(heartbeatGraceMs > place.heartbeatTimeoutMs && { heartbeatGraceMs }),
    ephemeral: plan.keep !== true,
    links,
    ...(roundTripMs !== undefined && { roundTripMs }),
    eventBuffer: EVENT_BUFFER,
    ...(node.log && { log: node.log }),
  }
}

export function serviceConfigs(
  plan: Plan,
  node: PlannedNode,
  { connect = {}, reach = {} }: Dials,
  listen: NodePlace['listen'],
): ServiceConfigs {
  const parts = servicesOf(node).map(name => {
    const reached = reachedBy(name).length > 0
    const place = { listen: listen(name), connect: connect[name] ?? [], ...(reached && { reach }) }
    return [name, serviceConfig(plan, node, name, place)] as const
  })
  return Object.fromEntries(parts)
}

/** Where each service listens on a machine that is the node's own; `port` is the first one's. */
export function addressesOn(ip: string, port: number, services: readonly string[]): Addresses {
  return Object.fromEntries(services.map(name => [name, `${ip}:${port + indexOf(name)}`]))
}

function indexOf(service: string): number {
  const index = SERVICE_NAMES.indexOf(service)
  if (index < 0) throw new Error(`no service is named ${service}`)
  return index
}
