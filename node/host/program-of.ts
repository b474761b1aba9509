// Other people's program of a node's configuration.

import { join } from 'node:path'
import type { NodeConfig } from '../api.ts'
import type { Program } from '../foreign/program.ts'
import { JoinedProgram } from './joined-program.ts'
import { HostProgram } from './program.ts'

/** The program under a node, with its life. */
export interface RunProgram extends Program {
  /** What it holds of the machine's memory; 0 where that is not known. */
  readonly rssBytes: number
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
): RunProgram | undefined {
  const { client, peers } = services.bitcoin ?? {}
  if (!client || !peers) return undefined
  const place = { peers: peers.connect, directory: join(dataDirectory, 'client') }
  if ('joined' in client) return new JoinedProgram({ ...place, config: client, say })
  return new HostProgram({
    ...place,
    config: client,
    onEnded: how => onEnded(`${client.name} ended (${how})`),
  })
}
