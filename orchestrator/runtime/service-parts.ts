// The services of planned nodes: which ones a node runs, and each one's configuration, made of the parts that systems have in it.

import type { ServiceConfigs } from '../../node/api.ts'
import type { Plan, PlannedNode } from '../spec/types.ts'
import { SYSTEMS } from '../systems/all.ts'
import { systemsOf } from '../systems/present.ts'
import type { ServicePlace } from '../systems/service.ts'

/** Where a machine is the node's own, each has the same port everywhere: that of the first, and those behind it. */
export const SERVICE_NAMES: readonly string[] = [
  ...new Set(SYSTEMS.flatMap(({ services }) => services.map(({ name }) => name))),
]

/** What a node runs. */
export function servicesOf(planned: PlannedNode): readonly string[] {
  const own = new Set(partsOf(planned).map(({ name }) => name))
  return SERVICE_NAMES.filter(name => own.has(name))
}

export function serviceConfig(
  plan: Plan,
  planned: PlannedNode,
  service: string,
  place: ServicePlace,
): NonNullable<ServiceConfigs[string]> {
  const parts = partsOf(planned).filter(({ name }) => name === service)
  return Object.assign({}, ...parts.map(part => part.config(plan, planned, place)))
}

const PARTS = SYSTEMS.flatMap(({ services }) => services)

/** Services that this one is told of beside its peers. */
export function reachedBy(service: string): readonly string[] {
  return PARTS.flatMap(({ name, reaches = [] }) => (name === service ? reaches : []))
}

/** It dials its peers again when it has lost them, and they it. */
export function keepsPeers(service: string): boolean {
  return PARTS.some(({ name, passing }) => name === service && passing === undefined)
}

/** What of this service's part of /health is told of. */
export function seenOf(service: string, status: object): object {
  const seen = PARTS.find(part => part.name === service && part.seen)?.seen
  return seen ? seen(status) : status
}

const partsOf = (planned: PlannedNode) => systemsOf({ nodes: [planned] }).flatMap(({ services }) => services)
