// Other people's program of a node's configuration.

import { join } from 'node:path'
import type { NodeConfig } from '../api.ts'
import { HostProgram } from './program.ts'

/** Undefined for a node that runs our own. `onEnded`: it ended by itself; the words are for the node's log. */
export function programOf(
  { services, dataDirectory }: NodeConfig,
  onEnded: (how: string) => void,
): HostProgram | undefined {
  const { client, peers } = services.bitcoin ?? {}
  if (!client || !peers) return undefined
  return new HostProgram({
    config: client,
    peers: peers.connect,
    directory: join(dataDirectory, 'client'),
    onEnded: how => onEnded(`${client.name} ended (${how})`),
  })
}
