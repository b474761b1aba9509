// Other people's program of a node's configuration.

import { join } from 'node:path'
import type { NodeConfig } from '../api.ts'
import type { Program } from '../foreign/program.ts'
import { JoinedProgram } from './joined-program.ts'
import { HostProgram } from './program.ts'
import { ProgramBeside } from './program-beside.ts'
import { ProgramChild } from './program-child.ts'

/** The program under a node, with its life. */
export interface NodeProgram extends Program {
  start(): Promise<void>
  stop(): Promise<void>
}

export interface ProgramWatch {
  /** It ended by itself; the words are for the node's log. */
  readonly onEnded: (how: string) => void
  readonly say: (level: 'info' | 'warn', message: string) => void
}

/** Undefined for a node that runs our own. */
export function programOf(
  { services, dataDirectory }: NodeConfig,
  { onEnded, say }: ProgramWatch,
): NodeProgram | undefined {
  const { client, peers } = services.bitcoin ?? {}
  if (!client || !peers) return undefined
  if ('joined' in client)
    return new JoinedProgram({
      ...{ config: client, peers: peers.connect, directory: join(dataDirectory, 'client'), say },
    })
  const { beside } = client
  return new HostProgram({
    ...{ config: client, peers: peers.connect, ports: beside },
    ...(beside
      ? // It is somebody else there, with another Node.
        { directory: beside.directory, node: 'node', fileMode: 0o644 }
      : { directory: join(dataDirectory, 'client'), node: process.execPath, fileMode: 0o600 }),
    run: (command, ended) =>
      beside ? new ProgramBeside(command, toOurRunner) : new ProgramChild(command, ended),
    onEnded: how => onEnded(`${client.name} ended (${how})`),
  })
}

/** Who runs this process reads its standard output. */
function toOurRunner(line: string): void {
  process.stdout.write(`${line}\n`)
}
