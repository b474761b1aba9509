// `netsplit join`: a program that somebody started by hand becomes a node of the running network.

import { readJoinsFrom } from '../clients/joined.ts'
import { type AddRequest, run as add, readNewcomer } from './add.ts'
import type { ArgsOf, FlagsOf } from './command.ts'
import { readNetwork } from './request.ts'

export function read([address]: ArgsOf<'join'>, flags: FlagsOf<'join'>): AddRequest {
  const { node, rpc, cookie } = flags
  const from = readJoinsFrom(address, rpc, cookie)
  return { newcomer: { ...readNewcomer(node, flags), from }, ...readNetwork([], flags) }
}

export const run = add
