// What tests in containers share: the engine, the command line on it, and a look into containers.

import type { ContainerInspectInfo } from 'dockerode'
import { onTestFinished } from 'vitest'
import { connectEngine, type Engine } from '../../orchestrator/runtime/docker/engine.ts'
import { LABEL } from '../../orchestrator/runtime/docker/labels.ts'
import { Desk } from './cli.ts'

/** Three nodes, a block a second. */
export const THREE = `
runtime: docker
mining: { hashRate: 100kH/s }
chain: { blockInterval: 1s, maturity: 3 }
links: { latency: 0ms, jitter: 0ms }
load: { tx: 0/s }
nodes: { miners: { count: 3, share: 100% } }
`

let engine: Promise<Engine> | undefined

export async function docker(): Promise<Engine['docker']> {
  engine ??= connectEngine()
  return (await engine).docker
}

/** A terminal whose networks run in containers; the desk's own sweep removes what a test leaves in the engine. */
export function containerDesk(yaml = THREE): Desk {
  return new Desk(yaml)
}

/** Running containers of one network by node name; a program beside a node: by that and a word. */
export async function containersOf(labels: Readonly<Record<string, string>>): Promise<Map<string, string>> {
  const label = Object.entries(labels).map(([name, value]) => `${name}=${value}`)
  const found = await (await docker()).listContainers({ filters: { label } })
  const nameOf = ({ Id, Labels }: { Id: string; Labels: Readonly<Record<string, string>> }) => {
    const { [LABEL.node]: node, [LABEL.role]: role } = Labels
    return node !== undefined && role === 'program' ? `${node} program` : (node ?? role ?? Id)
  }
  return new Map(found.map(each => [nameOf(each), each.Id]))
}

/** Everything in the engine with this label, as `kind name`. */
export async function thingsWith(label: string): Promise<string[]> {
  const client = await docker()
  const filters = { label: [label] }
  const [containers, networks, { Volumes: volumes }] = await Promise.all([
    client.listContainers({ all: true, filters }),
    client.listNetworks({ filters }),
    client.listVolumes({ filters }),
  ])
  return [
    ...containers.map(({ Names }) => `container ${Names[0]}`),
    ...networks.map(({ Name }) => `network ${Name}`),
    ...(volumes ?? []).map(({ Name }) => `volume ${Name}`),
  ]
}

export async function inspect(id: string): Promise<ContainerInspectInfo> {
  return await (await docker()).getContainer(id).inspect()
}

/** Runs a command inside a container; its output and exit code. */
export async function inside(id: string, ...command: string[]): Promise<{ code: number; output: string }> {
  return await insideOf(await docker(), id, ...command)
}

/** The same in an engine of one's own. */
export async function insideOf(
  client: Engine['docker'],
  id: string,
  ...command: string[]
): Promise<{ code: number; output: string }> {
  const exec = await client
    .getContainer(id)
    .exec({ Cmd: command, AttachStdout: true, AttachStderr: true, Tty: true })
  const stream = await exec.start({ Tty: true })
  let output = ''
  for await (const part of stream as AsyncIterable<Buffer>) output += part.toString('utf8')
  const { ExitCode } = await exec.inspect()
  return { code: ExitCode ?? -1, output: output.trim() }
}

/** A network of somebody else, gone after the test. */
export async function foreignNetwork(options: {
  readonly name: string
  readonly subnet: string
  readonly labels?: Readonly<Record<string, string>>
}): Promise<void> {
  const client = await docker()
  const { name, subnet, labels } = options
  const network = await client.createNetwork({
    Name: name,
    IPAM: { Driver: 'default', Config: [{ Subnet: subnet }] },
    ...(labels && { Labels: { ...labels } }),
  })
  onTestFinished(() => network.remove())
}
