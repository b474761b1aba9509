// The clients: the one list of them. Our own needs no entry: it is what a group runs where nothing else is said.

import type { PlannedEdge } from '../spec/types.ts'
import { bcoin } from './bcoin.ts'
import { bitcoind } from './bitcoind.ts'
import { btcd } from './btcd.ts'
import type { Client, ClientSaid, PlannedClient } from './client.ts'
import { command } from './command.ts'

export const CLIENTS: readonly Client[] = [bitcoind, bcoin, btcd, command]

export function clientNamed(name: string): Client | undefined {
  return CLIENTS.find(client => client.name === name)
}

/** Of a group that says one; undefined: ours. */
export function planClient(asked: string | undefined, said: ClientSaid): PlannedClient | undefined {
  const client = asked === undefined ? undefined : clientNamed(asked)
  if (!client) return undefined
  const { name, wallet, agent, dials = false, forgets = false, replaces, launch } = client
  const { version, image } = said
  return {
    ...{ name, wallet },
    ...(dials && { dials }),
    ...(forgets && { forgets }),
    ...(replaces !== undefined && { replaces }),
    ...(agent !== undefined && { agent }),
    ...(version !== undefined && { version }),
    said,
    launch: { ...launch(said), ...(image !== undefined && { image }) },
  }
}

/** Who learns only from those it dialled is the one to dial. */
export function dialledAsNeeded<Topology extends { readonly edges: readonly PlannedEdge[] }>(
  topology: Topology,
  nodes: readonly { readonly name: string; readonly client?: PlannedClient }[],
): Topology {
  const dialling = new Set(nodes.flatMap(({ name, client }) => (client?.dials ? [name] : [])))
  if (dialling.size === 0) return topology
  const edges = topology.edges.map(edge =>
    dialling.has(edge.to) && !dialling.has(edge.from) ? turned(edge) : edge,
  )
  return { ...topology, edges }
}

function turned({ from, to, link, reverse }: PlannedEdge): PlannedEdge {
  return reverse ? { from: to, to: from, link: reverse, reverse: link } : { from: to, to: from, link }
}
