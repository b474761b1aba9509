// What a node's container may do, and that is little: no root, no capability, nothing writable but its data and /tmp.

import type Docker from 'dockerode'
import type { ContainerCreateOptions, MountSettings } from 'dockerode'
import type { NodeConfig, ProgramPlace } from '../../../node/api.ts'
import type { NodeLimits, PlannedNode } from '../../spec/types.ts'
import { type Identity, labelsOf, objectName } from './labels.ts'
import type { TestnetNetworks } from './networks.ts'
import { hostAddress } from './subnets.ts'

/** Of the first service; the others' follow. */
export const P2P_PORT = 18_444
export const CONTROL_PORT = 18_480
/** What a program has of the namespaces that it shares with its node: below the ports that the kernel gives to those who dial. */
export const PROGRAM_PLACE: ProgramPlace = { directory: '/program', p2p: 18_500, rpc: 18_501 }
const DATA = '/data'
/** A folder in the volume: the node removes it when it is left alone, which it cannot do to the volume itself. */
export const DATA_DIRECTORY = `${DATA}/node`
export const CONFIG_VARIABLE = 'NETSPLIT_CONFIG'
export const TOKEN_VARIABLE = 'NETSPLIT_TOKEN'
/** Linux allows one variable 128 KiB. */
const MAX_VARIABLE_BYTES = 128 * 1024 - 256
export const LOG_CONFIG = { Type: 'json-file', Config: { 'max-size': '5m', 'max-file': '2' } }
/**
 * Nobody there answers. A network that leads nowhere has the engine's own resolver all the same, which asks others in the engine's
 * name where it is told of any (CVE-2024-29018): a way out for whoever writes what he has to say into the names that he asks for.
 */
const NO_RESOLVER = '127.0.0.1'
export const TMPFS = 'rw,noexec,nosuid,nodev,size=16m'
const SECOND_NS = 1e9

export interface NodeContainerWish {
  readonly identity: Identity
  readonly networks: TestnetNetworks
  readonly image: string
  /** The node's place in both subnets. */
  readonly index: number
  readonly config: NodeConfig
  readonly token: string
  readonly limits: NodeLimits
  /** The engine's; more cannot be asked for. */
  readonly cores: number
  /** Other people's program runs beside it: they have a volume in common. */
  readonly program?: boolean
  /** The engine takes both networks at once; otherwise `data` is connected before the start. */
  readonly bothNetworks: boolean
}

export function containerSpec(wish: NodeContainerWish): ContainerCreateOptions {
  const { identity, networks, config, limits } = wish
  const labels = { ...labelsOf(identity, 'node', config.name) }
  const control = endpoint(networks.control.subnet, wish.index)
  return {
    name: objectName(identity, config.name),
    Hostname: config.name,
    Image: wish.image,
    User: '1000:1000',
    // By environment: a command line is what tools print.
    Env: [variable(CONFIG_VARIABLE, JSON.stringify(config)), variable(TOKEN_VARIABLE, wish.token)],
    Labels: labels,
    Healthcheck: healthcheck(hostAddress(networks.control.subnet, wish.index)),
    HostConfig: {
      NetworkMode: networks.control.name,
      ...confined(limits, wish.cores),
      Dns: [NO_RESOLVER],
      Init: true,
      Tmpfs: { '/tmp': TMPFS },
      Mounts: [
        volumeMount(identity, config.name, DATA),
        ...(wish.program ? [volumeMount(identity, programOf(config.name), PROGRAM_PLACE.directory)] : []),
      ],
    },
    NetworkingConfig: {
      EndpointsConfig: {
        [networks.control.name]: control,
        ...(wish.bothNetworks && { [networks.data.name]: endpoint(networks.data.subnet, wish.index) }),
      },
    },
  }
}

/** What a node may not do, and no program beside it; how much it may use, of so many cores. */
export function confined(limits: NodeLimits, cores: number): ContainerCreateOptions['HostConfig'] {
  return {
    // What ends leaves no container behind, whoever is there to see it; `start` makes a new one on its data.
    AutoRemove: true,
    ReadonlyRootfs: true,
    CapDrop: ['ALL'],
    SecurityOpt: ['no-new-privileges'],
    PidsLimit: limits.pids,
    Memory: limits.memoryBytes,
    MemorySwap: limits.memoryBytes, // equal: no swap
    NanoCpus: Math.round(Math.min(limits.cpus, cores) * SECOND_NS),
    LogConfig: LOG_CONFIG,
  }
}

/** What goes by a node's name and a word: no node has such a name. */
export function programOf(node: string): string {
  return `${node}.program`
}

/** What a network has beside its nodes, named so that no node has that name. */
export function ownName(what: string): string {
  return `own.${what}`
}

/** A volume that is empty takes over owner and rights of what the image has there; with `asItIs` it does not. */
export function volumeMount(identity: Identity, name: string, target: string, asItIs = false): MountSettings {
  return {
    Type: 'volume',
    Source: volumeName(identity, name),
    Target: target,
    VolumeOptions: {
      NoCopy: asItIs,
      Labels: volumeLabels(identity, name),
      DriverConfig: { Name: 'local', Options: {} },
    },
  }
}

/** It may outlive the run: its label names the run that made it. */
function volumeLabels(identity: Identity, node: string): { [label: string]: string } {
  return { ...labelsOf({ ...identity, run: identity.data }, 'node', node) }
}

function volumeName(identity: Identity, node: string): string {
  return objectName({ ...identity, run: identity.data }, node)
}

/** For an engine that does not label what a container brings. */
export async function createVolumes(
  docker: Docker,
  identity: Identity,
  { name, client }: Pick<PlannedNode, 'name' | 'client'>,
): Promise<void> {
  for (const what of client ? [name, programOf(name)] : [name])
    await docker.createVolume({ Name: volumeName(identity, what), Labels: volumeLabels(identity, what) })
}

/** A fixed address in a network, as the engine wants it. */
export function endpoint(subnet: TestnetNetworks['data']['subnet'], index: number) {
  return { IPAMConfig: { IPv4Address: hostAddress(subnet, index) } }
}

/**
 * For those who look with the engine's own tools; the controller asks /health itself, once a second. An answer of any kind
 * shows that the node lives. Without its token, or the question would count as a sign of its controller.
 */
function healthcheck(address: string): ContainerCreateOptions['Healthcheck'] {
  const ask = `exec 3<>/dev/tcp/${address}/${CONTROL_PORT} && printf 'GET /health HTTP/1.0\\r\\nHost: ${address}\\r\\n\\r\\n' >&3 && read -r line <&3 && [[ $line == HTTP/* ]]`
  return {
    Test: ['CMD', 'bash', '-c', ask],
    Interval: 60 * SECOND_NS,
    Timeout: 5 * SECOND_NS,
    Retries: 3,
  }
}

function variable(name: string, value: string): string {
  const text = `${name}=${value}`
  if (Buffer.byteLength(text) <= MAX_VARIABLE_BYTES) return text
  throw new RangeError(`${name} is too large for the environment of a process: too many links at one node`)
}
