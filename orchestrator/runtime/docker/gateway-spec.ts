// The container of a network's gateway: as confined as a node's, on the nodes' control network and on the one that leads out, and
// the only one whose port is published.

import type { ContainerCreateOptions } from 'dockerode'
import { GATEWAY_VARIABLE, type GatewayConfig, TUNNEL_FLAG } from '../../gateway/api.ts'
import { endpoint, LOG_CONFIG, ownName, TMPFS } from './container-spec.ts'
import { type Identity, labelsOf, objectName } from './labels.ts'
import type { TestnetNetworks } from './networks.ts'
import { gatewayAddress, hostAddress, MAX_HOSTS } from './subnets.ts'

export const GATEWAY_PORT = 18_480
/** In `front`. */
const FRONT_PLACE = 0
/** In `control`, behind all nodes. */
const CONTROL_PLACE = MAX_HOSTS - 1
/** So many nodes have a place. */
export const MOST_NODES = CONTROL_PLACE
const MEMORY_BYTES = 128e6
/** What it holds is on its way: a heap of this size is never full. */
const HEAP_MB = 64
/** Its own threads, and those of the far end of a tunnel. */
const PROGRAM = 'dist/gateway.cjs'
const PIDS = 64

export interface GatewayWish {
  readonly identity: Identity
  readonly networks: TestnetNetworks
  readonly image: string
  readonly config: Omit<GatewayConfig, 'host' | 'port' | 'machine'>
  /** Of the engine's machine, on 127.0.0.1; empty: a free one; undefined: none. */
  readonly hostPort: string | undefined
  /** As a node's. */
  readonly bothNetworks: boolean
}

export function gatewaySpec(wish: GatewayWish): ContainerCreateOptions {
  const { identity, networks, image, hostPort } = wish
  const port = `${GATEWAY_PORT}/tcp`
  // On `control` nobody listens: a node cannot ask it anything.
  const at = { host: frontAddress(networks), port: GATEWAY_PORT }
  const config: GatewayConfig = { ...wish.config, ...at, machine: gatewayAddress(networks.control.subnet) }
  return {
    name: objectName(identity, ownName('gateway')),
    Hostname: 'gateway',
    Image: image,
    User: '1000:1000',
    Entrypoint: ['node', '--max-semi-space-size=1', `--max-old-space-size=${HEAP_MB}`, PROGRAM],
    Cmd: [],
    Env: [`${GATEWAY_VARIABLE}=${JSON.stringify(config)}`],
    Labels: { ...labelsOf(identity, 'gateway') },
    ExposedPorts: { [port]: {} },
    Healthcheck: { Test: ['NONE'] },
    HostConfig: {
      NetworkMode: networks.front.name,
      ...(hostPort !== undefined && {
        PortBindings: { [port]: [{ HostIp: '127.0.0.1', HostPort: hostPort }] },
      }),
      AutoRemove: true,
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      // It stands in two networks, and is no way from the one to the other.
      Sysctls: { 'net.ipv4.ip_forward': '0' },
      PidsLimit: PIDS,
      Memory: MEMORY_BYTES,
      MemorySwap: MEMORY_BYTES,
      LogConfig: LOG_CONFIG,
      Tmpfs: { '/tmp': TMPFS },
    },
    NetworkingConfig: {
      EndpointsConfig: {
        [networks.front.name]: endpoint(networks.front.subnet, FRONT_PLACE),
        ...(wish.bothNetworks && { [networks.control.name]: controlEndpoint(networks) }),
      },
    },
  }
}

/** Its program once more, as the far end of a tunnel. */
export const TUNNEL_COMMAND = [
  'node',
  '--max-semi-space-size=1',
  `--max-old-space-size=${HEAP_MB}`,
  PROGRAM,
  TUNNEL_FLAG,
]

/** For an engine that takes one network at a time. */
export function controlEndpoint({ control }: TestnetNetworks) {
  return endpoint(control.subnet, CONTROL_PLACE)
}

/** From where nodes hear it. */
export function gatewayOnControl({ control }: TestnetNetworks): string {
  return hostAddress(control.subnet, CONTROL_PLACE)
}

/** Where it answers those who are on `front`. */
export function frontAddress({ front }: TestnetNetworks): string {
  return hostAddress(front.subnet, FRONT_PLACE)
}
