// `netsplit add`: a new node joins the running network.

import type { AddNode } from '../control/api.ts'
import { EXIT, type ExitCode, UserError } from '../errors.ts'
import { parseHashRateHps } from '../spec/units.ts'
import type { ArgsOf, FlagsOf } from './command.ts'
import { openNetwork } from './orders.ts'
import { type NetworkRequest, readNetwork } from './request.ts'
import { print, waitingFor } from './say.ts'

export interface AddRequest extends NetworkRequest {
  readonly newcomer: AddNode
}

interface NewcomerFlags {
  readonly hashRate?: string | undefined
  readonly group?: string | undefined
  readonly newGroup?: string | undefined
  readonly host?: string | undefined
}

export function read([name]: ArgsOf<'add'>, flags: FlagsOf<'add'>): AddRequest {
  return { newcomer: readNewcomer(name, flags), ...readNetwork([], flags) }
}

/** What is said of a node that is new, whatever it runs. */
export function readNewcomer(
  name: string | undefined,
  { hashRate, group, newGroup, host }: NewcomerFlags,
): AddNode {
  const hashRateHps = hashRate === undefined ? undefined : readHashRate(hashRate)
  if (group !== undefined && newGroup !== undefined)
    throw new UserError(EXIT.usage, '--group is one that there is, --new-group one that there is not')
  return {
    ...(name !== undefined && { name }),
    ...(group !== undefined && { group }),
    ...(newGroup !== undefined && { group: newGroup, newGroup: true }),
    ...(host !== undefined && { host }),
    ...(hashRateHps !== undefined && { hashRateHps }),
  }
}

export async function run(request: AddRequest): Promise<ExitCode> {
  const testnet = await openNetwork(request)
  try {
    const name = await waitingFor('joining …', testnet.add(request.newcomer))
    const { network } = testnet.plan
    const when = testnet.state().time === 'stands' ? ', and dials when time goes on' : ''
    print(request, { network, node: name }, () => [
      `${name} has joined ${network}${when}; netsplit logs ${name} -f follows it`,
    ])
    return EXIT.ok
  } finally {
    testnet.close()
  }
}

function readHashRate(text: string): number {
  const hashRateHps = parseHashRateHps(text)
  if (hashRateHps !== undefined) return hashRateHps
  throw new UserError(
    EXIT.usage,
    `--hash-rate: ${JSON.stringify(text)} is not a hash rate`,
    'such as 200kH/s or 1.5MH/s',
  )
}
