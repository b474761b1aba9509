// What a node runs, made of its configuration: once, for the host on a machine and for the simulator.

import type { NodeConfig } from './api.ts'
import type { Address, AnyEvent } from './core/host.ts'
import { linkMethods } from './core/link-methods.ts'
import { type MetricReading, mergeRpc, type RpcTable, type Service } from './core/service.ts'
import type { Around, ServiceKind } from './kind.ts'
import { SERVICES } from './services.ts'

/** What of a node's surroundings its services are made of. */
export interface Surroundings extends Omit<Around, 'address'> {
  /** What others dial to reach this service; undefined when it cannot be dialled. */
  address(service: string): Address | undefined
}

/** A service, and what of the node's things is its own. */
export interface Composed {
  readonly service: Service
  /** Names its generator among those that are forked from the node's. */
  readonly draws: string
  /** What its keys begin with in the node's store. */
  readonly keys: string
}

/** It was there before there were others: its events, its keys and its generator go without its name. */
const FIRST = 'bitcoin'

export function kindOf(name: string): ServiceKind | undefined {
  return SERVICES.find(kind => kind.name === name)
}

/** Names the generator of its links among those that are forked from the node's. */
export function linksOf(name: string): string {
  return name === FIRST ? 'links' : `links ${name}`
}

/** The services configured, in the order of the list. */
export function compose(configs: NodeConfig['services'], around: Surroundings): readonly Composed[] {
  const { version, random, machine, shared } = around
  return SERVICES.flatMap(kind => {
    const config = configs[kind.name]
    if (!config) return []
    const { name } = kind
    const service = kind.make(config, { version, random, address: around.address(name), machine, shared })
    const first = name === FIRST
    return [{ service, draws: first ? 'core' : `service ${name}`, keys: first ? '' : `service/${name}/` }]
  })
}

/** What all of them can be asked; two methods of one name are a bug. */
export function rpcOf(services: readonly Service[]): RpcTable {
  return mergeRpc([...services.map(({ rpc }) => rpc), linkMethods(services)])
}

/** What all of them count; one metric of two services is a bug. */
export function readingsOf(services: readonly Service[]): readonly MetricReading[] {
  const owners = new Map<string, Service>()
  return services.flatMap(service =>
    service.readMetrics().map(reading => {
      const owner = owners.get(reading.name) ?? service
      if (owner !== service)
        throw new Error(`${reading.name}: ${owner.name} and ${service.name} have this metric`)
      owners.set(reading.name, owner)
      return reading
    }),
  )
}

/** The names of the services configured, in the order of the list. */
export function namesOf(configs: NodeConfig['services']): readonly string[] {
  return SERVICES.flatMap(({ name }) => (configs[name] ? [name] : []))
}

/** Where a node is reached in the first place: by the first of its services. */
export function firstOf(ports: { readonly [service: string]: Address }): Address {
  return ports[FIRST] ?? Object.values(ports)[0] ?? ''
}

/** How a service tells of events: under its name, so that no two services can mean different things by one. */
export function teller(name: string, emit: (event: AnyEvent) => void): (event: AnyEvent) => void {
  if (name === FIRST) return emit
  return event => {
    if (!event.type.startsWith(`${name}/`)) throw new Error(`${name} may not tell of ${event.type}`)
    emit(event)
  }
}
