// What a node in a container is told: the addresses that are its container's own, and that it hears its gateway alone.

import type { LinkTable, NodeConfig } from '../../../node/api.ts'
import type { PlannedNode } from '../../spec/types.ts'
import { nodeConfig } from '../node-config.ts'
import type { Addresses, Dials, RuntimeOptions } from '../runtime.ts'
import { CONTROL_PORT, DATA_DIRECTORY, TOKEN_VARIABLE } from './container-spec.ts'
import { gatewayOnControl } from './gateway-spec.ts'
import type { TestnetNetworks } from './networks.ts'
import { withProgramBeside } from './program-spec.ts'
import { hostAddress } from './subnets.ts'

/** How a node is tied to the others. */
export interface Wiring {
  readonly addresses: Addresses
  readonly dials: Dials
  readonly links: LinkTable
}

interface ContainerPlace extends Wiring {
  readonly networks: TestnetNetworks
  /** In all subnets. */
  readonly index: number
}

export function containerConfig(
  { plan, heartbeatTimeoutMs }: Pick<RuntimeOptions, 'plan' | 'heartbeatTimeoutMs'>,
  node: PlannedNode,
  { networks, index, addresses, dials, links }: ContainerPlace,
): NodeConfig {
  const config = nodeConfig(plan, node, dials, links, {
    listen: service => listenAt(addresses[service] ?? ''),
    // Where control goes over the peers' network, too, peers have no business there.
    control: {
      ...{ host: hostAddress(networks.control.subnet, index), port: CONTROL_PORT },
      from: gatewayOnControl(networks),
    },
    tokenFile: `env:${TOKEN_VARIABLE}`,
    dataDirectory: DATA_DIRECTORY,
    heartbeatTimeoutMs,
    // A program beside it has another, and what a node's own charges would say little.
    ownGroup: node.client === undefined,
  })
  return withProgramBeside(config)
}

function listenAt(address: string): { host: string; port: number } {
  const [host = '', port] = address.split(':')
  return { host, port: Number(port) }
}
