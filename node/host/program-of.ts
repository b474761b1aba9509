// Other people's program of a node's configuration.

import { join } from 'node:path'
import type { NodeConfig } from '../api.ts'
import { HostProgram } from './program.ts'
import { ProgramBeside } from './program-beside.ts'
import { ProgramChild } from './program-child.ts'

/** Undefined for a node that runs our own. `onEnded`: it ended by itself; the words are for the node's log. */
export function programOf(
  { services, dataDirectory }: NodeConfig,
  onEnded: (how: string) => void,
): HostProgram | undefined {
  const { client, peers } = services.bitcoin ?? {}
  if (!client || !peers) return undefined
  const { beside } = client
  return new HostProgram({
    ...{ config: client, peers: peers.connect, ports: beside },
    ...(beside
      ? // It is somebody else there, with another Node.
        { directory: beside.directory, node: 'node', fileMode: 0o644 }
      : { directory: join(dataDirectory, 'client'), node: process.execPath, fileMode: 0o600 }),
    run: (command, ended) => (beside ? new ProgramBeside(command, say) : new ProgramChild(command, ended)),
    onEnded: how => onEnded(`${client.name} ended (${how})`),
  })
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
