// A program that runs already, started by somebody else, as a node of a running network (`netsplit join`): how that is
// said, and how it stands in a plan.

import { resolve } from 'node:path'
import { EXIT, UserError } from '../errors.ts'
import type { PlannedClient } from './client.ts'

/** What it goes by where a client's name is shown, and the group that it is of where nothing else is said. */
export const JOINED = 'joined'
const HOST = '127.0.0.1'

/** Where a program is found. */
export interface JoinsFrom {
  /** Its port for peers, on this machine. */
  readonly p2pPort: number
  /** Its RPC, and the file with `user:password` for it. */
  readonly rpc?: { readonly port: number; readonly loginFile: string }
}

export function planJoined(from: JoinsFrom): PlannedClient {
  return {
    ...{ name: JOINED, wallet: false, launch: { name: JOINED, joined: from } },
    ...(!from.rpc && { isDialled: true }),
  }
}

/** Of a node that is such a program. */
export function portOf({ client }: { readonly client?: PlannedClient }): number | undefined {
  return client && 'joined' in client.launch ? client.launch.joined.p2pPort : undefined
}

/** As it is typed: an address of this machine, or a port alone. Throws UserError (exit 2). */
export function readPort(what: string, text: string): number {
  const [, host = HOST, digits] = /^(?:(?:http:\/\/)?([^:/@]*):)?(\d{1,5})\/?$/.exec(text) ?? []
  const port = Number(digits)
  if (!(port >= 1 && port <= 65_535))
    throw new UserError(
      EXIT.usage,
      `${what}: ${JSON.stringify(text)} is not an address`,
      'such as 127.0.0.1:18444',
    )
  if (['', HOST, 'localhost'].includes(host)) return port
  throw new UserError(
    EXIT.usage,
    `${what}: ${host} is not this machine's own address`,
    'a program joins from the machine that its network runs on, at 127.0.0.1',
  )
}

/** The RPC without the file, or the file without the RPC, is a mistake. Throws UserError (exit 2). */
export function readJoinsFrom(p2p: string, rpc: string | undefined, cookie: string | undefined): JoinsFrom {
  const p2pPort = readPort('address', p2p)
  if (rpc === undefined && cookie === undefined) return { p2pPort }
  if (rpc === undefined)
    throw new UserError(EXIT.usage, '--cookie is for its RPC', 'add --rpc 127.0.0.1:18443')
  if (cookie === undefined)
    throw new UserError(
      EXIT.usage,
      'its RPC wants a password',
      'add --cookie with a file that holds user:password, such as Core’s .cookie',
    )
  return { p2pPort, rpc: { port: readPort('--rpc', rpc), loginFile: resolve(cookie) } }
}
